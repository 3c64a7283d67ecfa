import { AnimatePresence, domMax, LazyMotion, MotionConfig, m } from "motion/react";
import type { Award } from "./Awards";

/** The awards that have just come, each on its way in or out. */
export function Toasts({ awards }: { readonly awards: readonly Award[] }) {
  return (
    <LazyMotion features={domMax} strict>
      <MotionConfig reducedMotion="user" transition={{ duration: 0.25 }}>
        <AnimatePresence>
          {awards.map((award) => (
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
              <span>
                <span className="block text-sm text-up">Achievement unlocked</span>
                <span className="block font-semibold">{award.title}</span>
                {award.points > 0 && <span className="block text-quiet text-sm">{award.points} points</span>}
              </span>
            </m.div>
          ))}
        </AnimatePresence>
      </MotionConfig>
    </LazyMotion>
  );
}
