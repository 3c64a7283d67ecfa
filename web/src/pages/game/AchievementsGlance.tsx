import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { achievementsQuery } from "@/api/achievements";
import { Rate } from "@/shared/achievements/Rate";
import { shownAge } from "@/shared/format/numbers";
import { useWhose } from "@/shared/players/whose";
import { RowsShape } from "@/shared/states/Shapes";
import { QueryStates } from "@/shared/states/States";

const SHOWN = 6;

/** The rarest that somebody has, and who earned what last. */
export function AchievementsGlance({ game }: { readonly game: string }) {
  const asked = useQuery(achievementsQuery(game, 3));
  const whose = useWhose();
  return (
    <QueryStates
      query={asked}
      what="achievements"
      skeleton={<RowsShape rows={6} />}
      isEmpty={(data) => data.achievements.length === 0}
      empty={null}
    >
      {(data) => {
        const rarest = [...data.achievements]
          .filter((one) => one.completed > 0)
          .sort((a, b) => a.rate - b.rate);
        const latest = data.achievements
          .flatMap((one) => one.latest.map((winner) => ({ ...winner, title: one.title, icon: one.icon })))
          .sort((a, b) => (a.at < b.at ? 1 : -1));
        return (
          <div className="grid gap-10 lg:grid-cols-2">
            <section aria-labelledby="rarest">
              <h2 id="rarest" className="mb-4 font-bold text-xl">
                Rarest achievements
              </h2>
              <ul className="card divide-y divide-line">
                {rarest.slice(0, SHOWN).map((one) => (
                  <li key={one.achievement} className="flex flex-wrap items-center gap-3 px-4 py-3">
                    <span aria-hidden="true" className="w-6 shrink-0 text-center">
                      {one.icon || "🏅"}
                    </span>
                    <span className="min-w-0 grow basis-40">{one.title}</span>
                    <Rate rate={one.rate} label={`Players who have ${one.title}`} />
                  </li>
                ))}
                {rarest.length === 0 && <li className="px-4 py-3 text-quiet">Nobody has earned one yet.</li>}
              </ul>
            </section>
            <section aria-labelledby="latest">
              <h2 id="latest" className="mb-4 font-bold text-xl">
                Latest awards
              </h2>
              <ul className="card divide-y divide-line">
                {latest.slice(0, SHOWN).map((one) => (
                  <li
                    key={`${one.title}/${one.player}`}
                    className="flex flex-wrap items-center gap-x-3 px-4 py-3"
                  >
                    <span aria-hidden="true" className="w-6 shrink-0 text-center">
                      {one.icon || "🏅"}
                    </span>
                    <span className="min-w-0 grow basis-40">
                      <Link
                        to="/p/$player"
                        params={{ player: one.player }}
                        search={whose(game)}
                        className="font-medium hover:text-link"
                      >
                        <bdi>{one.name}</bdi>
                      </Link>{" "}
                      <span className="text-quiet">{one.title}</span>
                    </span>
                    <span className="text-quiet text-sm">{shownAge(one.at)}</span>
                  </li>
                ))}
                {latest.length === 0 && (
                  <li className="px-4 py-3 text-quiet">The first award will appear here.</li>
                )}
              </ul>
            </section>
          </div>
        );
      }}
    </QueryStates>
  );
}
