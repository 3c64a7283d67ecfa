import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { type MatchesAsked, matchesQuery } from "@/api/matches";
import { ActionButton } from "@/shared/form/ActionButton";
import { shownAge } from "@/shared/format/numbers";
import { RowsShape } from "@/shared/states/Shapes";
import { Failure, Loading, useArrived } from "@/shared/states/States";

const NAMES_SHOWN = 6;

type MatchListProps = { readonly asked: MatchesAsked; readonly label: string; readonly empty: string };

export function MatchList({ asked, label, empty }: MatchListProps) {
  const found = useInfiniteQuery(matchesQuery(asked));
  const arrived = useArrived(!found.isPending);
  if (found.isPending || !arrived) {
    return (
      <Loading label={label}>
        <RowsShape rows={Math.min(asked.limit ?? 8, 8)} />
      </Loading>
    );
  }
  if (found.isError && !found.data) {
    return <Failure what={label} error={found.error} retry={() => void found.refetch()} />;
  }
  const matches = found.data.pages.flatMap((page) => page.matches);
  if (matches.length === 0) return <p className="card px-4 py-3 text-quiet">{empty}.</p>;
  return (
    <>
      <ul className="card divide-y divide-line" aria-label={label}>
        {matches.map((match) => (
          <MatchLine key={`${match.game}/${match.match}`} match={match} />
        ))}
      </ul>
      {found.hasNextPage && (
        <ActionButton
          className="button mt-3"
          busy={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {found.isFetchingNextPage ? "Loading…" : "Older matches"}
        </ActionButton>
      )}
    </>
  );
}

function MatchLine({ match }: { readonly match: Schemas["Match"] }) {
  const names = match.players.slice(0, NAMES_SHOWN).map((player) => match.names[player] ?? player);
  const more = match.players.length - names.length;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
      <Link
        to="/g/$game/m/$match"
        params={{ game: match.game, match: match.match }}
        className="min-w-0 grow basis-60 truncate font-medium hover:text-link"
      >
        {names.length > 0 ? <bdi>{names.join(", ")}</bdi> : match.match}
        {more > 0 && <span className="text-quiet"> and {more} more</span>}
      </Link>
      {match.status === "open" && (
        <span className="rounded-full border border-up px-2 text-sm text-up">running</span>
      )}
      {match.status === "quiet" && <span className="text-quiet text-sm">no end told</span>}
      <span className="text-quiet text-sm">
        {match.events} {match.events === 1 ? "event" : "events"} · {shownAge(match.last_at)}
      </span>
    </li>
  );
}
