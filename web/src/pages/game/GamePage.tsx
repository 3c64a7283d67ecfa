import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { gameQuery, ownFirst } from "@/api/games";
import { MatchList } from "@/shared/matches/MatchList";
import { usePageTitle } from "@/shared/shell/title";
import { CardsShape, HeadShape, RowsShape } from "@/shared/states/Shapes";
import { Empty, QueryStates } from "@/shared/states/States";
import { AchievementsGlance } from "./AchievementsGlance";
import { ActivityGlance } from "./ActivityGlance";
import { BoardGlance } from "./BoardGlance";
import { useGameLive } from "./live";
import { Records } from "./Records";

const route = getRouteApi("/g/$game");

export function GamePage() {
  const { game } = route.useParams();
  const whole = useQuery(gameQuery(game));
  usePageTitle(whole.data?.title ?? game);
  useGameLive(game);
  return (
    <QueryStates
      query={whole}
      what="game"
      isPage
      skeleton={
        <div className="flex flex-col gap-10">
          <HeadShape />
          <CardsShape lines={5} />
          <RowsShape rows={8} />
        </div>
      }
    >
      {(data) => (
        <div className="flex flex-col gap-10">
          <header className="flex flex-wrap items-end justify-between gap-4">
            <div>
              <h1 className="font-bold text-3xl">
                <span aria-hidden="true">{data.icon}</span> {data.title}
              </h1>
              <p className="text-quiet">{data.text}</p>
            </div>
            <nav aria-label={data.title} className="flex flex-wrap gap-2">
              <Link to="/g/$game/achievements" params={{ game }} className="tab">
                Achievements
              </Link>
              <Link to="/g/$game/insight" params={{ game }} className="tab">
                Insight
              </Link>
              {data.submit.length > 0 && (
                <Link to="/g/$game/play" params={{ game }} className="tab">
                  Submit a score
                </Link>
              )}
            </nav>
          </header>
          <section aria-labelledby="boards">
            <h2 id="boards" className="mb-4 font-bold text-xl">
              Boards
            </h2>
            {data.boards.length === 0 ? (
              <Empty title="This game has no boards">A table [boards.…] in its definition makes one.</Empty>
            ) : (
              <ul className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
                {ownFirst(data.boards).map((board) => (
                  <BoardGlance
                    key={board.name}
                    game={game}
                    board={board}
                    sheet={data.sheets.find((sheet) => sheet.name === board.sheet)}
                  />
                ))}
              </ul>
            )}
          </section>
          <div className="grid gap-10 lg:grid-cols-2">
            <div className="flex flex-col gap-10">
              <section aria-labelledby="running">
                <h2 id="running" className="mb-4 font-bold text-xl">
                  Running now
                </h2>
                <MatchList
                  asked={{ game, status: "open", limit: 5 }}
                  label="Running matches"
                  empty="No match is running"
                />
              </section>
              <ActivityGlance game={game} />
              <Records whole={data} />
            </div>
            <section aria-labelledby="finished">
              <h2 id="finished" className="mb-4 font-bold text-xl">
                Finished
              </h2>
              <MatchList
                asked={{ game, status: "ended", limit: 12 }}
                label="Finished matches"
                empty="No match has ended yet"
              />
            </section>
          </div>
          <AchievementsGlance game={game} />
        </div>
      )}
    </QueryStates>
  );
}
