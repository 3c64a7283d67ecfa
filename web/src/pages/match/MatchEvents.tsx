import { useInfiniteQuery } from "@tanstack/react-query";
import { answered, api, type Schemas } from "@/api/client";
import { shownTime } from "@/shared/format/numbers";
import { Failure, Loading, Skeleton } from "@/shared/states/States";

const AT_ONCE = 50;

type MatchEventsProps = {
  readonly game: string;
  readonly match: string;
  readonly whole: Schemas["GameAnswer"] | undefined;
};

/** What was reported of a match, in the order in which it happened. */
export function MatchEvents({ game, match, whole }: MatchEventsProps) {
  const asked = useInfiniteQuery({
    queryKey: ["match", game, match, "events"],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/v1/games/{game}/matches/{match}/events", {
          params: {
            path: { game, match },
            query: { limit: AT_ONCE, ...(pageParam ? { after: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
  const titles = new Map(
    whole?.events.map((event) => [event.name, event.title || event.name.replaceAll("_", " ")]),
  );
  return (
    <section aria-labelledby="events">
      <h2 id="events" className="mb-3 font-bold text-xl">
        What happened
      </h2>
      {asked.isPending ? (
        <Loading label="events">
          <Skeleton className="h-60" />
        </Loading>
      ) : asked.isError && !asked.data ? (
        <Failure what="events" error={asked.error} retry={() => void asked.refetch()} />
      ) : (
        <ol className="card divide-y divide-line">
          {asked.data.pages
            .flatMap((page) => page.events)
            .map((event) => (
              <li key={event.id} className="flex flex-col gap-1 px-4 py-3 sm:flex-row sm:gap-4">
                <time dateTime={event.at} className="shrink-0 text-quiet text-sm sm:w-44">
                  {shownTime(event.at)}
                </time>
                <details className="min-w-0 grow">
                  <summary className="font-medium">{titles.get(event.type) ?? event.type}</summary>
                  <dl className="mt-2 grid grid-cols-[max-content_1fr] gap-x-4 gap-y-1 text-sm">
                    {Object.entries(event.fields).map(([name, value]) => (
                      <Field key={name} name={name} value={value} />
                    ))}
                  </dl>
                </details>
              </li>
            ))}
        </ol>
      )}
      {asked.hasNextPage && (
        <button
          type="button"
          className="button mt-3"
          disabled={asked.isFetchingNextPage}
          onClick={() => void asked.fetchNextPage()}
        >
          {asked.isFetchingNextPage ? "Loading…" : "What came after"}
        </button>
      )}
    </section>
  );
}

function Field({ name, value }: { readonly name: string; readonly value: unknown }) {
  return (
    <>
      <dt className="text-quiet">{name.replaceAll("_", " ")}</dt>
      <dd>{typeof value === "object" ? JSON.stringify(value) : String(value)}</dd>
    </>
  );
}
