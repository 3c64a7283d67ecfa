import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type Caller, may } from "@/api/caller";
import { answered, api, type Schemas } from "@/api/client";
import { gamesQuery } from "@/api/games";
import { usePageTitle } from "@/shared/shell/title";
import { CardsShape } from "@/shared/states/Shapes";
import { Empty, QueryStates } from "@/shared/states/States";
import { Strip } from "@/shared/strip/Strip";
import { AuditLog } from "./AuditLog";
import type { ServerPart } from "./asked";
import { Gate } from "./Gate";
import { Jobs } from "./Jobs";
import { Keys } from "./Keys";

const route = getRouteApi("/manage");
const TITLES: Readonly<Record<ServerPart, string>> = {
  games: "Games",
  keys: "Keys",
  jobs: "Jobs",
  audit: "Audit log",
};

export function ManagePage() {
  usePageTitle("Manage");
  return <Gate>{(caller) => <Parts caller={caller} />}</Gate>;
}

function Parts({ caller }: { readonly caller: Caller }) {
  const { show = "games" } = route.useSearch();
  const shown: readonly ServerPart[] = [
    "games",
    ...(may(caller, "keys") ? (["keys"] as const) : []),
    ...(may(caller, "manage") ? (["jobs"] as const) : []),
    ...(may(caller, "audit") ? (["audit"] as const) : []),
  ];
  return (
    <div className="flex flex-col gap-6">
      <h1 className="font-bold text-2xl">Manage</h1>
      <nav aria-label="Manage">
        <Strip>
          {shown.map((part) => (
            <Link
              key={part}
              to="/manage"
              search={part === "games" ? {} : { show: part }}
              className="tab"
              activeOptions={{ exact: true, includeSearch: true }}
              aria-current={part === show ? "page" : undefined}
            >
              {TITLES[part]}
            </Link>
          ))}
        </Strip>
      </nav>
      {show === "keys" && <Keys />}
      {show === "jobs" && <Jobs />}
      {show === "audit" && <AuditLog />}
      {show === "games" && <Games caller={caller} />}
    </div>
  );
}

function Games({ caller }: { readonly caller: Caller }) {
  const games = useQuery(gamesQuery());
  return (
    <QueryStates
      query={games}
      what="games"
      skeleton={<CardsShape lines={2} />}
      isEmpty={(data) => data.games.length === 0}
      empty={
        <Empty title="No games yet">
          Put a definition into the folder that <code>kleos serve --games</code> names, or send one with{" "}
          <code>PUT /v1/games/…/definition</code>.
        </Empty>
      }
    >
      {(data) => (
        <ul className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
          {data.games
            .filter(({ game }) => may(caller, "moderation", game) || may(caller, "manage", game))
            .map((game) => (
              <GameCounts key={game.game} game={game} caller={caller} />
            ))}
        </ul>
      )}
    </QueryStates>
  );
}

type GameCountsProps = { readonly game: Schemas["GameSummary"]; readonly caller: Caller };

/** What waits for somebody in one game. */
function GameCounts({ game, caller }: GameCountsProps) {
  const path = { game: game.game };
  const moderates = may(caller, "moderation", game.game);
  const manages = may(caller, "manage", game.game);
  const quarantine = useQuery({
    queryKey: ["manage", game.game, "quarantine", "count"],
    queryFn: () =>
      answered(
        api.GET("/v1/games/{game}/quarantine", {
          params: { path, query: { status: "waiting", limit: 1 } },
        }),
      ),
    enabled: moderates,
  });
  const corrections = useQuery({
    queryKey: ["manage", game.game, "corrections", "count"],
    queryFn: () =>
      answered(api.GET("/v1/games/{game}/corrections", { params: { path, query: { limit: 1 } } })),
    enabled: moderates,
  });
  const jobs = useQuery({
    queryKey: ["manage", "jobs", game.game, "open"],
    queryFn: async () => {
      const [waiting, running] = await Promise.all(
        (["waiting", "running"] as const).map((status) =>
          answered(api.GET("/v1/jobs", { params: { query: { game: game.game, status, limit: 100 } } })),
        ),
      );
      return (waiting?.jobs.length ?? 0) + (running?.jobs.length ?? 0);
    },
    enabled: manages,
  });
  return (
    <li className="card flex flex-col gap-3 p-5">
      <h2 className="font-semibold text-lg">
        <Link
          to="/manage/$game/$section"
          params={{ game: game.game, section: moderates ? "quarantine" : "definition" }}
          className="hover:text-link"
        >
          <span aria-hidden="true">{game.icon}</span> {game.title}
        </Link>
      </h2>
      <dl className="grid grid-cols-3 gap-2">
        {moderates && (
          <>
            <Count
              game={game.game}
              section="quarantine"
              label="In quarantine"
              value={quarantine.isError ? null : quarantine.data?.total}
              marks
            />
            <Count
              game={game.game}
              section="corrections"
              label="Corrections"
              value={corrections.isError ? null : corrections.data?.total}
            />
          </>
        )}
        {manages && (
          <Count game={game.game} section="jobs" label="Open jobs" value={jobs.isError ? null : jobs.data} />
        )}
      </dl>
      <p className="text-quiet text-sm">Definition: version {game.version}</p>
    </li>
  );
}

type CountProps = {
  readonly game: string;
  readonly section: "quarantine" | "corrections" | "jobs";
  readonly label: string;
  readonly value: number | null | undefined;
  readonly marks?: boolean;
};

function Count({ game, section, label, value, marks = false }: CountProps) {
  return (
    <div className="flex flex-col-reverse justify-end">
      <dt className="text-quiet text-sm">{label}</dt>
      <dd>
        <Link
          to="/manage/$game/$section"
          params={{ game, section }}
          aria-label={`${label}: ${value ?? "unknown"}`}
          className={`font-bold text-2xl hover:text-link ${marks && value ? "text-down" : ""}`}
        >
          {value === undefined ? "…" : value === null ? "–" : value.toLocaleString("en")}
        </Link>
      </dd>
    </div>
  );
}
