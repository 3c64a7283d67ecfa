import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import type { FeedMessage } from "@/feed/socket";
import { inTopic, useTopic } from "@/feed/store";
import { useSession } from "@/shared/session";

export type Award = {
  readonly game: string;
  readonly achievement: string;
  readonly title: string;
  readonly icon: string;
  readonly points: number;
};

/** What moves them is loaded with the first one. */
const Toasts = lazy(() => import("./Toasts").then((module) => ({ default: module.Toasts })));
const SHOWN_MS = 6_000;

/** An award arrives once, visibly, wherever the player is. */
export function Awards() {
  const player = useSession((store) => store.session?.player ?? null);
  const [awards, setAwards] = useState<readonly Award[]>([]);
  const [any, setAny] = useState(false);
  const hear = useCallback((message: FeedMessage) => {
    if (message.type !== "achievement.unlocked") return;
    const heard = message.awards as readonly Award[];
    setAny(true);
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
      {any && (
        <Suspense fallback={null}>
          <Toasts awards={awards} />
        </Suspense>
      )}
    </div>
  );
}

function same(one: Award, other: Award): boolean {
  return one.game === other.game && one.achievement === other.achievement;
}
