import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { gameQuery } from "@/api/games";
import { statsQuery } from "@/api/players";
import { axesOf, careersOf } from "@/pages/player/asked";
import { Shape } from "@/shared/charts/Shape";
import { shownValue, shownWithUnit, unitBeside } from "@/shared/format/numbers";
import { MatchList } from "@/shared/matches/MatchList";
import { Empty, QueryStates, Skeleton } from "@/shared/states/States";
import { cellOf } from "@/shared/why/cell";
import { Why } from "@/shared/why/Why";
import { leadsOf, saidOf } from "./leads";

type GameComparisonProps = {
  readonly first: Schemas["PlayerAnswer"];
  readonly second: Schemas["PlayerAnswer"];
  readonly game: string;
  readonly window: string | undefined;
  readonly asked: UseQueryResult<Schemas["Comparison"]>;
  readonly children: (windows: readonly string[], timezone: string) => ReactNode;
};

/** Two players in one game: their shapes over each other, number by number, and where they met. */
export function GameComparison({ first, second, game, window, asked, children }: GameComparisonProps) {
  const whole = useQuery(gameQuery(game));
  return (
    <QueryStates query={whole} what="game" skeleton={<Skeleton className="h-96" />}>
      {(data) => {
        const careers = careersOf(data);
        return (
          <div className="flex flex-col gap-10">
            {children(careers[0]?.windows ?? [], data.timezone)}
            <QueryStates
              query={asked}
              what="comparison"
              skeleton={<Skeleton className="h-96" />}
              isEmpty={(compared) => !compared.games[game]}
              empty={
                <Empty title="Nothing to compare in this window">
                  Both need a number here. Another window may have some.
                </Empty>
              }
            >
              {(compared) => (
                <>
                  {careers.slice(0, 1).map((sheet) => (
                    <Shapes
                      key={sheet.name}
                      first={first}
                      second={second}
                      whole={data}
                      sheet={sheet}
                      window={window}
                    />
                  ))}
                  {careers.map((sheet) => (
                    <HeadToHead
                      key={sheet.name}
                      first={first}
                      second={second}
                      sheet={sheet}
                      game={game}
                      window={window}
                      columns={(compared.games[game]?.columns ?? []).filter(
                        (one) => one.sheet === sheet.name,
                      )}
                    />
                  ))}
                </>
              )}
            </QueryStates>
            <section aria-labelledby="met">
              <h2 id="met" className="mb-4 font-bold text-xl">
                Matches both played
              </h2>
              <MatchList
                asked={{ game, player: first.player, beside: second.player }}
                label="Matches both played"
                empty="They have not met yet"
              />
            </section>
          </div>
        );
      }}
    </QueryStates>
  );
}

type SheetProps = Pick<GameComparisonProps, "first" | "second" | "window"> & {
  readonly sheet: Schemas["SheetAnswer"];
};

function Shapes({
  first,
  second,
  whole,
  sheet,
  window,
}: SheetProps & { readonly whole: Schemas["GameAnswer"] }) {
  const answers = [
    useQuery(statsQuery(first.player, { game: whole.game, window })),
    useQuery(statsQuery(second.player, { game: whole.game, window })),
  ];
  const rows = answers.map((answer) => answer.data?.games[whole.game]?.sheets[sheet.name]);
  if (rows.some((row) => row === undefined)) return <Skeleton className="h-80" />;
  const axes = axesOf(whole, sheet).map((column) => ({
    title: column.title,
    values: rows.map((row) => shownWithUnit(row?.values[column.name], column)),
    percentiles: rows.map((row) => row?.percentiles?.[column.name]?.percentile ?? null),
    cells: [first, second].map((each) =>
      cellOf({ game: whole.game, sheet, column: column.name, player: each.player, window }),
    ),
  }));
  if (axes.length === 0) return null;
  return (
    <section aria-labelledby="shapes">
      <h2 id="shapes" className="mb-4 font-bold text-xl">
        Shapes
      </h2>
      <Shape
        axes={axes}
        lines={[first, second].map((each) => ({ player: each.player, name: each.shown_name }))}
        label="Percentiles of both"
      />
    </section>
  );
}

type HeadToHeadProps = SheetProps & {
  readonly game: string;
  readonly columns: readonly Schemas["Compared"][];
};

function HeadToHead({ first, second, sheet, game, window, columns }: HeadToHeadProps) {
  if (columns.length === 0) return null;
  const leads = leadsOf(columns, first.player);
  const players = [first, second];
  return (
    <section aria-label={`${sheet.title}: head to head`}>
      <h2 className="font-bold text-xl">Head to head · {sheet.title}</h2>
      <p className="mb-4 text-quiet">
        <bdi>{saidOf(leads, first.shown_name, second.shown_name)}</bdi>
      </p>
      <div className="card overflow-x-auto" role="region" aria-label="Head to head: table" tabIndex={0}>
        <table className="w-full table-fixed">
          <thead className="text-sm">
            <tr>
              <th scope="col" className="truncate px-3 py-2 text-left font-medium text-link">
                <bdi>{first.shown_name}</bdi>
              </th>
              <th scope="col" className="px-1 py-2 text-center font-normal text-quiet">
                <span className="sr-only">Number</span>
              </th>
              <th scope="col" className="truncate px-3 py-2 text-right font-medium text-up">
                <bdi>{second.shown_name}</bdi>
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {columns.map((column) => {
              const cells = players.map((player, at) => {
                const isAhead = column.leader === player.player;
                return (
                  <td
                    key={player.player}
                    className={`px-2 py-2 max-sm:text-sm sm:px-3 [&_button]:px-0 ${isAhead ? "font-bold" : column.leader ? "text-quiet" : ""}`}
                  >
                    <span
                      className={`flex items-baseline ${at === 0 ? "[&_button]:text-left" : "justify-end [&_button]:text-right"}`}
                    >
                      {at === 1 && isAhead && <Ahead />}
                      <Why
                        cell={cellOf({ game, sheet, column: column.column, player: player.player, window })}
                        label={`${column.title} of ${player.shown_name}`}
                        shown={shownWithUnit(column.values[at], column)}
                      >
                        {shownValue(column.values[at], column)}
                      </Why>
                      {at === 0 && isAhead && <Ahead />}
                    </span>
                  </td>
                );
              });
              return (
                <tr key={column.column}>
                  {cells[0]}
                  <th scope="row" className="px-1 py-2 text-center font-normal text-quiet text-sm">
                    {column.title}
                    {unitBeside(column) && <span className="block text-xs">{unitBeside(column)}</span>}
                    {column.better === "asc" && (
                      <span title="less is better">
                        {" "}
                        <span aria-hidden="true">↓</span>
                        <span className="sr-only">less is better</span>
                      </span>
                    )}
                  </th>
                  {cells[1]}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Ahead() {
  return (
    <span className="mx-1 text-up">
      <span aria-hidden="true">✓</span>
      <span className="sr-only">leads</span>
    </span>
  );
}
