import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import type { Schemas } from "@/api/client";
import { trendQuery } from "@/api/players";
import { shownWindow, shownWithUnit } from "@/shared/format/numbers";
import { Empty, QueryStates, Skeleton } from "@/shared/states/States";
import { Strip } from "@/shared/strip/Strip";
import { cellOf } from "@/shared/why/cell";
import { Answer, Why } from "@/shared/why/Why";
import { trendsOf } from "./asked";

const route = getRouteApi("/p/$player");
const BY = { day: "By day", week: "By week", month: "By month", season: "By season" } as const;

const LinesDrawing = lazy(() =>
  import("@/shared/charts/LinesDrawing").then((module) => ({ default: module.LinesDrawing })),
);

type TrendsProps = {
  readonly profile: Schemas["PlayerAnswer"];
  readonly whole: Schemas["GameAnswer"];
  readonly sheet: Schemas["SheetAnswer"];
};

/** One number over time; which one, and by which window, is in the address. */
export function Trends({ profile, whole, sheet }: TrendsProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const choice = trendsOf(whole, sheet);
  const all = [...choice.first, ...choice.others];
  const column = all.find((each) => each.name === search.column) ?? choice.first[0];
  const every = choice.every.find((each) => each === search.every) ?? choice.every[0];
  if (!column || !every) return null;
  const change = (changed: Partial<typeof search>) =>
    void navigate({ search: { ...search, ...changed }, resetScroll: false, replace: true });
  const isOther = choice.others.includes(column);
  return (
    <section aria-labelledby="trends" className="flex flex-col gap-4">
      <h2 id="trends" className="font-bold text-xl">
        Over time
      </h2>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <fieldset className="max-sm:w-full">
          <legend className="sr-only">Number</legend>
          <Strip>
            {choice.first.map((each) => (
              <button
                key={each.name}
                type="button"
                className="tab"
                aria-pressed={each === column}
                onClick={() => change({ column: each.name })}
              >
                {each.title}
              </button>
            ))}
            {choice.others.length > 0 && (
              <select
                aria-label="Another number"
                className="field w-auto max-w-52 shrink-0 rounded-full!"
                value={isOther ? column.name : ""}
                onChange={(event) => change({ column: event.target.value })}
              >
                <option value="" disabled>
                  Another number…
                </option>
                {choice.others.map((each) => (
                  <option key={each.name} value={each.name}>
                    {each.title}
                  </option>
                ))}
              </select>
            )}
          </Strip>{" "}
        </fieldset>
        <fieldset className="max-sm:w-full">
          <legend className="sr-only">By</legend>
          <Strip isOneOf>
            {choice.every.map((each) => (
              <button
                key={each}
                type="button"
                className="tab"
                aria-pressed={each === every}
                onClick={() => change({ every: each })}
              >
                {BY[each]}
              </button>
            ))}
          </Strip>{" "}
        </fieldset>
      </div>
      <Drawn profile={profile} game={whole.game} sheet={sheet} column={column} every={every} />
    </section>
  );
}

type DrawnProps = {
  readonly profile: Schemas["PlayerAnswer"];
  readonly game: string;
  readonly sheet: Schemas["SheetAnswer"];
  readonly column: Schemas["ColumnAnswer"];
  readonly every: keyof typeof BY;
};

function Drawn({ profile, game, sheet, column, every }: DrawnProps) {
  const player = profile.player;
  const [chosen, setChosen] = useState<string>();
  const whyOf = (window: string) => ({
    cell: cellOf({ game, sheet, column: column.name, player, window }),
    label: `${column.title} of ${profile.shown_name}, ${window}`,
  });
  const asked = useQuery(trendQuery(player, { game, sheet: sheet.name, columns: [column.name], every }));
  return (
    <QueryStates
      query={asked}
      what="the trend"
      skeleton={<Skeleton className="h-72" />}
      isEmpty={(data) => data.points.length === 0}
      empty={<Empty title="Nothing to draw yet">Each {every} with an event of this player is a point.</Empty>}
    >
      {(data) => {
        const points = data.points.map((point) => {
          const value = point.values[column.name];
          return {
            window: point.window,
            at: Date.parse(point.starts_at ?? ""),
            value: typeof value === "number" ? value : null,
          };
        });
        return (
          <div className="card p-4">
            <div className="h-64" aria-hidden="true">
              <Suspense fallback={<Skeleton className="h-full" />}>
                <LinesDrawing
                  title={column.title}
                  shape={column}
                  points={points}
                  name={(at) => shownWindow(points.find((point) => point.at === at)?.window ?? "")}
                  choose={(at) =>
                    setChosen(points.find((point) => point.at === at && point.value !== null)?.window)
                  }
                />
              </Suspense>
            </div>
            <details className="mt-2 text-sm">
              <summary className="text-quiet">As a table</summary>
              <div
                className="mt-2 max-h-72 overflow-y-auto"
                role="region"
                aria-label={`${column.title} over time`}
                tabIndex={0}
              >
                <table className="w-full text-left">
                  <thead className="text-quiet">
                    <tr>
                      <th scope="col" className="py-1 font-normal">
                        {every[0]?.toUpperCase() + every.slice(1)}
                      </th>
                      <th scope="col" className="py-1 text-right font-normal">
                        {column.title}
                      </th>
                    </tr>
                  </thead>
                  <tbody className="divide-y divide-line">
                    {points.toReversed().map((point) => (
                      <tr key={point.window}>
                        <th scope="row" className="py-1 font-normal">
                          {point.window}
                        </th>
                        <td className="py-1 text-right">
                          <Why {...whyOf(point.window)} shown={shownWithUnit(point.value, column)} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </details>
            {chosen && <Answer {...whyOf(chosen)} close={() => setChosen(undefined)} />}
          </div>
        );
      }}
    </QueryStates>
  );
}
