import { useQuery } from "@tanstack/react-query";
import { gamesQuery } from "@/api/games";

/** Whether the players of a game are its own: the same id is another player in other games. */
export function useIsOwn(): (game: string | undefined) => boolean | undefined {
  const games = useQuery(gamesQuery()).data?.games;
  return (game) => games && games.find((each) => each.game === game)?.identities === "own";
}

/** What the address of a player says besides the id: the game, where its ids mean nothing outside of it. */
export function useWhose(): (game: string) => { game?: string } {
  const isOwn = useIsOwn();
  return (game) => (isOwn(game) ? { game } : {});
}
