import { useCallback, useEffect, useRef } from "react";

/** So long after the first time it is asked for, and never again sooner than so long after it was done. */
export type Pace = { readonly afterMs: number; readonly everyMs: number };

type Kept = { timer: ReturnType<typeof setTimeout> | null; doneAt: number };

/** Does what is asked for by name a little later, once for all who ask meanwhile: what the feed tells comes in bursts. */
export function useSoon(): (name: string, pace: Pace, act: () => void) => void {
  const kept = useRef(new Map<string, Kept>());
  useEffect(() => {
    const mine = kept.current;
    return () => {
      for (const { timer } of mine.values()) if (timer) clearTimeout(timer);
      mine.clear();
    };
  }, []);
  return useCallback((name, { afterMs, everyMs }, act) => {
    const one = kept.current.get(name) ?? { timer: null, doneAt: Number.NEGATIVE_INFINITY };
    kept.current.set(name, one);
    if (one.timer) return;
    const waitMs = Math.max(afterMs, one.doneAt + everyMs - performance.now());
    one.timer = setTimeout(() => {
      one.timer = null;
      one.doneAt = performance.now();
      act();
    }, waitMs);
  }, []);
}
