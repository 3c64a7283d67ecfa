export type Award = {
  readonly game: string;
  readonly achievement: string;
  readonly title: string;
  readonly icon: string;
  readonly points: number;
  /** ISO 8601, UTC. */
  readonly at: string;
};

/** Those of a snapshot that came after the newest known of, the oldest first; none where nothing was known yet. */
export function newIn(told: readonly Award[], newest: number | null): readonly Award[] {
  if (newest === null) return [];
  return told.filter((award) => timeOf(award) > newest).sort((one, other) => timeOf(one) - timeOf(other));
}

/** When the newest of all came, in milliseconds since the epoch; before all time where there is none. */
export function newestOf(told: readonly Award[], newest: number | null): number {
  return Math.max(newest ?? Number.NEGATIVE_INFINITY, ...told.map(timeOf));
}

function timeOf(award: Award): number {
  return Date.parse(award.at);
}
