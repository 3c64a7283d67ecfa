import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "./client";

export const achievementsQuery = (game: string, latest = 3) =>
  queryOptions({
    queryKey: ["achievements", game, latest],
    queryFn: () =>
      answered(api.GET("/v1/games/{game}/achievements", { params: { path: { game }, query: { latest } } })),
    staleTime: 30_000,
  });
