import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answered, api, type Schemas } from "@/api/client";
import { shownWindow } from "@/shared/format/numbers";
import { RowsShape } from "@/shared/states/Shapes";
import { Empty, QueryStates } from "@/shared/states/States";

const route = getRouteApi("/g/$game/insight");
const COHORTS = { day: 14, week: 8, month: 8 } as const;

/** Of the players first seen in a span, how many came back in each after it. */
export function Retention({ game }: { readonly game: string }) {
  const every = route.useSearch().every ?? "week";
  const asked = useQuery({
    queryKey: ["retention", game, every],
    queryFn: () =>
      answered(
        api.GET("/v1/games/{game}/retention", {
          params: { path: { game }, query: { every, cohorts: COHORTS[every] } },
        }),
      ),
    staleTime: 60_000,
  });
  return (
    <section aria-labelledby="retention" className="flex flex-col gap-4">
      <div>
        <h2 id="retention" className="font-bold text-xl">
          Who comes back
        </h2>
        <p className="text-quiet">
          Of the players first seen in a {every}, how many were seen again one, two, … {every}s later.
        </p>
      </div>
      <QueryStates
        query={asked}
        what="who comes back"
        skeleton={<RowsShape rows={COHORTS[every]} />}
        isEmpty={(data) => !data.cohorts.some(hasAnybody)}
        empty={
          <Empty title="Nobody new in this time">
            It takes a sheet that is kept by player and {every}, and players who come for the first time.
          </Empty>
        }
      >
        {(data) => <Cohorts cohorts={data.cohorts.slice(data.cohorts.findIndex(hasAnybody))} every={every} />}
      </QueryStates>
    </section>
  );
}

function hasAnybody(cohort: Schemas["Cohort"]): boolean {
  return Boolean(cohort.returned[0]);
}

type CohortsProps = { readonly cohorts: readonly Schemas["Cohort"][]; readonly every: string };

function Cohorts({ cohorts, every }: CohortsProps) {
  const later = cohorts.map((_, at) => at);
  return (
    <div className="card overflow-x-auto" role="region" aria-label="Who comes back: table" tabIndex={0}>
      <table className="w-full text-right [overflow-wrap:normal]">
        <thead className="text-quiet text-sm">
          <tr>
            <th scope="col" className="sticky left-0 bg-raised px-4 py-2 text-left font-normal">
              First seen
            </th>
            <th scope="col" className="px-3 py-2 font-normal">
              Players
            </th>
            {later.slice(1).map((at) => (
              <th key={at} scope="col" className="px-3 py-2 font-normal" title={`${at} ${every}s later`}>
                +{at}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {cohorts.map((cohort) => (
            <tr key={cohort.window}>
              <th
                scope="row"
                className="sticky left-0 whitespace-nowrap bg-raised px-4 py-2 text-left font-medium"
              >
                {shownWindow(cohort.window)}
              </th>
              <td className="px-3 py-2">{(cohort.returned[0] ?? 0).toLocaleString("en")}</td>
              {later.slice(1).map((at) => (
                <Share key={at} of={cohort.returned[0] ?? 0} returned={cohort.returned[at]} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A share, darker the greater; what is not over yet is not there. */
function Share({ of, returned }: { readonly of: number; readonly returned: number | undefined }) {
  if (returned === undefined) return <td className="px-3 py-2" />;
  if (of === 0) return <td className="px-3 py-2 text-quiet">–</td>;
  const share = (100 * returned) / of;
  return (
    <td
      className="whitespace-nowrap px-3 py-2"
      style={{ background: `color-mix(in srgb, var(--link) ${Math.round(share * 0.35)}%, transparent)` }}
      title={`${returned.toLocaleString("en")} of ${of.toLocaleString("en")}`}
    >
      {Math.round(share)} %
    </td>
  );
}
