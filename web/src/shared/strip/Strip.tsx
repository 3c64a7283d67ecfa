import { type ReactNode, useLayoutEffect, useRef } from "react";

type StripProps = {
  readonly children: ReactNode;
  /** Of a few short choices that are of one kind: they stand in one frame, and look unlike links to elsewhere. */
  readonly isOneOf?: boolean;
};

/** Choices beside each other. On a phone they are one line, pushed along so that the chosen one can be seen. */
export function Strip({ children, isOneOf = false }: StripProps) {
  const line = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const box = line.current;
    const chosen = box?.querySelector<HTMLElement>("[aria-pressed=true], [aria-current], .tab-on");
    if (box && chosen && box.scrollWidth > box.clientWidth) {
      box.scrollLeft = chosen.offsetLeft - box.offsetLeft - (box.clientWidth - chosen.offsetWidth) / 2;
    }
  }, []);
  return (
    <div ref={line} className={isOneOf ? "segments" : "strip"}>
      {children}
    </div>
  );
}
