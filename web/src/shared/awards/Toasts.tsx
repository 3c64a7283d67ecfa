import { AnimatePresence, domMax, LazyMotion, MotionConfig, m } from "motion/react";
import type { Award } from "./arrived";

/** More would cover a phone. */
const AT_ONCE = 2;

type ToastsProps = {
  readonly awards: readonly Award[];
  readonly close: (award: Award) => void;
  readonly closeAll: () => void;
};

/** The awards that have just come, each on its way in or out; those that wait for their turn are counted. */
export function Toasts({ awards, close, closeAll }: ToastsProps) {
  const waiting = awards.length - AT_ONCE;
  return (
    <LazyMotion features={domMax} strict>
      <MotionConfig reducedMotion="user" transition={{ duration: 0.25 }}>
        <AnimatePresence>
          {awards.slice(0, AT_ONCE).map((award) => (
            <m.div
              key={`${award.game}/${award.achievement}`}
              layout
              initial={{ opacity: 0, y: 24 }}
              animate={{ opacity: 1, y: 0 }}
              exit={{ opacity: 0 }}
              className="card flex items-center gap-4 border-up px-4 py-3 shadow-xl"
            >
              <span aria-hidden="true" className="text-3xl">
                {award.icon || "🏅"}
              </span>
              <span className="grow">
                <span className="block text-sm text-up">Achievement unlocked</span>
                <span className="block font-semibold">{award.title}</span>
                {award.points > 0 && <span className="block text-quiet text-sm">{award.points} points</span>}
              </span>
              <button
                type="button"
                aria-label={`Close ${award.title}`}
                className="-mr-2 size-10 shrink-0 rounded text-quiet hover:text-ink"
                onClick={() => close(award)}
              >
                <span aria-hidden="true">✕</span>
              </button>
            </m.div>
          ))}
        </AnimatePresence>
      </MotionConfig>
      {waiting > 0 && (
        <p className="card flex items-center justify-between gap-4 px-4 py-2 text-sm shadow-xl">
          <span>and {waiting} more</span>
          <button type="button" className="min-h-10 text-link hover:underline" onClick={closeAll}>
            Close all
          </button>
        </p>
      )}
    </LazyMotion>
  );
}
