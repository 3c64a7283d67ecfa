import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answered, api } from "@/api/client";

type LatestAwardsProps = { readonly games: readonly { readonly game: string; readonly title: string }[] };

const SHOWN = 8;

/** Who earned what last, over all games. */
export function LatestAwards({ games }: LatestAwardsProps) {
  const answers = useQueries({
    queries: games.map(({ game }) => ({
      queryKey: ["achievements", game],
      queryFn: () => answered(api.GET("/v1/games/{game}/achievements", { params: { path: { game } } })),
      staleTime: 30_000,
    })),
  });
  const rarest = answers.flatMap((answer, at) =>
    (answer.data?.achievements ?? []).map((one) => ({ ...one, game: games[at]?.game ?? "" })),
  );
  return (
    <aside aria-labelledby="rare">
      <h2 id="rare" className="mb-4 font-bold text-xl">
        Achievements
      </h2>
      <ul className="card divide-y divide-line">
        {rarest.slice(0, SHOWN).map((one) => (
          <li key={`${one.game}/${one.achievement}`} className="flex items-center gap-3 px-4 py-3">
            <span aria-hidden="true">{one.icon || "🏅"}</span>
            <Link to="/g/$game" params={{ game: one.game }} className="min-w-0 truncate hover:text-link">
              {one.title}
            </Link>
          </li>
        ))}
      </ul>
    </aside>
  );
}
