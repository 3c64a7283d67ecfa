import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "./client";

/** How one comes in on this server, beside an address and a password. */
export const waysQuery = queryOptions({
  queryKey: ["ways"],
  queryFn: () => answered(api.GET("/v1/auth/ways")),
  staleTime: Number.POSITIVE_INFINITY,
});
