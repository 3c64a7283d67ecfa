import { type ReactNode, useEffect, useLayoutEffect, useRef } from "react";

type StripProps = {
  readonly children: ReactNode;
  /** Of a few short choices that are of one kind: they stand in one frame, and look unlike links to elsewhere. */
  readonly isOneOf?: boolean;
};

/** Choices beside each other. On a phone they are one line, pushed along so that the chosen one can be seen. */
export function Strip({ children, isOneOf = false }: StripProps) {
  const line = useRef<HTMLDivElement>(null);
  const seen = useRef("");
  useLayoutEffect(() => {
    const chosen = chosenOf(line.current)?.textContent ?? "";
    if (chosen !== seen.current) showChosen(line.current);
    seen.current = chosen;
  });
  useEffect(() => {
    const box = line.current;
    const show = () => showChosen(box);
    // Until the lettering has come, and before a screen is turned, all may seem to fit.
    void document.fonts?.ready.then(show);
    const sized = new ResizeObserver(show);
    if (box) sized.observe(box);
    return () => sized.disconnect();
  }, []);
  return (
    <div ref={line} className={isOneOf ? "segments" : "strip"}>
      {children}
    </div>
  );
}

function chosenOf(box: HTMLElement | null): HTMLElement | null {
  return box?.querySelector<HTMLElement>("[aria-pressed=true], [aria-current], .tab-on") ?? null;
}

function showChosen(box: HTMLElement | null): void {
  const chosen = chosenOf(box);
  if (box && chosen && box.scrollWidth > box.clientWidth) {
    box.scrollLeft = chosen.offsetLeft - box.offsetLeft - (box.clientWidth - chosen.offsetWidth) / 2;
  }
}
