import { useQuery } from "@tanstack/react-query";
import { seasonsQuery } from "@/api/games";
import { Strip } from "@/shared/strip/Strip";
import { kindOf, neighbourOf, seasonBeside, today } from "./neighbours";

export const WINDOW_TITLES: Readonly<Record<string, string>> = {
  all: "All time",
  season: "Season",
  month: "Month",
  week: "Week",
  day: "Today",
};

type WindowTabsProps = {
  readonly game: string;
  readonly windows: readonly string[];
  /** Undefined is the widest. */
  readonly current: string | undefined;
  readonly change: (window: string | undefined) => void;
  /** In which the game's days begin. */
  readonly timezone: string;
};

/** Of which span of time the numbers are; from seasons, days, weeks and months one steps to those before and after. */
export function WindowTabs({ game, windows, current, change, timezone }: WindowTabsProps) {
  const asked = useQuery({ ...seasonsQuery(game), enabled: windows.includes("season") });
  const seasons = (asked.data?.seasons ?? []).filter((season) => Date.parse(season.starts_at) <= Date.now());
  const widest = windows.includes("all") ? "all" : windows[0];
  const shown = current ?? widest;
  const named = shown !== undefined && !windows.includes(shown) ? [shown] : [];
  if (windows.length < 2) return null;
  const beside = (by: -1 | 1) =>
    shown && (neighbourOf(shown, by, today(timezone)) ?? seasonBeside(shown, by, seasons));
  const [before, after] = [beside(-1), beside(1)];
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
            {WINDOW_TITLES[window] ?? (seasons.find(({ name }) => name === window)?.title || window)}
          </button>
        ))}
      </Strip>
      {(before || after) && (
        <span className="flex gap-1">
          <button
            type="button"
            className="button px-3!"
            aria-label="Earlier"
            disabled={!before}
            onClick={() => change(before)}
          >
            <span aria-hidden="true">‹</span>
          </button>
          <button
            type="button"
            className="button px-3!"
            aria-label="Later"
            disabled={!after || shown === kindOf(shown ?? "")}
            onClick={() => change(after)}
          >
            <span aria-hidden="true">›</span>
          </button>
        </span>
      )}
    </fieldset>
  );
}
