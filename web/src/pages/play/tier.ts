const TIERS = [1, 5, 10, 25, 50] as const;

/**
 * By the share of the ranked that is strictly better, so that the first is always of the first tier; the lower half has
 * none.
 */
export function tierOf(rank: number, total: number): string | undefined {
  const tier = TIERS.find((share) => 100 * (rank - 1) < share * total);
  return tier && `Top ${tier} %`;
}
