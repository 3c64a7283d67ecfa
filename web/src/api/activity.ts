import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "./client";

export type Every = "day" | "week" | "month";

/** How much a game is played, by spans of the game's calendar. */
export const activityQuery = (game: string, every: Every = "day") =>
  queryOptions({
    queryKey: ["activity", game, every],
    queryFn: () =>
      answered(api.GET("/v1/games/{game}/activity", { params: { path: { game }, query: { every } } })),
    staleTime: 60_000,
  });
