import { infiniteQueryOptions } from "@tanstack/react-query";
import { answered, api, type Schemas } from "./client";

export type MatchesAsked = {
  /** Left out only for the matches of a player in all games. */
  readonly game?: string;
  readonly status?: Schemas["Match"]["status"];
  readonly player?: string;
  /** Another player who was in it as well; only where `player` is given. */
  readonly beside?: string;
  readonly limit?: number;
};

/** Matches, the newest first, page by page. */
export const matchesQuery = ({ game, status, player, beside, limit = 20 }: MatchesAsked) =>
  infiniteQueryOptions({
    queryKey: ["matches", game ?? "", status ?? "", player ?? "", beside ?? "", limit],
    queryFn: ({ pageParam }) => {
      if (game === undefined || beside !== undefined) {
        return answered(
          api.GET("/v1/players/{player}/matches", {
            params: {
              path: { player: player ?? "" },
              query: {
                ...(game ? { game } : {}),
                ...(beside ? { with: beside } : {}),
                ...(pageParam ? { before: pageParam } : {}),
                limit,
              },
            },
          }),
        );
      }
      return answered(
        api.GET("/v1/games/{game}/matches", {
          params: {
            path: { game },
            query: {
              ...(status ? { status } : {}),
              ...(player ? { player } : {}),
              ...(pageParam ? { before: pageParam } : {}),
              limit,
            },
          },
        }),
      );
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
