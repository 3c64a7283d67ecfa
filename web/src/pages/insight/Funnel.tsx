import { useQuery } from "@tanstack/react-query";
import { achievementsQuery } from "@/api/achievements";
import { Rate } from "@/shared/achievements/Rate";
import { RowsShape } from "@/shared/states/Shapes";
import { Empty, QueryStates } from "@/shared/states/States";

/** How many get how far: achievements from the one that most have to the one that fewest have. */
export function Funnel({ game }: { readonly game: string }) {
  const asked = useQuery(achievementsQuery(game, 0));
  return (
    <section aria-labelledby="funnel" className="flex flex-col gap-4">
      <h2 id="funnel" className="font-bold text-xl">
        How far players get
      </h2>
      <QueryStates
        query={asked}
        what="achievements"
        skeleton={<RowsShape rows={8} />}
        isEmpty={(data) => data.achievements.length === 0 || data.players === 0}
        empty={
          <Empty title="Nothing to measure yet">
            It takes players, and tables [achievements.…] in the definition.
          </Empty>
        }
      >
        {(data) => {
          const steps = [...data.achievements].sort(
            (one, other) => other.completed - one.completed || one.order - other.order,
          );
          return (
            <ol className="card divide-y divide-line">
              {steps.map((step) => (
                <li key={step.achievement} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2">
                  <span className="min-w-0 grow basis-48">
                    <span aria-hidden="true">{step.icon || "🏅"}</span> {step.title}
                  </span>
                  <span className="w-24 text-right text-quiet text-sm">
                    {step.completed.toLocaleString("en")} of {data.players.toLocaleString("en")}
                  </span>
                  <span className="w-44">
                    <Rate rate={step.rate} label={`Players who have ${step.title}`} />
                  </span>
                </li>
              ))}
            </ol>
          );
        }}
      </QueryStates>
    </section>
  );
}
