import { AnimatePresence, m } from "motion/react";
import { useCallback, useEffect, useState } from "react";
import type { FeedMessage } from "@/feed/socket";
import { inTopic, useTopic } from "@/feed/store";
import { useSession } from "@/shared/session";

type Award = {
  readonly game: string;
  readonly achievement: string;
  readonly title: string;
  readonly icon: string;
  readonly points: number;
};

const SHOWN_MS = 6_000;

/** An award arrives once, visibly, wherever the player is. */
export function Awards() {
  const player = useSession((store) => store.session?.player ?? null);
  const [awards, setAwards] = useState<readonly Award[]>([]);
  const hear = useCallback((message: FeedMessage) => {
    if (message.type !== "achievement.unlocked") return;
    const heard = message.awards as readonly Award[];
    setAwards((shown) => [...shown, ...heard.filter((one) => !shown.some((other) => same(one, other)))]);
  }, []);
  useTopic(player === null ? null : `player:${inTopic(player)}`, hear);

  const oldest = awards[0];
  useEffect(() => {
    if (!oldest) return;
    const timer = setTimeout(() => setAwards((shown) => shown.slice(1)), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [oldest]);

  return (
    <div aria-live="polite" className="fixed right-4 bottom-4 z-50 flex max-w-sm flex-col gap-2">
      <AnimatePresence>
        {awards.map((award) => (
          <m.div
            key={`${award.game}/${award.achievement}`}
            layout
            initial={{ opacity: 0, y: 24 }}
            animate={{ opacity: 1, y: 0 }}
            exit={{ opacity: 0 }}
            transition={{ duration: 0.25 }}
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
    </div>
  );
}

function same(one: Award, other: Award): boolean {
  return one.game === other.game && one.achievement === other.achievement;
}
