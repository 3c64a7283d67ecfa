import { Strip } from "@/shared/strip/Strip";

export const WINDOW_TITLES: Readonly<Record<string, string>> = {
  all: "All time",
  season: "Season",
  month: "Month",
  week: "Week",
  day: "Today",
};

type WindowTabsProps = {
  readonly windows: readonly string[];
  /** Undefined is the widest. */
  readonly current: string | undefined;
  readonly change: (window: string | undefined) => void;
};

/** Of which span of time the numbers are. */
export function WindowTabs({ windows, current, change }: WindowTabsProps) {
  const widest = windows.includes("all") ? "all" : windows[0];
  const shown = current ?? widest;
  const named = shown !== undefined && !windows.includes(shown) ? [shown] : [];
  if (windows.length < 2) return null;
  return (
    <fieldset className="min-w-0 max-w-full">
      <legend className="sr-only">Window</legend>
      <Strip>
        {[...windows, ...named].map((window) => (
          <button
            key={window}
            type="button"
            className="tab"
            aria-pressed={window === shown}
            onClick={() => change(window === widest ? undefined : window)}
          >
            {WINDOW_TITLES[window] ?? window}
          </button>
        ))}
      </Strip>
    </fieldset>
  );
}
