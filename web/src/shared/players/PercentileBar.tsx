import { shownCount } from "@/shared/format/numbers";

type PercentileBarProps = {
  readonly percentile: number | null;
  readonly players: number;
  readonly label: string;
};

/** The share that stands at or below, with the middle marked. */
export function PercentileBar({ percentile, players, label }: PercentileBarProps) {
  if (percentile === null) {
    return <span className="text-quiet text-sm">does not qualify yet</span>;
  }
  return (
    <span className="flex flex-col gap-1 text-quiet text-sm">
      <span
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(percentile)}
        className="relative block h-2 max-w-48 overflow-hidden rounded-full bg-line"
      >
        <span className="block h-full rounded-full bg-link" style={{ width: `${percentile}%` }} />
        <span className="absolute inset-y-0 left-1/2 w-0.5 bg-ground" />
      </span>
      <span
        className="whitespace-nowrap"
        title={`Share of ${shownCount(players)} qualified players at or below`}
      >
        {topShare(percentile, players)}
      </span>
    </span>
  );
}

/** "top 5 %", or "best" for whom nobody is above. */
export function topShare(percentile: number, players: number): string {
  if (players > 1 && percentile >= 100) return "best";
  if (percentile >= 50) return `top ${Math.max(1, Math.ceil(100 - percentile))} %`;
  return `at or above ${Math.max(1, Math.floor(percentile))} %`;
}
