import { type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import { boardQuery } from "@/api/games";
import { take } from "@/feed/head";
import { inTopic, useTopic } from "@/feed/store";

type Page = Awaited<ReturnType<NonNullable<ReturnType<typeof boardQuery>["queryFn"]>>>;

/** The first lines of a board over everybody: read once, and from then on as the feed tells them. */
export function useHead(game: string, board: string | undefined, limit: number): UseQueryResult<Page> {
  const queries = useQueryClient();
  const query = boardQuery({ game, board: board ?? "", limit });
  const asked = useQuery({ ...query, enabled: board !== undefined });
  useTopic(board === undefined ? null : `board:${game}/${inTopic(board)}`, (message) => {
    const page = queries.getQueryData(query.queryKey);
    if (!page) {
      // What is being read may be older than what was just told.
      void queries.invalidateQueries({ queryKey: query.queryKey, exact: true });
      return;
    }
    const entries = page.entries.map((line, at) => ({ ...line, place: at + 1 }));
    const head = take({ total: page.total, entries }, message, limit);
    queries.setQueryData(query.queryKey, { ...page, total: head.total, entries: [...head.entries] });
  });
  return asked;
}
