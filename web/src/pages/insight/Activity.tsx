import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { activityQuery } from "@/api/activity";
import { shownWindow } from "@/shared/format/numbers";
import { Empty, QueryStates, Skeleton } from "@/shared/states/States";
import { BarsFigure } from "./BarsFigure";

const route = getRouteApi("/g/$game/insight");
const LENGTHS = { day: "By day", week: "By week", month: "By month" } as const;
const MEASURES = [
  ["players", "Players"],
  ["matches", "Matches begun"],
  ["events", "Events"],
] as const;

/** How much is played. */
export function Activity({ game }: { readonly game: string }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const every = search.every ?? "day";
  const asked = useQuery(activityQuery(game, every));
  return (
    <section aria-labelledby="activity" className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <h2 id="activity" className="mr-auto font-bold text-xl">
          Activity
        </h2>
        <fieldset className="flex gap-2">
          <legend className="sr-only">How long each bar is</legend>
          {(Object.keys(LENGTHS) as (keyof typeof LENGTHS)[]).map((each) => (
            <button
              key={each}
              type="button"
              className="tab"
              aria-pressed={each === every}
              onClick={() =>
                void navigate({
                  search: { ...search, every: each === "day" ? undefined : each },
                  replace: true,
                  resetScroll: false,
                })
              }
            >
              {LENGTHS[each]}
            </button>
          ))}
        </fieldset>
      </div>
      <QueryStates
        query={asked}
        what="activity"
        skeleton={<Skeleton className="h-72" />}
        isEmpty={(data) => data.points.every((point) => point.events === 0)}
        empty={
          <Empty title="Nothing was played in this time">
            The first event that the game reports appears here. Longer bars look further back.
          </Empty>
        }
      >
        {(data) => (
          <div className="grid gap-4 lg:grid-cols-3">
            {MEASURES.map(([measure, title]) => (
              <div key={measure} className="card flex flex-col gap-3 p-5">
                <h3 className="flex items-baseline justify-between gap-2 font-semibold">
                  {title}
                  <span className="text-2xl">
                    {(data.points.at(-1)?.[measure] ?? 0).toLocaleString("en")}
                    <span className="ml-2 font-normal text-quiet text-sm">
                      {every === "day" ? "today" : `this ${every}`}
                    </span>
                  </span>
                </h3>
                <BarsFigure
                  title={title}
                  of={every.replace(/^./, (first) => first.toUpperCase())}
                  bars={data.points.map((point) => ({
                    label: shownWindow(point.window),
                    value: point[measure],
                  }))}
                />
              </div>
            ))}
          </div>
        )}
      </QueryStates>
    </section>
  );
}
