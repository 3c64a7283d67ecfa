const TIERS = [1, 5, 10, 25, 50] as const;

/** By the share of the ranked that is strictly better, so that the first is always of the first tier. */
export function tierOf(rank: number, total: number): string {
  const tier = TIERS.find((share) => 100 * (rank - 1) < share * total);
  return tier === undefined ? "Ranked" : `Top ${tier} %`;
}
