import { queryOptions } from "@tanstack/react-query";
import { ApiProblem, answered, api, type Schemas } from "./client";

export type Every = "day" | "week" | "month" | "season";
export type StatsAsked = { readonly game?: string | undefined; readonly window?: string | undefined };

/** Everything about one player begins with this, so that it can be read again at once. */
export const playerKey = (player: string) => ["player", player] as const;

/** Whose ids they are, where not the server's: those of a game with identities of its own. */
export type Namespace = string | undefined;

function given<T extends Record<string, string | undefined>>(values: T) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [name in keyof T]?: string;
  };
}

export const playerQuery = (player: string, namespace?: Namespace) =>
  queryOptions({
    queryKey: [...playerKey(player), "profile", namespace ?? ""],
    queryFn: () =>
      answered(
        api.GET("/v1/players/{player}", { params: { path: { player }, query: given({ namespace }) } }),
      ),
  });

/** Every sheet about the player alone, with percentiles. A game that has no such window answers with no sheets. */
export const statsQuery = (player: string, { game, window }: StatsAsked = {}) =>
  queryOptions({
    queryKey: [...playerKey(player), "stats", game ?? "", window ?? ""],
    queryFn: () =>
      emptyForNoWindow<Schemas["PlayerStats"]>({ player, name: player, games: {} }, () =>
        answered(
          api.GET("/v1/players/{player}/stats", {
            params: { path: { player }, query: { ...given({ game, window }), percentiles: true } },
          }),
        ),
      ),
  });

export const standingsQuery = (player: string, { game, window }: StatsAsked = {}) =>
  queryOptions({
    queryKey: [...playerKey(player), "standings", game ?? "", window ?? ""],
    queryFn: () =>
      answered(
        api.GET("/v1/players/{player}/standings", {
          params: { path: { player }, query: given({ game, window }) },
        }),
      ),
  });

export const awardsQuery = (player: string, game?: string) =>
  queryOptions({
    queryKey: [...playerKey(player), "achievements", game ?? ""],
    queryFn: () =>
      answered(
        api.GET("/v1/players/{player}/achievements", {
          params: { path: { player }, query: given({ game }) },
        }),
      ),
  });

export type TrendAsked = {
  readonly game: string;
  readonly sheet: string;
  readonly columns: readonly string[];
  readonly every: Every;
};

export const trendQuery = (player: string, { game, sheet, columns, every }: TrendAsked) =>
  queryOptions({
    queryKey: [...playerKey(player), "trend", game, sheet, columns, every],
    queryFn: () =>
      answered(
        api.GET("/v1/players/{player}/trends", {
          params: { path: { player }, query: { game, sheet, columns: columns.join(","), every } },
        }),
      ),
  });

export const comparisonQuery = (player: string, other: string, { game, window }: StatsAsked = {}) =>
  queryOptions({
    queryKey: ["compare", player, other, game ?? "", window ?? ""],
    queryFn: () =>
      emptyForNoWindow<Schemas["Comparison"]>(
        { players: [player, other], names: [player, other], games: {} },
        () =>
          answered(
            api.GET("/v1/players/{player}/compare", {
              params: { path: { player }, query: { ...given({ game, window }), with: other } },
            }),
          ),
      ),
  });

/** A season that is not open is no failure of the page: there is nothing in it. */
export async function emptyForNoWindow<T>(empty: T, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404 && /window|season/.test(error.message))
      return empty;
    throw error;
  }
}
