import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "./client";

const LOOK_AGAIN_MS = 10_000;

/** How many matches of each game run now. */
export const runningQuery = () =>
  queryOptions({
    queryKey: ["running"],
    queryFn: () => answered(api.GET("/v1/matches/running")),
    refetchInterval: LOOK_AGAIN_MS,
  });
