import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useId, useState } from "react";
import { shownTime } from "@/shared/format/numbers";

const route = getRouteApi("/g/$game/b/$board");
const HOURS_BACK = 24 * 90;
const HOUR_MS = 3_600_000;
const SETTLED_AFTER_MS = 250;

/** The board as it stood at any moment of the last ninety days; the right end is now, and live. */
export function TimeSlider() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const id = useId();
  const [back, setBack] = useState(() => hoursBack(search.as_of));
  useEffect(() => setBack(hoursBack(search.as_of)), [search.as_of]);
  useEffect(() => {
    if (back === hoursBack(search.as_of)) return;
    const timer = setTimeout(() => {
      const moment = back === 0 ? undefined : new Date(Date.now() - back * HOUR_MS).toISOString();
      void navigate({ search: { ...search, as_of: moment }, replace: true, resetScroll: false });
    }, SETTLED_AFTER_MS);
    return () => clearTimeout(timer);
  }, [back, search, navigate]);
  const isPast = back !== 0 || !Number.isNaN(Date.parse(search.as_of ?? ""));
  // What the address says to the minute, while nobody moves it.
  const asked = back === hoursBack(search.as_of) ? search.as_of : undefined;
  const moment = isPast
    ? shownTime(asked ?? new Date(Date.now() - back * HOUR_MS).toISOString())
    : "Now, live";
  return (
    <div className="flex items-center gap-3 text-sm max-sm:flex-wrap">
      <label htmlFor={id} className="shrink-0 text-quiet">
        As of
      </label>
      <input
        id={id}
        type="range"
        min={-HOURS_BACK}
        max={0}
        step={1}
        value={-back}
        aria-valuetext={moment}
        className={`min-w-24 grow basis-24 ${!isPast ? "accent-(--quiet)" : "accent-(--link)"}`}
        onChange={(event) => setBack(-Number(event.target.value))}
      />
      <output htmlFor={id} className="shrink-0 sm:w-44">
        {moment}
      </output>
      {isPast && (
        <button
          type="button"
          className="button"
          onClick={() => {
            setBack(0);
            void navigate({ search: { ...search, as_of: undefined }, replace: true, resetScroll: false });
          }}
        >
          Back to now
        </button>
      )}
    </div>
  );
}

function hoursBack(asOf: string | undefined): number {
  const moment = asOf ? Date.parse(asOf) : Number.NaN;
  if (Number.isNaN(moment)) return 0;
  return Math.min(HOURS_BACK, Math.max(0, Math.round((Date.now() - moment) / HOUR_MS)));
}
