import { Link, Outlet } from "@tanstack/react-router";
import { Awards } from "@/shared/awards/Awards";
import { useSession, useTabKey } from "@/shared/session";
import { FeedLight } from "./FeedLight";
import { useFocusAfterNavigation } from "./focus";
import { Logo } from "./Logo";
import { Search } from "./Search";
import { ThemeSwitch } from "./ThemeSwitch";

export function Shell() {
  const session = useSession((store) => store.session);
  const key = useTabKey((store) => store.key);
  useFocusAfterNavigation();
  const manages = key !== null || (session?.roles.some((role) => role !== "player") ?? false);
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded focus:bg-raised focus:p-3"
      >
        Skip to content
      </a>
      <header className="sticky top-0 z-30 border-line border-b bg-ground">
        <div className="mx-auto flex max-w-7xl flex-wrap items-center gap-x-2 gap-y-2 px-4 py-2 sm:gap-x-4">
          <Link to="/" className="flex items-center gap-2 font-bold text-lg">
            <Logo />
            Kleos
          </Link>
          <div className="order-last w-full sm:order-none sm:w-auto sm:grow sm:basis-64">
            <Search />
          </div>
          <nav
            aria-label="Yours"
            className="flex grow basis-0 items-center justify-end gap-1 whitespace-nowrap sm:grow-0 sm:basis-auto"
          >
            <FeedLight />
            {manages && (
              <Link to="/manage" className="shrink-0 rounded px-2 py-2 text-link hover:underline sm:px-3">
                Manage
              </Link>
            )}
            <Link
              to="/me"
              // Whose browser it is, the shape of a page does not know.
              className="max-w-28 truncate rounded px-2 py-2 text-link hover:underline in-[[inert]]:invisible sm:max-w-48 sm:px-3"
            >
              {session ? <bdi>{session.name}</bdi> : "Log in"}
            </Link>
            <ThemeSwitch />
          </nav>
        </div>
      </header>
      <main id="main" tabIndex={-1} className="mx-auto w-full max-w-7xl grow px-4 py-4 outline-none sm:py-6">
        <Outlet />
      </main>
      <footer className="border-line border-t">
        <p className="mx-auto max-w-7xl px-4 py-4 text-quiet text-sm">
          A number over a dotted line says why it is what it is: click it. Gamerscore is what all awards are
          worth.{" "}
          <a href="/docs" className="text-link underline">
            The API
          </a>
        </p>
      </footer>
      <Awards />
    </div>
  );
}
