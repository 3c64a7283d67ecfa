import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { achievementsQuery } from "@/api/achievements";
import { type Pace, useSoon } from "@/feed/soon";
import { inTopic, useTopic } from "@/feed/store";
import { shownAge } from "@/shared/format/numbers";
import { useWhose } from "@/shared/players/whose";
import { RowsShape } from "@/shared/states/Shapes";
import { useArrived } from "@/shared/states/States";

type Game = { readonly game: string; readonly title: string; readonly icon: string };

const SHOWN = 8;
const REREAD: Pace = { afterMs: 0, everyMs: 4_000 };

type LatestAwardsProps = {
  readonly games: readonly Game[];
  /** Whether it is not known yet which games there are. */
  readonly pending: boolean;
};

/** Who earned what last, over all games, as it happens. */
export function LatestAwards({ games, pending: known }: LatestAwardsProps) {
  const whose = useWhose();
  const answers = useQueries({ queries: games.map(({ game }) => achievementsQuery(game, 3)) });
  const awards = answers
    .flatMap((answer, at) =>
      (answer.data?.achievements ?? []).flatMap((one) =>
        one.latest.map((winner) => ({
          ...winner,
          title: one.title,
          icon: one.icon,
          game: games[at]?.game ?? "",
        })),
      ),
    )
    .sort((one, other) => (one.at < other.at ? 1 : -1));
  const pending = known || answers.some((answer) => answer.isPending);
  const arrived = useArrived(!pending || awards.length > 0);
  return (
    <aside aria-labelledby="latest" className="min-w-0 max-lg:order-last">
      <h2 id="latest" className="mb-4 font-bold text-xl">
        Latest awards
      </h2>
      {games.map(({ game }, at) => (
        <Listening key={game} game={game} changed={() => void answers[at]?.refetch()} />
      ))}
      {!arrived ? (
        <RowsShape rows={8} round />
      ) : (
        <ul className="card divide-y divide-line">
          {awards.slice(0, SHOWN).map((one) => (
            <li key={`${one.game}/${one.title}/${one.player}`} className="flex items-center gap-3 px-4 py-3">
              <span aria-hidden="true" className="w-7 shrink-0 text-center text-xl">
                {one.icon || "🏅"}
              </span>
              <span className="min-w-0">
                <Link
                  to="/p/$player"
                  params={{ player: one.player }}
                  search={whose(one.game)}
                  className="block truncate font-medium hover:text-link"
                >
                  <bdi>{one.name}</bdi>
                </Link>
                <span className="text-quiet text-sm">
                  {one.title} · {shownAge(one.at)}
                </span>
              </span>
            </li>
          ))}
          {awards.length === 0 && <li className="px-4 py-3 text-quiet">The first award will appear here.</li>}
        </ul>
      )}
    </aside>
  );
}

function Listening({ game, changed }: { readonly game: string; readonly changed: () => void }) {
  const soon = useSoon();
  useTopic(`game:${inTopic(game)}`, (message) => {
    if (message.type === "achievement.unlocked") soon("awards", REREAD, changed);
  });
  return null;
}
