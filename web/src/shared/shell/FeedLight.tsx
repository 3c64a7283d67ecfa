import { useEffect, useState } from "react";
import { useFeedState } from "@/feed/store";
import { shownClock } from "@/shared/format/numbers";

const SAYS = { idle: "", live: "Live", connecting: "Connecting…", away: "Not live" } as const;

/** Whether what is on the screen is live, and since when it is not: a word and a shape, never a colour alone. */
export function FeedLight() {
  const state = useFeedState((store) => store.state);
  const [lastLive, setLastLive] = useState<string | null>(null);
  const live = state === "live";
  useEffect(() => {
    if (!live) return;
    return () => setLastLive(new Date().toISOString());
  }, [live]);
  const isOld = !live && state !== "idle" && lastLive !== null;
  return (
    // On a wide screen as wide as its longest word: what stands beside it must not move when another word comes.
    <span className="flex items-center justify-end gap-2 whitespace-nowrap px-2 text-quiet text-sm sm:min-w-32">
      <span
        aria-hidden="true"
        hidden={state === "idle"}
        className={`inline-block size-2 rounded-full ${live ? "bg-up" : "border border-down bg-transparent"}`}
      />
      <span role="status" className={live ? "sr-only sm:not-sr-only" : ""}>
        {SAYS[state]}
      </span>
      {isOld && <span className="hidden sm:inline">as of {shownClock(lastLive)}</span>}
    </span>
  );
}
