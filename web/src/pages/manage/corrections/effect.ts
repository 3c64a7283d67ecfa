import type { Schemas } from "@/api/client";

type Counts = Pick<
  Schemas["GameEffect"],
  "events" | "players" | "ranks_moved" | "awards_gained" | "awards_lost" | "awards_redated"
>;

/** What changes in one game, in a few words; none where nothing does. */
export function headline(effect: Counts): string[] {
  const parts: readonly (readonly [number, string, string])[] = [
    [effect.events, "event", "events"],
    [effect.players, "player concerned", "players concerned"],
    [effect.ranks_moved, "rank moves", "ranks move"],
    [effect.awards_gained, "award gained", "awards gained"],
    [effect.awards_lost, "award lost", "awards lost"],
    [effect.awards_redated, "award dated anew", "awards dated anew"],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`);
}

/** What is left out is not there: the server leaves out what says nothing. */
type Subject = Partial<Schemas["SubjectAnswer"]>;

/** What a correction is about. */
export function subjectOf(kind: Schemas["CorrectionAnswer"]["kind"], subject: Subject): string {
  if (kind === "merge") return `${subject.player} counts as ${subject.into}`;
  if (kind === "ban") return `${subject.player}`;
  if (subject.player) {
    const matches = `${subject.matches_total ?? 0} ${subject.matches_total === 1 ? "match" : "matches"}`;
    return `${matches} of ${subject.player}`;
  }
  if (subject.event) return `event ${subject.event}${subject.match ? ` in match ${subject.match}` : ""}`;
  return `match ${subject.match}`;
}
