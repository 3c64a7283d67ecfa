import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { may, useCaller } from "@/api/caller";
import { answered, api, type Schemas } from "@/api/client";
import { gameQuery } from "@/api/games";
import { type Pace, useSoon } from "@/feed/soon";
import { inTopic, useTopic } from "@/feed/store";
import { shownAge, shownTime } from "@/shared/format/numbers";
import { useWhose } from "@/shared/players/whose";
import { usePageTitle } from "@/shared/shell/title";
import { HeadShape, RowsShape } from "@/shared/states/Shapes";
import { QueryStates } from "@/shared/states/States";
import { MatchCard } from "./MatchCard";
import { MatchEvents } from "./MatchEvents";
import { MatchSheet } from "./MatchSheet";

/** As many are named in the heading; the rest stands below. */
const NAMED = 4;

const route = getRouteApi("/g/$game/m/$match");
const REREAD: Pace = { afterMs: 200, everyMs: 3_000 };

export function MatchPage() {
  const { game, match } = route.useParams();
  const queries = useQueryClient();
  const whose = useWhose();
  const whole = useQuery(gameQuery(game));
  const moderates = may(useCaller().data, "moderation", game);
  const asked = useQuery({
    queryKey: ["match", game, match],
    queryFn: () =>
      answered(api.GET("/v1/games/{game}/matches/{match}", { params: { path: { game, match } } })),
  });
  const soon = useSoon();
  useTopic(`match:${inTopic(game)}/${inTopic(match)}`, (message) => {
    if (message.type === "match.changed")
      soon("match", REREAD, () => void queries.invalidateQueries({ queryKey: ["match", game, match] }));
  });
  usePageTitle(`Match · ${whole.data?.title ?? game}`);
  const sheets = (whole.data?.sheets ?? []).filter((sheet) =>
    sheet.key.some((column) => column.name === "match"),
  );
  return (
    <QueryStates
      query={asked}
      what="match"
      isPage
      skeleton={
        <div className="flex flex-col gap-8">
          <HeadShape />
          <RowsShape rows={4} />
          <RowsShape rows={8} />
        </div>
      }
    >
      {(data) => (
        <div className="flex flex-col gap-8">
          <header>
            {moderates && (
              <Link
                to="/manage/$game/$section"
                params={{ game, section: "corrections" }}
                search={{ match }}
                className="button button-danger float-right"
              >
                Void this match
              </Link>
            )}
            <Link to="/g/$game" params={{ game }} className="text-link hover:underline">
              {whole.data?.title ?? game}
            </Link>
            <h1 className="font-bold text-2xl">
              {data.players.length > 0 ? "Match of " : "Match"}
              {data.players.length > 0 && <bdi>{namesOf(data)}</bdi>}
              {data.status === "open" && (
                <span className="ml-3 whitespace-nowrap rounded-full border border-up px-3 align-middle font-normal text-base text-up">
                  running
                </span>
              )}
            </h1>
            <p className="text-quiet">
              Began {shownTime(data.started_at)}
              {data.ended_at
                ? `, ended ${shownTime(data.ended_at)}`
                : `, last heard of ${shownAge(data.last_at)}`}{" "}
              · {data.events} {data.events === 1 ? "event" : "events"}
            </p>
          </header>
          {sheets.map((sheet) => (
            <MatchSheet key={sheet.name} game={game} match={match} sheet={sheet} />
          ))}
          <MatchCard game={game} match={data} whole={whole.data}>
            {data.players.length > NAMED && (
              <section aria-labelledby="players">
                <h2 id="players" className="mb-3 font-bold text-xl">
                  Players
                </h2>
                <ul className="flex flex-wrap gap-2">
                  {data.players.map((player) => (
                    <li key={player}>
                      <Link to="/p/$player" params={{ player }} search={whose(game)} className="tab">
                        <bdi>{data.names[player] ?? player}</bdi>
                      </Link>
                    </li>
                  ))}
                </ul>
              </section>
            )}
          </MatchCard>
          <MatchEvents game={game} match={data} whole={whole.data} />
        </div>
      )}
    </QueryStates>
  );
}

function namesOf(match: Pick<Schemas["MatchDetail"], "players" | "names">): string {
  const named = match.players.slice(0, NAMED).map((each) => match.names[each] ?? each);
  const more = match.players.length - named.length;
  return `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
