import type { QueryClient } from "@tanstack/react-query";
import { gameQuery, gamesQuery } from "@/api/games";
import { playerQuery } from "@/api/players";
import type { routerOf } from "./router";

type Router = ReturnType<typeof routerOf>;
type Address = { readonly game?: string | undefined; readonly player?: string | undefined };

/** Longer than an answer takes that the document has already asked for; what takes longer appears when it comes. */
const A_MOMENT_MS = 150;

/** Waits a moment for what the page at this address is drawn from, so that it need not be drawn twice. */
export async function firstAnswers(queries: QueryClient, router: Router): Promise<void> {
  const asked = asksFirst(queries, router);
  await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, A_MOMENT_MS))]);
}

function asksFirst(queries: QueryClient, router: Router): Promise<unknown> {
  const page = router.state.matches.at(-1);
  const { game, player }: Address = page?.params ?? {};
  const { game: ofGame }: Address = page?.search ?? {};
  if (page?.fullPath === "/") return queries.prefetchQuery(gamesQuery());
  if (game !== undefined) return queries.prefetchQuery(gameQuery(game));
  if (player === undefined) return Promise.resolve();
  // With a game in the address it depends on the game whose id this is.
  const profile = ofGame === undefined ? queries.prefetchQuery(playerQuery(player)) : undefined;
  return Promise.all([queries.prefetchQuery(gamesQuery()), profile]);
}
