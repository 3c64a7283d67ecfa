import { useQuery } from "@tanstack/react-query";
import { useSession, useTabKey } from "@/shared/session";
import { answered, api, type Schemas } from "./client";

export type Right = Schemas["CallerAnswer"]["everywhere"][number];
export type Caller = Schemas["CallerAnswer"];

/** Who this tab is to the server, and what it may do. */
export function useCaller() {
  const player = useSession((store) => store.session?.player ?? null);
  const key = useTabKey((store) => store.key);
  return useQuery({
    queryKey: ["caller", player, key],
    queryFn: () => answered(api.GET("/v1/caller")),
    staleTime: 60_000,
  });
}

export function may(caller: Caller | undefined, right: Right, game?: string): boolean {
  if (!caller) return false;
  if (caller.everywhere.includes(right)) return true;
  const inGames = caller.in_games.includes(right);
  return inGames && (game === undefined ? caller.games.length > 0 : caller.games.includes(game));
}
