import { queryOptions } from "@tanstack/react-query";
import { answered, api, type Schemas } from "./client";

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

export const seasonsQuery = (game: string) =>
  queryOptions({
    queryKey: ["games", game, "seasons"],
    queryFn: () => answered(api.GET("/v1/games/{game}/seasons", { params: { path: { game } } })),
    staleTime: SELDOM_MS,
  });

/** The boards of the game itself first; that of achievement points, which every game has, last. */
export function ownFirst<Board extends { readonly sheet: string }>(boards: readonly Board[]): Board[] {
  return [...boards].sort((one, other) => Number(one.sheet === "awards") - Number(other.sheet === "awards"));
}

type Sheets = { readonly sheets: readonly Schemas["SheetAnswer"][] };

export function columnsOf(game: Sheets, sheet: string): readonly Schemas["ColumnAnswer"][] {
  return game.sheets.find((each) => each.name === sheet)?.columns ?? [];
}

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
