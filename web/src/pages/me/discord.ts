import { answered, api } from "@/api/client";
import { begin } from "./account";

/** Where the browser begins a log-in with Discord, to come back to this page. */
export const DISCORD = "/v1/auth/discord?page=true";

const EXPECTED = "kleos-expects-discord";

/** This tab goes to Discord: only then is it logged in by what an address says. */
export function expectReturn(): void {
  sessionStorage.setItem(EXPECTED, "yes");
}

/** Logs in by what the address says of a log-in with Discord, once; false where it says nothing. */
export async function finishReturn(): Promise<boolean> {
  const said = new URLSearchParams(location.hash.slice(1));
  const [token, refused] = [said.get("token"), said.get("refused")];
  const isExpected = sessionStorage.getItem(EXPECTED) !== null;
  sessionStorage.removeItem(EXPECTED);
  if (token === null && refused === null) return false;
  history.replaceState(history.state, "", location.pathname + location.search);
  if (!isExpected) return false;
  if (token === null) throw new Error(refused ?? "");
  await begin(await answered(api.POST("/v1/auth/refresh", { body: { refresh_token: token } })));
  return true;
}
