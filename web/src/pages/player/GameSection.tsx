import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { gameQuery } from "@/api/games";
import { statsQuery } from "@/api/players";
import { Shape } from "@/shared/charts/Shape";
import { shownWithUnit } from "@/shared/format/numbers";
import { MatchList } from "@/shared/matches/MatchList";
import { Empty, QueryStates, Skeleton } from "@/shared/states/States";
import { cellOf } from "@/shared/why/cell";
import { WindowTabs } from "@/shared/windows/WindowTabs";
import { axesOf, careersOf, headlinesOf } from "./asked";
import { Figure, Value } from "./Figure";
import { PlayerAchievements } from "./PlayerAchievements";
import { Standings } from "./Standings";
import { Trends } from "./Trends";

const route = getRouteApi("/p/$player");

type GameSectionProps = { readonly profile: Schemas["PlayerAnswer"]; readonly game: string };

/** Everything about the player in one game. */
export function GameSection({ profile, game }: GameSectionProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const whole = useQuery(gameQuery(game));
  return (
    <QueryStates query={whole} what="game" skeleton={<GameSkeleton />}>
      {(data) => {
        const careers = careersOf(data);
        const windows = careers[0]?.windows ?? [];
        const change = (window: string | undefined) =>
          void navigate({ search: { ...search, window }, resetScroll: false });
        return (
          <div className="flex flex-col gap-10">
            <WindowTabs
              game={game}
              windows={windows}
              current={search.window}
              change={change}
              timezone={data.timezone}
            />
            <Numbers profile={profile} whole={data} careers={careers} window={search.window} />
            <Standings profile={profile} whole={data} window={search.window} />
            {careers.slice(0, 1).map((sheet) => (
              <Trends key={sheet.name} profile={profile} whole={data} sheet={sheet} />
            ))}
            <PlayerAchievements profile={profile} game={game} />
            <section aria-labelledby="matches">
              <h2 id="matches" className="mb-4 font-bold text-xl">
                Matches
              </h2>
              <MatchList
                asked={{ game, player: profile.player }}
                label={`Matches of ${profile.shown_name}`}
                empty="No match is known yet"
              />
            </section>
          </div>
        );
      }}
    </QueryStates>
  );
}

type NumbersProps = {
  readonly profile: Schemas["PlayerAnswer"];
  readonly whole: Schemas["GameAnswer"];
  readonly careers: readonly Schemas["SheetAnswer"][];
  readonly window: string | undefined;
};

function Numbers({ profile, whole, careers, window }: NumbersProps) {
  const stats = useQuery(statsQuery(profile.player, { game: whole.game, window }));
  return (
    <QueryStates
      query={stats}
      what="numbers"
      skeleton={<Skeleton className="h-96" />}
      isEmpty={(data) => !careers.some((sheet) => data.games[whole.game]?.sheets[sheet.name])}
      empty={
        <Empty title={window ? "Nothing in this window" : "Nothing is counted yet"}>
          {window
            ? "No event of this player lies in it. Another window may have some."
            : "The first event that counts fills this."}
        </Empty>
      }
    >
      {(data) => (
        <>
          {careers.map((sheet) => {
            const row = data.games[whole.game]?.sheets[sheet.name];
            return row && <Career key={sheet.name} profile={profile} whole={whole} sheet={sheet} row={row} />;
          })}
        </>
      )}
    </QueryStates>
  );
}

type CareerProps = {
  readonly profile: Schemas["PlayerAnswer"];
  readonly whole: Schemas["GameAnswer"];
  readonly sheet: Schemas["SheetAnswer"];
  readonly row: Schemas["SheetStats"];
};

function Career({ profile, whole, sheet, row }: CareerProps) {
  const percentiles = row.percentiles ?? {};
  const { large, small } = headlinesOf(sheet, percentiles);
  const axes = axesOf(whole, sheet).map((column) => ({
    title: column.title,
    values: [shownWithUnit(row.values[column.name], column)],
    percentiles: [percentiles[column.name]?.percentile ?? null],
    cells: [
      cellOf({ game: whole.game, sheet, column: column.name, player: profile.player, window: row.window }),
    ],
  }));
  return (
    <section aria-label={sheet.title} className="flex flex-col gap-4">
      <h2 className="font-bold text-xl">{sheet.title}</h2>
      <ul className="card grid grid-cols-2 gap-x-6 gap-y-5 p-5 md:grid-cols-4">
        {large.map((column) => (
          <Figure
            key={column.name}
            profile={profile}
            game={whole.game}
            sheet={sheet}
            column={column}
            row={row}
          />
        ))}
      </ul>
      {axes.length > 0 && (
        <Shape
          axes={axes}
          lines={[{ player: profile.player, name: profile.shown_name }]}
          label={`Percentiles of ${profile.shown_name}`}
        />
      )}
      {small.length > 0 && (
        <details className="card px-5 py-4">
          <summary className="font-medium">
            {small.length} more {small.length === 1 ? "number" : "numbers"}
          </summary>
          <dl className="mt-4 grid gap-x-8 gap-y-2 sm:grid-cols-2 lg:grid-cols-3">
            {small.map((column) => (
              <div key={column.name} className="flex items-baseline justify-between gap-4">
                <dt className="text-quiet" title={column.text || undefined}>
                  {column.title}
                </dt>
                <dd className="text-right">
                  <Value profile={profile} game={whole.game} sheet={sheet} column={column} row={row} />
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </section>
  );
}

function GameSkeleton() {
  return (
    <div className="flex flex-col gap-10">
      <Skeleton className="h-10 w-80" />
      <Skeleton className="h-48" />
      <Skeleton className="h-80" />
    </div>
  );
}
