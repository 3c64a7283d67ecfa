import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { gameQuery } from "@/api/games";
import { awardsQuery, standingsQuery, statsQuery } from "@/api/players";
import { ordinal, shownAge, shownCount } from "@/shared/format/numbers";
import { MatchList } from "@/shared/matches/MatchList";
import { CardsShape, RowsShape } from "@/shared/states/Shapes";
import { QueryStates, Skeleton, useArrived } from "@/shared/states/States";
import { careersOf, headlinesOf } from "./asked";
import { Figure } from "./Figure";

const FIGURES = 4;
const AWARDS = 8;
/** The board of achievement points, which every game has. */
const POINTS = "points";

type OverviewProps = {
  readonly profile: Schemas["PlayerAnswer"];
  readonly games: readonly Schemas["GameSummary"][];
};

/** All games at a glance. */
export function Overview({ profile, games }: OverviewProps) {
  const stats = useQuery(statsQuery(profile.player));
  const standings = useQuery(standingsQuery(profile.player));
  return (
    <div className="grid gap-10 lg:grid-cols-[1fr_360px]">
      <div className="flex min-w-0 flex-col gap-10">
        <section aria-label="Games">
          <QueryStates
            query={stats}
            what="numbers"
            skeleton={<CardsShape cards={3} lines={2} className="" />}
          >
            {(data) => (
              <ul className="flex flex-col gap-4">
                {games.map((game) => (
                  <GameGlance
                    key={game.game}
                    profile={profile}
                    game={game}
                    stats={data.games[game.game]}
                    best={bestOf(standings.data?.standings ?? [], game.game)}
                  />
                ))}
              </ul>
            )}
          </QueryStates>
        </section>
        <section aria-labelledby="matches">
          <h2 id="matches" className="mb-4 font-bold text-xl">
            Latest matches
          </h2>
          <MatchList
            asked={{ player: profile.player, limit: 10 }}
            label={`Matches of ${profile.shown_name}`}
            empty="No match is known yet"
          />
        </section>
      </div>
      <LatestAwards player={profile.player} />
    </div>
  );
}

/** The standing to be proudest of, on a board of the game itself if there is one: the best rank, then the greater board. */
export function bestOf(
  standings: readonly Schemas["BoardPlace"][],
  game: string,
): Schemas["BoardPlace"] | undefined {
  const contested = standings.filter((one) => one.game === game && one.total > 1);
  const own = contested.filter((one) => one.board !== POINTS);
  return (own.length > 0 ? own : contested).sort(
    (one, other) => one.rank - other.rank || other.total - one.total,
  )[0];
}

type GameGlanceProps = {
  readonly profile: Schemas["PlayerAnswer"];
  readonly game: Schemas["GameSummary"];
  readonly stats: Schemas["GameStats"] | undefined;
  readonly best: Schemas["BoardPlace"] | undefined;
};

function GameGlance({ profile, game, stats, best }: GameGlanceProps) {
  const whole = useQuery(gameQuery(game.game));
  const sheet = whole.data ? careersOf(whole.data).find((each) => stats?.sheets[each.name]) : undefined;
  const row = sheet ? stats?.sheets[sheet.name] : undefined;
  const arrived = useArrived(!whole.isPending);
  return (
    <li className="card flex flex-col gap-4 p-5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h2 className="font-semibold text-lg">
          <Link
            to="/p/$player"
            params={{ player: profile.player }}
            search={{ game: game.game }}
            className="hover:text-link"
          >
            <span aria-hidden="true">{game.icon}</span> {game.title} <span aria-hidden="true">→</span>
          </Link>
        </h2>
        {best && (
          <Link
            to="/g/$game/b/$board"
            params={{ game: game.game, board: best.board }}
            search={{ player: profile.player, ...partOf(best) }}
            className="text-link hover:underline"
          >
            {ordinal(best.rank)} of {shownCount(best.total)} · {best.title}
            {Object.values(best.partition).length > 0 && ` (${Object.values(best.partition).join(", ")})`}
          </Link>
        )}
      </div>
      {!arrived ? (
        <Skeleton className="h-28" />
      ) : sheet && row ? (
        <ul className="grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-4">
          {headlinesOf(sheet, row.percentiles ?? {})
            .large.slice(0, FIGURES)
            .map((column) => (
              <Figure
                key={column.name}
                profile={profile}
                game={game.game}
                sheet={sheet}
                column={column}
                row={row}
              />
            ))}
        </ul>
      ) : (
        <p className="text-quiet">Played, with nothing counted yet.</p>
      )}
    </li>
  );
}

export function partOf(place: Schemas["BoardPlace"]) {
  return Object.keys(place.partition).length > 0 ? { partition: place.partition } : {};
}

function LatestAwards({ player }: { readonly player: string }) {
  const asked = useQuery(awardsQuery(player));
  return (
    <aside aria-labelledby="latest-awards">
      <h2 id="latest-awards" className="mb-4 font-bold text-xl">
        Latest awards
      </h2>
      <QueryStates query={asked} what="awards" skeleton={<RowsShape rows={6} round />}>
        {(data) => {
          const earned = data.achievements.filter((one) => one.earned);
          return (
            <ul className="card divide-y divide-line">
              {earned.slice(0, AWARDS).map((one) => (
                <li key={`${one.game}/${one.achievement}`}>
                  <Link
                    to="/p/$player"
                    params={{ player }}
                    search={{ game: one.game, award: one.achievement }}
                    className="flex items-center gap-3 px-4 py-3 hover:text-link"
                  >
                    <span aria-hidden="true" className="w-8 shrink-0 text-center text-2xl">
                      {one.icon || "🏅"}
                    </span>
                    <span className="min-w-0">
                      <span className="block truncate font-medium">{one.title}</span>
                      <span className="text-quiet text-sm">
                        {one.points} points{one.at && ` · ${shownAge(one.at)}`}
                      </span>
                    </span>
                  </Link>
                </li>
              ))}
              {earned.length === 0 && (
                <li className="px-4 py-3 text-quiet">The first award will appear here.</li>
              )}
            </ul>
          );
        }}
      </QueryStates>
    </aside>
  );
}
