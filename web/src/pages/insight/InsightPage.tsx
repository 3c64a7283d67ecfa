import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { gameQuery } from "@/api/games";
import { usePageTitle } from "@/shared/shell/title";
import { CardsShape, HeadShape } from "@/shared/states/Shapes";
import { QueryStates } from "@/shared/states/States";
import { Activity } from "./Activity";
import { Doubts } from "./Doubts";
import { Funnel } from "./Funnel";
import { Retention } from "./Retention";
import { Spread } from "./Spread";
import { Usage, usagesOf } from "./Usage";

const route = getRouteApi("/g/$game/insight");

export function InsightPage() {
  const { game } = route.useParams();
  const whole = useQuery(gameQuery(game));
  usePageTitle(`Insight · ${whole.data?.title ?? game}`);
  return (
    <QueryStates
      query={whole}
      what="game"
      isPage
      skeleton={
        <div className="flex flex-col gap-10">
          <HeadShape />
          <CardsShape cards={3} />
          <CardsShape cards={1} className="" />
        </div>
      }
    >
      {(data) => (
        <div className="flex flex-col gap-10">
          <header>
            <Link to="/g/$game" params={{ game }} className="text-link hover:underline">
              {data.title}
            </Link>
            <h1 className="font-bold text-2xl">Insight</h1>
          </header>
          <Activity game={game} />
          <Retention game={game} />
          {usagesOf(data).map(({ sheet, by }) => (
            <Usage key={sheet.name} game={game} sheet={sheet} by={by} />
          ))}
          <Spread whole={data} />
          <div className="grid gap-10 lg:grid-cols-2">
            <Funnel game={game} />
            <Doubts game={game} />
          </div>
        </div>
      )}
    </QueryStates>
  );
}
