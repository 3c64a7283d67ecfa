import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import type { FeedMessage } from "@/feed/socket";
import { inTopic, useTopic } from "@/feed/store";
import { useSession } from "@/shared/session";
import { type Award, newestOf, newIn } from "./arrived";
import { useIsSeen } from "./seen";

/** What moves them is loaded with the first one. */
const Toasts = lazy(() => import("./Toasts").then((module) => ({ default: module.Toasts })));
const SHOWN_MS = 6_000;

/** An award arrives once, visibly, wherever the player is. */
export function Awards() {
  const player = useSession((store) => store.session?.player ?? null);
  // Of another player everything is new.
  return (
    <div aria-live="polite" className="fixed right-4 bottom-4 z-50 flex max-w-sm flex-col gap-2">
      {player !== null && <Arriving key={player} player={player} />}
    </div>
  );
}

function Arriving({ player }: { readonly player: string }) {
  const [awards, setAwards] = useState<readonly Award[]>([]);
  const [any, setAny] = useState(false);
  /** When the newest that this page knows of came; null until it has heard. */
  const newest = useRef<number | null>(null);
  const hear = useCallback((message: FeedMessage) => {
    const told = (message.awards ?? []) as readonly Award[];
    // What a snapshot tells was there before, but for what came while the feed was away.
    const heard =
      message.type === "achievement.unlocked"
        ? told
        : message.type === "snapshot"
          ? newIn(told, newest.current)
          : [];
    if (message.type === "achievement.unlocked" || message.type === "snapshot")
      newest.current = newestOf(told, newest.current);
    if (heard.length === 0) return;
    setAny(true);
    setAwards((shown) => [...shown, ...heard.filter((one) => !shown.some((other) => same(one, other)))]);
  }, []);
  useTopic(`player:${inTopic(player)}`, hear);

  const oldest = awards[0];
  const seen = useIsSeen();
  useEffect(() => {
    if (!oldest || !seen) return;
    const timer = setTimeout(() => setAwards((shown) => shown.slice(1)), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [oldest, seen]);

  if (!any) return null;
  return (
    <Suspense fallback={null}>
      <Toasts
        awards={awards}
        close={(award) => setAwards((shown) => shown.filter((one) => one !== award))}
        closeAll={() => setAwards([])}
      />
    </Suspense>
  );
}

function same(one: Award, other: Award): boolean {
  return one.game === other.game && one.achievement === other.achievement;
}
