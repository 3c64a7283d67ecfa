import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answered, api, type Schemas } from "@/api/client";
import { ActionButton } from "@/shared/form/ActionButton";
import { capital, shownClock, shownTime, shownWithUnit } from "@/shared/format/numbers";
import { useWhose } from "@/shared/players/whose";
import { RowsShape } from "@/shared/states/Shapes";
import { Failure, Loading } from "@/shared/states/States";
import { labelOf } from "./label";

const AT_ONCE = 50;
const LONGEST_SHOWN = 120;

type MatchEventsProps = {
  readonly game: string;
  readonly match: Schemas["MatchDetail"];
  readonly whole: Schemas["GameAnswer"] | undefined;
};

/** What was reported of a match, in the order in which it happened; while it runs, what is new first. */
export function MatchEvents({ game, match: { match, status, names }, whole }: MatchEventsProps) {
  const order = status === "open" ? "newest" : "oldest";
  const asked = useInfiniteQuery({
    queryKey: ["match", game, match, "events", order],
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/v1/games/{game}/matches/{match}/events", {
          params: {
            path: { game, match },
            query: { order, limit: AT_ONCE, ...(pageParam ? { after: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
  const whose = useWhose()(game);
  const types = whole?.events ?? [];
  const events = asked.data?.pages.flatMap((page) => page.events) ?? [];
  const [first, last] = [events[0]?.at, events.at(-1)?.at];
  const isOneDay = first !== undefined && last !== undefined && dayOf(first) === dayOf(last);
  return (
    <section aria-labelledby="events">
      <h2 id="events" className="mb-3 font-bold text-xl">
        What happened
      </h2>
      {asked.isPending ? (
        <Loading label="events">
          <RowsShape rows={8} />
        </Loading>
      ) : asked.isError && !asked.data ? (
        <Failure what="events" error={asked.error} retry={() => void asked.refetch()} />
      ) : (
        <ol className="card divide-y divide-line">
          {events.map((event) => (
            <EventLine
              key={event.id}
              event={event}
              type={types.find((each) => each.name === event.type)}
              names={names}
              whose={whose}
              time={isOneDay ? shownClock(event.at) : shownTime(event.at)}
            />
          ))}
        </ol>
      )}
      {asked.hasNextPage && (
        <ActionButton
          className="button mt-3"
          busy={asked.isFetchingNextPage}
          onClick={() => void asked.fetchNextPage()}
        >
          {asked.isFetchingNextPage
            ? "Loading…"
            : order === "newest"
              ? "What came before"
              : "What came after"}
        </ActionButton>
      )}
    </section>
  );
}

function dayOf(at: string): string {
  return new Date(at).toDateString();
}

type EventLineProps = {
  readonly event: Schemas["LoggedEvent"];
  readonly type: Schemas["EventAnswer"] | undefined;
  readonly names: Readonly<Record<string, string>>;
  readonly whose: { game?: string };
  readonly time: string;
};

function EventLine({ event, type, names, whose, time }: EventLineProps) {
  const fields = Object.entries(event.fields).filter(([, value]) => !isNothing(value));
  const typeOf = (name: string) => type?.fields.find((field) => field.name === name)?.type ?? "";
  return (
    <li className="grid gap-x-4 gap-y-1 px-4 py-3 sm:grid-cols-[auto_10rem_minmax(0,1fr)] sm:items-baseline">
      <time
        dateTime={event.at}
        title={shownTime(event.at)}
        className="whitespace-nowrap text-quiet text-sm sm:min-w-24"
      >
        {time}
      </time>
      <span className="font-medium">{type?.title || capital(event.type)}</span>
      <dl className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
        {fields.map(([name, value]) => (
          <div key={name} className="max-w-full">
            <dt className="inline text-quiet">{labelOf(name).label}</dt>{" "}
            <dd className="inline">
              <Value
                value={value}
                type={typeOf(name)}
                unit={labelOf(name).unit}
                names={names}
                whose={whose}
              />
            </dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

/** What is absent, or empty as it is by default, says nothing. */
function isNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

type ValueProps = {
  readonly value: unknown;
  readonly type: string;
  readonly unit: string;
  readonly names: Readonly<Record<string, string>>;
  readonly whose: { game?: string };
};

function Value({ value, type, unit, names, whose }: ValueProps) {
  if (typeof value === "string" && type.startsWith("player"))
    return <Player player={value} names={names} whose={whose} />;
  if (Array.isArray(value) && type.startsWith("list[player]")) {
    return value.map((player: string, at) => (
      <span key={player}>
        {at > 0 && ", "}
        <Player player={player} names={names} whose={whose} />
      </span>
    ));
  }
  if (typeof value === "object" && value !== null && type.startsWith("map[player, ")) {
    return Object.entries(value).map(([player, each], at) => (
      <span key={player}>
        {at > 0 && ", "}
        <Player player={player} names={names} whose={whose} />
        {"\u00a0"}
        {plain(each)}
      </span>
    ));
  }
  const text = typeof value === "number" && unit ? shownWithUnit(value, { unit, decimals: 1 }) : plain(value);
  if (text.length <= LONGEST_SHOWN) return <>{text}</>;
  return (
    <details className="inline-block max-w-full align-top">
      <summary className="text-quiet">{text.length.toLocaleString("en")} characters</summary>
      <pre className="max-h-72 overflow-auto whitespace-pre-wrap break-all">
        {JSON.stringify(value, null, 2)}
      </pre>
    </details>
  );
}

function plain(value: unknown): string {
  if (typeof value === "number") return value.toLocaleString("en", { maximumFractionDigits: 6 });
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : JSON.stringify(value);
}

type PlayerProps = {
  readonly player: string;
  readonly names: Readonly<Record<string, string>>;
  readonly whose: { game?: string };
};

/** Computer players are named in events too; they have no page. */
function Player({ player, names, whose }: PlayerProps) {
  if (!(player in names)) return <bdi>{player}</bdi>;
  return (
    <Link to="/p/$player" params={{ player }} search={whose} className="hover:text-link">
      <bdi>{names[player]}</bdi>
    </Link>
  );
}
