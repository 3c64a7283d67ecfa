import { useSession } from "@/shared/session";
import { usePageTitle } from "@/shared/shell/title";
import { Account } from "./Account";
import { LogIn } from "./LogIn";

export function MePage() {
  const session = useSession((store) => store.session);
  usePageTitle(session ? session.name : "Log in");
  return session ? <Account session={session} /> : <LogIn />;
}
