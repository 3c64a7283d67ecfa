import { useQuery } from "@tanstack/react-query";
import { gamesQuery } from "@/api/games";
import type { Namespace } from "@/api/players";

/** Whether the players of a game are its own: the same id is another player in other games. */
export function useIsOwn(): (game: string | undefined) => boolean | undefined {
  const games = useQuery(gamesQuery()).data?.games;
  return (game) => games && games.find((each) => each.game === game)?.identities === "own";
}

/** Whose ids the players of a game have: the game's, where they are its own; undefined for those that games share. */
export function useNamespace(game: string | undefined): Namespace {
  return useIsOwn()(game) ? game : undefined;
}

/** What the address of a player says besides the id: the game, where its ids mean nothing outside of it. */
export function useWhose(): (game: string) => { game?: string } {
  const isOwn = useIsOwn();
  return (game) => (isOwn(game) ? { game } : {});
}
