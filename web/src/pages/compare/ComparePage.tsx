import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { gamesQuery } from "@/api/games";
import { comparisonQuery, playerQuery } from "@/api/players";
import { usePlayerLive } from "@/pages/player/live";
import { shownCount } from "@/shared/format/numbers";
import { Avatar } from "@/shared/players/Avatar";
import { PlayerFinder } from "@/shared/players/PlayerFinder";
import { useIsOwn, useNamespace, useWhose } from "@/shared/players/whose";
import { ShareButton } from "@/shared/share/ShareButton";
import { usePageTitle } from "@/shared/shell/title";
import { RowsShape, TabsShape } from "@/shared/states/Shapes";
import { Empty, Failure, QueryStates, Skeleton } from "@/shared/states/States";
import { Strip } from "@/shared/strip/Strip";
import { WindowTabs } from "@/shared/windows/WindowTabs";
import { GameComparison } from "./GameComparison";

const route = getRouteApi("/p/$player/vs/$other");

export function ComparePage() {
  const { player, other } = route.useParams();
  const { game } = route.useSearch();
  const games = useQuery(gamesQuery());
  const isOwn = useIsOwn()(game);
  const namespace = useNamespace(game);
  const enabled = game === undefined || isOwn !== undefined;
  const one = useQuery({ ...playerQuery(player, namespace), enabled });
  const two = useQuery({ ...playerQuery(other, namespace), enabled });
  usePlayerLive(player, namespace);
  usePlayerLive(other, namespace);
  usePageTitle(`${one.data?.shown_name ?? player} vs ${two.data?.shown_name ?? other}`);
  if (player === other) {
    return <Failure what="comparison" isPage error={new Error("These two are the same player.")} />;
  }
  // Whose the ids of a game are is known of the games.
  if (game !== undefined && games.isError && !games.data) {
    return <Failure what="comparison" isPage error={games.error} retry={() => void games.refetch()} />;
  }
  return (
    <QueryStates query={one} what="player" isPage skeleton={<PairShape />}>
      {(first) => (
        <QueryStates query={two} what="player" isPage skeleton={<PairShape />}>
          {(second) => <Compared key={`${player}/${other}`} first={first} second={second} />}
        </QueryStates>
      )}
    </QueryStates>
  );
}

type Pair = { readonly first: Schemas["PlayerAnswer"]; readonly second: Schemas["PlayerAnswer"] };

function Compared({ first, second }: Pair) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const namespace = useNamespace(search.game);
  const games = useQuery(gamesQuery()).data?.games ?? [];
  const both = games.filter(({ game }) => first.games.includes(game) && second.games.includes(game));
  const game = both.find((each) => each.game === search.game) ?? both[0];
  return (
    <div className="flex flex-col gap-8">
      <header className="flex flex-col gap-4">
        <h1 className="sr-only">
          {first.shown_name} against {second.shown_name}
        </h1>
        <div className="grid grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)] items-center gap-3 sm:gap-6">
          <Who player={first} game={game?.game} colour="text-link" />
          <span className="font-bold text-quiet text-xl">vs</span>
          <Who player={second} game={game?.game} colour="text-up" isRight />
        </div>
        <div className="flex flex-wrap items-center justify-between gap-3">
          <div className="min-w-40 grow sm:max-w-64">
            <PlayerFinder
              label="Compare with somebody else"
              placeholder="Somebody else…"
              namespaces={[namespace]}
              found={(other) =>
                void navigate({ to: "/p/$player/vs/$other", params: { player: first.player, other }, search })
              }
            />
          </div>
          <ShareButton
            title={`${first.shown_name} vs ${second.shown_name}`}
            path={`/p/${encodeURIComponent(first.player)}/vs/${encodeURIComponent(second.player)}${location.search}`}
          />
        </div>
      </header>
      {!game ? (
        <Empty title="No game that both have played">
          As soon as an event of the same game names {first.shown_name} and {second.shown_name}, they can be
          compared.
        </Empty>
      ) : (
        <>
          {both.length > 1 && (
            <nav aria-label="Games">
              <Strip>
                {both.map((each) => (
                  <Link
                    key={each.game}
                    to="/p/$player/vs/$other"
                    params={{ player: first.player, other: second.player }}
                    search={{ game: each.game }}
                    className={`tab ${each === game ? "tab-on" : ""}`}
                    aria-current={each === game ? "page" : undefined}
                    activeOptions={{ includeSearch: true, explicitUndefined: true }}
                    resetScroll={false}
                  >
                    <span aria-hidden="true" className="mr-2">
                      {each.icon}
                    </span>
                    {each.title}
                  </Link>
                ))}
              </Strip>
            </nav>
          )}
          <GameTabs
            game={game.game}
            first={first}
            second={second}
            window={search.window}
            change={(window) =>
              void navigate({ search: { ...search, window }, resetScroll: false, replace: true })
            }
          />
        </>
      )}
    </div>
  );
}

type GameTabsProps = Pair & {
  readonly game: string;
  readonly window: string | undefined;
  readonly change: (window: string | undefined) => void;
};

function GameTabs({ game, first, second, window, change }: GameTabsProps) {
  const asked = useQuery(comparisonQuery(first.player, second.player, { game, window }));
  return (
    <GameComparison first={first} second={second} game={game} window={window} asked={asked}>
      {(windows, timezone) => (
        <WindowTabs game={game} windows={windows} current={window} change={change} timezone={timezone} />
      )}
    </GameComparison>
  );
}

type WhoProps = {
  readonly player: Schemas["PlayerAnswer"];
  readonly game: string | undefined;
  readonly colour: string;
  readonly isRight?: boolean;
};

function Who({ player, game, colour, isRight = false }: WhoProps) {
  const whose = useWhose();
  return (
    <Link
      to="/p/$player"
      params={{ player: player.player }}
      search={game ? whose(game) : {}}
      className={`flex min-w-0 flex-col items-center gap-3 text-center hover:underline sm:flex-row ${
        isRight ? "sm:flex-row-reverse sm:text-right" : "sm:text-left"
      }`}
    >
      <Avatar name={player.shown_name} avatar={player.avatar} />
      <span className="min-w-0 max-w-full">
        <span className={`block truncate font-bold text-xl sm:text-2xl ${colour}`}>
          <bdi>{player.shown_name}</bdi>
        </span>
        <span className="text-quiet">{shownCount(player.gamerscore)} gamerscore</span>
      </span>
    </Link>
  );
}

function PairShape() {
  return (
    <div className="flex flex-col gap-8">
      <div className="flex items-center justify-between">
        <Skeleton round className="size-20" />
        <Skeleton round className="size-20" />
      </div>
      <TabsShape />
      <Skeleton className="h-80" />
      <RowsShape />
    </div>
  );
}
