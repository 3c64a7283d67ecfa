import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type Caller, may } from "@/api/caller";
import { gameQuery } from "@/api/games";
import { usePageTitle } from "@/shared/shell/title";
import { HeadShape, RowsShape, TabsShape } from "@/shared/states/Shapes";
import { Failure, QueryStates } from "@/shared/states/States";
import { Strip } from "@/shared/strip/Strip";
import { isSection, SECTIONS, type Section } from "./asked";
import { Corrections } from "./corrections/Corrections";
import { Definition } from "./definitions/Definition";
import { Gate } from "./Gate";
import { Jobs } from "./Jobs";
import { Quarantine } from "./Quarantine";
import { Seasons } from "./Seasons";

const route = getRouteApi("/manage/$game/$section");

export function GameManagePage() {
  const { game, section } = route.useParams();
  const whole = useQuery(gameQuery(game));
  usePageTitle(`Manage · ${whole.data?.title ?? game}`);
  return (
    <QueryStates
      query={whole}
      what="game"
      isPage
      skeleton={
        <div className="flex flex-col gap-4">
          <HeadShape />
          <TabsShape />
          <RowsShape />
        </div>
      }
    >
      {(data) => (
        <Gate game={game}>
          {(caller) => (
            <div className="flex flex-col gap-6">
              <header className="flex flex-col gap-3">
                <div>
                  <Link to="/manage" className="text-link hover:underline">
                    Manage
                  </Link>
                  <h1 className="font-bold text-2xl">
                    <Link to="/g/$game" params={{ game }} className="hover:text-link">
                      <span aria-hidden="true">{data.icon}</span> {data.title}
                    </Link>
                  </h1>
                </div>
                <nav aria-label={`Manage ${data.title}`}>
                  <Strip>
                    {(Object.keys(SECTIONS) as Section[])
                      .filter((each) => may(caller, SECTIONS[each].right, game))
                      .map((each) => (
                        <Link
                          key={each}
                          to="/manage/$game/$section"
                          params={{ game, section: each }}
                          className="tab"
                          activeOptions={{ includeSearch: false }}
                        >
                          {SECTIONS[each].title}
                        </Link>
                      ))}
                  </Strip>
                </nav>
              </header>
              <Shown game={game} section={section} caller={caller} />
            </div>
          )}
        </Gate>
      )}
    </QueryStates>
  );
}

type ShownProps = { readonly game: string; readonly section: string; readonly caller: Caller };

function Shown({ game, section, caller }: ShownProps) {
  if (!isSection(section)) {
    return <Failure what="page" error={new Error("There is nothing at this address.")} />;
  }
  const { right, title } = SECTIONS[section];
  if (!may(caller, right, game)) {
    return <Failure what={title} error={new Error(`It needs the right “${right}” in ${game}.`)} />;
  }
  if (section === "quarantine") return <Quarantine game={game} />;
  if (section === "corrections") return <Corrections game={game} />;
  if (section === "seasons") return <Seasons game={game} />;
  if (section === "jobs") return <Jobs game={game} />;
  return <Definition key={game} game={game} />;
}
