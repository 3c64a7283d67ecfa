import { type RefObject, useLayoutEffect, useRef } from "react";

const TRAVELS_MS = 250;

/**
 * Lets a row travel to its new place, `offset` in pixels, which its own style says; at once for who wants less motion.
 * Not by a transition of the style: React takes rows out and puts them in again where their order changes, which ends those.
 */
export function useTravel(offset: number): RefObject<HTMLDivElement | null> {
  const row = useRef<HTMLDivElement>(null);
  const before = useRef(offset);
  const under = useRef<Animation | null>(null);
  useLayoutEffect(() => {
    const element = row.current;
    const from = isRunning(under.current) && element ? placeOf(element) : before.current;
    before.current = offset;
    if (!element || from === offset || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    under.current?.cancel();
    under.current = element.animate(
      [{ transform: `translateY(${from}px)` }, { transform: `translateY(${offset}px)` }],
      { duration: TRAVELS_MS, easing: "ease-out" },
    );
  }, [offset]);
  return row;
}

function isRunning(animation: Animation | null): boolean {
  return animation?.playState === "running";
}

/** Where it is just now, on its way. */
function placeOf(element: HTMLElement): number {
  return new DOMMatrix(getComputedStyle(element).transform).m42;
}
