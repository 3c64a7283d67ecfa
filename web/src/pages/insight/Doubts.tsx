import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { activityQuery } from "@/api/activity";
import { may, useCaller } from "@/api/caller";
import { answered, api } from "@/api/client";
import { shownAge } from "@/shared/format/numbers";
import { RowsShape } from "@/shared/states/Shapes";
import { Empty, QueryStates } from "@/shared/states/States";

const PER_MILLE = 1_000;

/** How many events fail which check, of a thousand reported in the last thirty days. */
export function Doubts({ game }: { readonly game: string }) {
  const caller = useCaller().data;
  const reads = may(caller, "read", game);
  const activity = useQuery({ ...activityQuery(game, "day"), enabled: reads });
  const since = activity.data?.points[0]?.starts_at;
  const asked = useQuery({
    queryKey: ["manage", game, "reasons", since],
    queryFn: () =>
      answered(
        api.GET("/v1/games/{game}/quarantine/reasons", {
          params: { path: { game }, query: { ...(since ? { since } : {}) } },
        }),
      ),
    enabled: reads && since !== undefined,
  });
  const counted = activity.data?.points.reduce((sum, point) => sum + point.events, 0) ?? 0;
  return (
    <section aria-labelledby="doubts" className="flex flex-col gap-4">
      <h2 id="doubts" className="font-bold text-xl">
        Events that fail a check
      </h2>
      {caller && !reads ? (
        <Empty title="For those who manage this game">
          <Link to="/manage" className="text-link underline">
            Log in, or use an API key
          </Link>
        </Empty>
      ) : (
        <QueryStates
          query={asked}
          what="the quarantine"
          skeleton={<RowsShape rows={2} />}
          isEmpty={(data) => data.reasons.length === 0}
          empty={
            <Empty title="None in thirty days">
              Tables [[checks]] in the definition say what is doubtful.
            </Empty>
          }
        >
          {(data) => {
            const all = counted + data.reasons.reduce((sum, one) => sum + howMany(one), 0);
            return (
              <ul className="card divide-y divide-line">
                {data.reasons.map((one) => (
                  <li
                    key={`${one.type}/${one.reason}`}
                    className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3"
                  >
                    <span className="min-w-0 grow basis-48">
                      <Link
                        to="/manage/$game/$section"
                        params={{ game, section: "quarantine" }}
                        search={{ reason: one.reason, status: "all" }}
                        className="font-medium hover:text-link"
                      >
                        {one.reason}
                      </Link>
                      <span className="block text-quiet text-sm">
                        {one.type} · last {shownAge(one.last_at)} · {one.waiting} waiting, {one.accepted}{" "}
                        accepted, {one.refused} refused
                      </span>
                    </span>
                    <span className="w-28 text-right">
                      {((PER_MILLE * howMany(one)) / Math.max(all, 1)).toFixed(1)}{" "}
                      <span className="text-quiet text-sm">of 1,000</span>
                    </span>
                  </li>
                ))}
              </ul>
            );
          }}
        </QueryStates>
      )}
    </section>
  );
}

function howMany(one: { waiting: number; accepted: number; refused: number }): number {
  return one.waiting + one.accepted + one.refused;
}
