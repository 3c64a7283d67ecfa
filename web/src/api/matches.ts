import { infiniteQueryOptions } from "@tanstack/react-query";
import { answered, api } from "./client";

export type MatchesAsked = {
  readonly game: string;
  readonly status?: "open" | "ended";
  readonly player?: string;
  readonly limit?: number;
};

/** Matches, the newest first, page by page. */
export const matchesQuery = ({ game, status, player, limit = 20 }: MatchesAsked) =>
  infiniteQueryOptions({
    queryKey: ["matches", game, status ?? "", player ?? "", limit],
    queryFn: ({ pageParam }) =>
      answered(
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
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
