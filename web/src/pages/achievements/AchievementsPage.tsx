import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { achievementsQuery } from "@/api/achievements";
import type { Schemas } from "@/api/client";
import { gameQuery } from "@/api/games";
import { Rate } from "@/shared/achievements/Rate";
import { shownAge, shownCount } from "@/shared/format/numbers";
import { useWhose } from "@/shared/players/whose";
import { usePageTitle } from "@/shared/shell/title";
import { CardsShape } from "@/shared/states/Shapes";
import { Empty, QueryStates } from "@/shared/states/States";
import { Strip } from "@/shared/strip/Strip";

const route = getRouteApi("/g/$game/achievements");

export function AchievementsPage() {
  const { game } = route.useParams();
  const { order = "rarest" } = route.useSearch();
  const navigate = route.useNavigate();
  const title = useQuery(gameQuery(game)).data?.title ?? game;
  const asked = useQuery(achievementsQuery(game, 5));
  usePageTitle(`Achievements · ${title}`);
  return (
    <div className="flex flex-col gap-6">
      <header>
        <Link to="/g/$game" params={{ game }} className="text-link hover:underline">
          {title}
        </Link>
        <h1 className="font-bold text-2xl">Achievements</h1>
      </header>
      <fieldset>
        <legend className="sr-only">Order</legend>
        <Strip>
          {(["rarest", "definition"] as const).map((each) => (
            <button
              key={each}
              type="button"
              className="tab"
              aria-pressed={order === each}
              onClick={() => void navigate({ search: { order: each === "rarest" ? undefined : each } })}
            >
              {each === "rarest" ? "Rarest first" : "As the game tells them"}
            </button>
          ))}
        </Strip>
      </fieldset>
      <QueryStates
        query={asked}
        what="achievements"
        skeleton={<CardsShape cards={8} lines={2} className="md:grid-cols-2" />}
        isEmpty={(data) => data.achievements.length === 0}
        empty={
          <Empty title="This game has no achievements">
            A table [achievements.…] in its definition makes one.
          </Empty>
        }
      >
        {(data) => {
          const sorted = [...data.achievements].sort((one, other) =>
            order === "rarest" ? one.rate - other.rate || one.order - other.order : one.order - other.order,
          );
          return (
            <>
              <p className="text-quiet">
                {sorted.length} achievements, measured among {shownCount(data.players)} players
              </p>
              <ul className="grid gap-4 md:grid-cols-2">
                {sorted.map((one) => (
                  <Card key={one.achievement} one={one} game={game} />
                ))}
              </ul>
            </>
          );
        }}
      </QueryStates>
    </div>
  );
}

function Card({ one, game }: { readonly one: Schemas["AchievementAnswer"]; readonly game: string }) {
  const whose = useWhose();
  return (
    <li className="card flex gap-4 p-4">
      <span
        aria-hidden="true"
        className={`w-12 shrink-0 text-center text-4xl ${one.completed === 0 ? "opacity-45 grayscale" : ""}`}
      >
        {one.icon || "🏅"}
      </span>
      <div className="flex min-w-0 grow flex-col gap-1">
        <h2 className="font-semibold">{one.title}</h2>
        <p className="text-quiet">{one.text || (one.hidden ? "Hidden until somebody earns it" : "")}</p>
        <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
          <Rate rate={one.rate} label={`Players who have ${one.title}`} />
          <span className="text-quiet">
            {shownCount(one.completed)} {one.completed === 1 ? "player" : "players"}
          </span>
          {one.points > 0 && <span className="text-quiet">{one.points} points</span>}
          {one.tier && <span className="text-quiet">{one.tier}</span>}
        </p>
        {one.latest.length > 0 && (
          <p className="text-sm">
            <span className="text-quiet">Last: </span>
            {one.latest.map((winner, at) => (
              <span key={winner.player}>
                {at > 0 && ", "}
                <Link
                  to="/p/$player"
                  params={{ player: winner.player }}
                  search={whose(game)}
                  className="text-link hover:underline"
                >
                  <bdi>{winner.name}</bdi>
                </Link>
                {at === 0 && <span className="text-quiet"> {shownAge(winner.at)}</span>}
              </span>
            ))}
          </p>
        )}
      </div>
    </li>
  );
}
