import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { activityQuery } from "@/api/activity";
import { shownWindow } from "@/shared/format/numbers";
import { QueryStates, Skeleton } from "@/shared/states/States";

const MEASURES = [
  ["players", "Players"],
  ["matches", "Matches"],
  ["events", "Events"],
] as const;

const LOOK_AGAIN_MS = 30_000;

/** How much is played: today, and on each of the last thirty days. */
export function ActivityGlance({ game }: { readonly game: string }) {
  // What is slow to count the server answers as it last was, and counts it anew beside: asked again, it is there.
  const asked = useQuery({ ...activityQuery(game), refetchInterval: LOOK_AGAIN_MS });
  return (
    <section aria-labelledby="activity">
      <h2 id="activity" className="mb-4 font-bold text-xl">
        <Link to="/g/$game/insight" params={{ game }} className="hover:text-link">
          Activity <span aria-hidden="true">→</span>
        </Link>
      </h2>
      <QueryStates query={asked} what="activity" skeleton={<Skeleton className="h-44" />}>
        {({ points }) => {
          const most = Math.max(1, ...points.map((point) => point.players));
          return (
            <div className="card flex flex-col gap-4 p-5">
              <dl className="grid grid-cols-3 gap-4">
                {MEASURES.map(([measure, title]) => (
                  <div key={measure} className="flex flex-col-reverse">
                    <dt className="text-quiet text-sm">{title} today</dt>
                    <dd className="font-bold text-2xl">
                      {(points.at(-1)?.[measure] ?? 0).toLocaleString("en")}
                    </dd>
                  </div>
                ))}
              </dl>
              <div
                role="img"
                aria-label={`Players on each of the last ${points.length} days, ${most} at most`}
                className="flex h-16 items-end gap-0.5"
              >
                {points.map((point, at) => (
                  <span
                    key={point.window}
                    title={`${shownWindow(point.window)}: ${point.players} players`}
                    className={`grow rounded-t-sm ${at === points.length - 1 ? "bg-link" : "bg-link/40"}`}
                    style={{ height: `${Math.max(3, (100 * point.players) / most)}%` }}
                  />
                ))}
              </div>
              <p className="flex justify-between text-quiet text-sm">
                <span>{shownWindow(points[0]?.window ?? "")}</span>
                <span>Players a day</span>
                <span>today</span>
              </p>
            </div>
          );
        }}
      </QueryStates>
    </section>
  );
}
