import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { gamesQuery } from "@/api/games";
import { playerQuery } from "@/api/players";
import { useIsOwn, useNamespace } from "@/shared/players/whose";
import { usePageTitle } from "@/shared/shell/title";
import { CardsShape, TabsShape } from "@/shared/states/Shapes";
import { Empty, Failure, QueryStates, Skeleton } from "@/shared/states/States";
import { Strip } from "@/shared/strip/Strip";
import { GameSection } from "./GameSection";
import { usePlayerLive } from "./live";
import { Overview } from "./Overview";
import { PlayerHead } from "./PlayerHead";

const route = getRouteApi("/p/$player");

export function PlayerPage() {
  const { player } = route.useParams();
  const { game } = route.useSearch();
  const games = useQuery(gamesQuery());
  const isOwn = useIsOwn()(game);
  const namespace = useNamespace(game);
  const asked = useQuery({
    ...playerQuery(player, namespace),
    enabled: game === undefined || isOwn !== undefined,
  });
  usePageTitle(asked.data?.shown_name ?? player);
  usePlayerLive(player, namespace);
  // Whose the ids of a game are is known of the games.
  if (game !== undefined && games.isError && !games.data) {
    return <Failure what="player" isPage error={games.error} retry={() => void games.refetch()} />;
  }
  return (
    <QueryStates query={asked} what="player" isPage skeleton={<ProfileSkeleton />}>
      {(data) => <Profile key={data.player} profile={data} />}
    </QueryStates>
  );
}

function Profile({ profile }: { readonly profile: Schemas["PlayerAnswer"] }) {
  const { game } = route.useSearch();
  const games = useQuery(gamesQuery()).data?.games ?? [];
  const played = games.filter((each) => profile.games.includes(each.game));
  const shown = profile.games.find((each) => each === game);
  const isOwn = useIsOwn()(shown) ?? false;
  return (
    <div className="flex flex-col gap-8">
      <PlayerHead profile={profile} />
      {profile.games.length === 0 ? (
        <Empty title={`${profile.shown_name} has not played yet`}>
          The first event of a game that names this player fills the page: numbers, standings, awards and
          matches.
        </Empty>
      ) : (
        <>
          <nav aria-label="Games played">
            <Strip>
              {!isOwn && (
                <Tab game={undefined} player={profile.player}>
                  All games
                </Tab>
              )}
              {played.map((each) => (
                <Tab key={each.game} game={each.game} player={profile.player}>
                  <span aria-hidden="true" className="mr-2">
                    {each.icon}
                  </span>
                  {each.title}
                </Tab>
              ))}
            </Strip>
          </nav>
          {shown ? (
            <GameSection key={shown} profile={profile} game={shown} />
          ) : (
            <Overview profile={profile} games={played} />
          )}
        </>
      )}
    </div>
  );
}

type TabProps = {
  readonly game: string | undefined;
  readonly player: string;
  readonly children: React.ReactNode;
};

function Tab({ game, player, children }: TabProps) {
  return (
    <Link
      to="/p/$player"
      params={{ player }}
      search={{ game }}
      className="tab"
      activeOptions={{ includeSearch: true, explicitUndefined: true }}
      resetScroll={false}
    >
      {children}
    </Link>
  );
}

function ProfileSkeleton() {
  return (
    <div className="flex flex-col gap-8">
      <div className="flex gap-5">
        <Skeleton round className="size-20 shrink-0" />
        <div className="flex grow flex-col gap-3">
          <Skeleton className="h-9 w-56" />
          <Skeleton className="h-6 w-40" />
        </div>
      </div>
      <TabsShape tabs={3} />
      <CardsShape cards={3} lines={2} className="" />
    </div>
  );
}
