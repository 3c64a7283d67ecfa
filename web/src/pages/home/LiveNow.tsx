import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answered, api, type Schemas } from "@/api/client";
import { shownAge, shownCount } from "@/shared/format/numbers";
import { Skeleton, useArrived } from "@/shared/states/States";

type Game = { readonly game: string; readonly title: string; readonly icon: string };

const SHOWN = 5;
const LOOK_AGAIN_MS = 10_000;

type LiveNowProps = {
  readonly games: readonly Game[];
  /** How many matches of each game run; undefined until that is known. */
  readonly running: ReadonlyMap<string, number> | undefined;
};

/** The matches that run, over all games, those heard of last first. */
export function LiveNow({ games, running }: LiveNowProps) {
  const playing = games.filter(({ game }) => running?.has(game));
  const answers = useQueries({
    queries: playing.map(({ game }) => ({
      queryKey: ["matches", game, "live"],
      queryFn: () =>
        answered(
          api.GET("/v1/games/{game}/matches", {
            params: { path: { game }, query: { status: "open", limit: SHOWN } },
          }),
        ),
      refetchInterval: LOOK_AGAIN_MS,
    })),
  });
  const matches = answers
    .flatMap((answer) => answer.data?.matches ?? [])
    .sort((one, other) => (one.last_at < other.last_at ? 1 : -1));
  const pending = running === undefined || answers.some((answer) => answer.isPending);
  const arrived = useArrived(!pending || matches.length > 0);
  const all = [...(running?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  return (
    <section aria-labelledby="live" className="min-w-0 max-lg:order-first">
      <h2 id="live" className="mb-4 flex items-baseline gap-2 font-bold text-xl">
        Live now
        {all > 0 && (
          <span className="font-normal text-base text-up">
            {shownCount(all)} {all === 1 ? "match" : "matches"}
          </span>
        )}
      </h2>
      {!arrived ? (
        <Skeleton className="h-18" />
      ) : (
        <ul className="card divide-line max-lg:flex max-lg:h-18 max-lg:divide-x max-lg:overflow-x-auto lg:min-h-18 lg:divide-y">
          {matches.slice(0, SHOWN).map((match) => (
            <LiveMatch key={`${match.game}/${match.match}`} match={match} games={games} />
          ))}
          {matches.length === 0 && <li className="px-4 py-3 text-quiet">No match is running.</li>}
        </ul>
      )}
    </section>
  );
}

type LiveMatchProps = { readonly match: Schemas["Match"]; readonly games: readonly Game[] };

function LiveMatch({ match, games }: LiveMatchProps) {
  const game = games.find((each) => each.game === match.game);
  const names = match.players.map((player) => match.names[player] ?? player);
  return (
    <li className="max-lg:w-64 max-lg:shrink-0">
      <Link
        to="/g/$game/m/$match"
        params={{ game: match.game, match: match.match }}
        className="flex items-center gap-3 px-4 py-3 hover:text-link"
      >
        <span aria-hidden="true" className="w-7 shrink-0 text-center text-xl">
          {game?.icon || "🎮"}
        </span>
        <span className="min-w-0">
          <span className="block truncate font-medium">
            {names.length > 0 ? <bdi>{names.join(", ")}</bdi> : match.match}
          </span>
          <span className="text-quiet text-sm">
            {shownCount(match.events)} {match.events === 1 ? "event" : "events"} · {shownAge(match.last_at)}
          </span>
        </span>
      </Link>
    </li>
  );
}
