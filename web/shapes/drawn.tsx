import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { renderToStaticMarkup } from "react-dom/server";
import { routerOf } from "../src/router";

/** Stands for every name that an address has: nothing of it may be left in what is drawn for all of them. */
const ANY = "any-name-at-all";

/** An address of each page that looks the same for whoever asks. The others wait for who it is. */
const ADDRESSES: Readonly<Record<string, string>> = {
  "home/HomePage": "/",
  "game/GamePage": `/g/${ANY}`,
  "board/BoardPage": `/g/${ANY}/b/${ANY}`,
  "match/MatchPage": `/g/${ANY}/m/${ANY}`,
  "achievements/AchievementsPage": `/g/${ANY}/achievements`,
  "insight/InsightPage": `/g/${ANY}/insight`,
  "player/PlayerPage": `/p/${ANY}`,
  "compare/ComparePage": `/p/${ANY}/vs/${ANY}-else`,
};

/** What tells of names, roles and links: nothing that is only a shape has them. */
const TOLD = / (?:aria-[a-z]+|role|id|for|href|tabindex|type|autocomplete)="[^"]*"/gi;

/**
 * Each page as it is before any answer, drawn by the components that draw it in the browser: the document carries it,
 * so that the first paint does not wait for the script, and nothing moves when the script has come.
 */
export async function shapes(): Promise<Record<string, string>> {
  const drawn = Object.entries(ADDRESSES).map(
    async ([page, address]) => [page, await shapeAt(address)] as const,
  );
  return Object.fromEntries(await Promise.all(drawn));
}

async function shapeAt(address: string): Promise<string> {
  const router = routerOf(createMemoryHistory({ initialEntries: [address] }));
  await router.load();
  const page = renderToStaticMarkup(
    <QueryClientProvider client={new QueryClient()}>
      <div inert className="contents">
        <RouterProvider router={router} />
      </div>
    </QueryClientProvider>,
  )
    .replace(TOLD, "")
    .replaceAll(`>${ANY}<`, ">&nbsp;<");
  if (page.includes(ANY))
    throw new Error(`The shape of ${address} tells what only this address has: ${page}`);
  if (/<script|<link|style=/.test(page)) throw new Error(`The shape of ${address} is more than one: ${page}`);
  return page;
}
