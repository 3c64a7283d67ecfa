import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { gamesQuery } from "@/api/games";
import { runningQuery } from "@/api/running";
import { usePageTitle } from "@/shared/shell/title";
import { CardsShape } from "@/shared/states/Shapes";
import { Empty, QueryStates } from "@/shared/states/States";
import { GameCard } from "./GameCard";
import { LatestAwards } from "./LatestAwards";
import { LiveNow } from "./LiveNow";

export function HomePage() {
  usePageTitle("Games");
  const games = useQuery(gamesQuery());
  const live = useQuery(runningQuery());
  const running = live.data && new Map(live.data.games.map((one) => [one.game, one.running]));
  return (
    // On a phone what is live now comes first; its height is known before it is there, so that nothing moves.
    <div className="grid gap-8 lg:grid-cols-[1fr_320px]">
      <section aria-labelledby="games">
        <h1 id="games" className="mb-4 font-bold text-2xl">
          Games
        </h1>
        <QueryStates
          query={games}
          what="games"
          skeleton={<CardsShape cards={4} lines={5} className="sm:grid-cols-2" />}
          isEmpty={(data) => data.games.length === 0}
          empty={
            <Empty title="No games yet">
              Put a definition into the folder that <code>kleos serve --games</code> names, or send one with{" "}
              <code>PUT /v1/games/…/definition</code> from <Link to="/manage">Manage</Link>.
            </Empty>
          }
        >
          {(data) => (
            <ul className="grid gap-4 sm:grid-cols-2">
              {data.games.map((game) => (
                <GameCard key={game.game} game={game} running={running?.get(game.game) ?? 0} />
              ))}
            </ul>
          )}
        </QueryStates>
      </section>
      {!games.isError && (
        <div className="contents gap-8 lg:flex lg:flex-col">
          <LiveNow games={games.data?.games ?? []} running={live.isError ? new Map() : running} />
          <LatestAwards games={games.data?.games ?? []} pending={games.isPending} />
        </div>
      )}
    </div>
  );
}
