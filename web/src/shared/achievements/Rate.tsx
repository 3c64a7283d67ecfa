import { shownPercent } from "@/shared/format/numbers";

/** How many have earned it, measured: a bar and a number. */
export function Rate({ rate, label }: { readonly rate: number; readonly label: string }) {
  return (
    <span className="flex items-center gap-2 text-quiet text-sm">
      <span
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={rate}
        className="block h-2 w-24 overflow-hidden rounded-full bg-line"
      >
        <span className="block h-full bg-link" style={{ width: `${Math.min(100, rate)}%` }} />
      </span>
      <span className="w-14 text-right">{shownPercent(rate)}</span>
    </span>
  );
}
