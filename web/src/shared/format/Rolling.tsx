import { useEffect, useRef, useState } from "react";

const ROLLS_MS = 280;

type RollingProps = { readonly value: unknown; readonly show: (value: unknown) => string };

/** A number that rolls to its new value when it changes; whoever wants less motion sees it change at once. */
export function Rolling({ value, show }: RollingProps) {
  const [shown, setShown] = useState(value);
  const before = useRef(value);
  useEffect(() => {
    const from = before.current;
    before.current = value;
    const rolls =
      typeof from === "number" &&
      typeof value === "number" &&
      from !== value &&
      !matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!rolls) {
      setShown(value);
      return;
    }
    const began = performance.now();
    let frame = requestAnimationFrame(function step(now) {
      const done = Math.min(1, (now - began) / ROLLS_MS);
      setShown(done < 1 ? from + (value - from) * (1 - (1 - done) ** 3) : value);
      if (done < 1) frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [value]);
  return <>{show(shown)}</>;
}
