import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { useWhose } from "@/shared/players/whose";
import { ScorecardTable } from "./ScorecardTable";
import { isOnCard, scorecardOf } from "./scorecard";

/** A longer match has no card, whatever it tells. */
const MOST_EVENTS = 1_000;

type MatchCardProps = {
  readonly game: string;
  readonly match: Schemas["MatchDetail"];
  readonly whole: Schemas["GameAnswer"] | undefined;
  /** Who played, for where no card says it. */
  readonly children: ReactNode;
};

/** Of each player round by round, where the events say so; read whole, however few of them are shown. */
export function MatchCard({ game, match, whole, children }: MatchCardProps) {
  const types = whole?.events ?? [];
  const asked = useQuery({
    queryKey: ["match", game, match.match, "card"],
    queryFn: () =>
      answered(
        api.GET("/v1/games/{game}/matches/{match}/events", {
          params: { path: { game, match: match.match }, query: { limit: MOST_EVENTS } },
        }),
      ),
    enabled: match.events <= MOST_EVENTS && isOnCard(match.counts, types),
  });
  const whose = useWhose()(game);
  const card = asked.data ? scorecardOf(asked.data.events, types) : null;
  return card ? (
    <ScorecardTable card={card} names={match.names} whose={whose} />
  ) : (
    !asked.isLoading && children
  );
}
