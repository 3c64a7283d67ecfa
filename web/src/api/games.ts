import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "./client";

/** Definitions change seldom. */
const SELDOM_MS = 5 * 60_000;

export const gamesQuery = () =>
  queryOptions({
    queryKey: ["games"],
    queryFn: () => answered(api.GET("/v1/games")),
    staleTime: SELDOM_MS,
  });

export const gameQuery = (game: string) =>
  queryOptions({
    queryKey: ["games", game],
    queryFn: () => answered(api.GET("/v1/games/{game}", { params: { path: { game } } })),
    staleTime: SELDOM_MS,
  });

export type BoardAsked = {
  readonly game: string;
  readonly board: string;
  readonly window?: string | undefined;
  readonly partition?: Readonly<Record<string, string>> | undefined;
  readonly limit?: number;
  readonly offset?: number;
};

export const boardQuery = ({ game, board, window, partition = {}, limit = 50, offset = 0 }: BoardAsked) =>
  queryOptions({
    queryKey: ["board", game, board, window ?? "", partition, limit, offset],
    queryFn: () =>
      answered(
        api.GET("/v1/games/{game}/boards/{board}", {
          params: {
            path: { game, board },
            query: { ...(window ? { window } : {}), limit, offset, ...partition },
          },
        }),
      ),
  });
