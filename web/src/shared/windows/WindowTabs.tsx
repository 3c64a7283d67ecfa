import { Strip } from "@/shared/strip/Strip";
import { kindOf, neighbourOf, today } from "./neighbours";

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
  /** In which the game's days begin. */
  readonly timezone: string;
};

/** Of which span of time the numbers are; from days, weeks and months one steps to those before and after. */
export function WindowTabs({ windows, current, change, timezone }: WindowTabsProps) {
  const widest = windows.includes("all") ? "all" : windows[0];
  const shown = current ?? widest;
  const named = shown !== undefined && !windows.includes(shown) ? [shown] : [];
  if (windows.length < 2) return null;
  const kind = shown === undefined ? undefined : kindOf(shown);
  const step = (by: -1 | 1) => shown && change(neighbourOf(shown, by, today(timezone)));
  return (
    <fieldset className="flex min-w-0 max-w-full flex-wrap items-center gap-2">
      <legend className="sr-only">Window</legend>
      <Strip isOneOf>
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
      {kind && (
        <span className="flex gap-1">
          <button type="button" className="button px-3!" aria-label="Earlier" onClick={() => step(-1)}>
            <span aria-hidden="true">‹</span>
          </button>
          <button
            type="button"
            className="button px-3!"
            aria-label="Later"
            disabled={shown === kind}
            onClick={() => step(1)}
          >
            <span aria-hidden="true">›</span>
          </button>
        </span>
      )}
    </fieldset>
  );
}
