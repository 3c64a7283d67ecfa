import { lazy, type ReactNode, Suspense, useState } from "react";
import type { Cell } from "./cell";

type WhyProps = {
  readonly cell: Cell;
  readonly label: string;
  readonly shown: string;
  readonly children?: ReactNode;
};

const WhyDialog = lazy(() => import("./WhyDialog").then((module) => ({ default: module.WhyDialog })));

/**
 * A number that answers "why?": a click opens the events behind it.
 *
 * `label` says whose number of what it is, `shown` how much; children show the same another way.
 */
export function Why({ cell, label, shown, children = shown }: WhyProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        aria-haspopup="dialog"
        aria-label={`${label}: ${shown}, why?`}
        title="Why?"
        className="relative rounded px-1 underline decoration-quiet decoration-dotted underline-offset-4 hover:decoration-link"
        onClick={() => setOpen(true)}
      >
        {children}
      </button>
      {open && <Answer cell={cell} label={label} close={() => setOpen(false)} />}
    </>
  );
}

type AnswerProps = { readonly cell: Cell; readonly label: string; readonly close: () => void };

/** The dialog with the events behind a number, for what opens it in another way. */
export function Answer(asked: AnswerProps) {
  return (
    <Suspense fallback={null}>
      <WhyDialog {...asked} />
    </Suspense>
  );
}
