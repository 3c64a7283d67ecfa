import { useFeedState } from "@/feed/store";

const SAYS = { idle: "", live: "Live", connecting: "Connecting…", away: "Not live" } as const;

/** Whether what is on the screen is live: a word and a shape, never a colour alone. */
export function FeedLight() {
  const state = useFeedState((store) => store.state);
  const live = state === "live";
  return (
    <span role="status" className="flex items-center gap-2 whitespace-nowrap px-2 text-quiet text-sm">
      <span
        aria-hidden="true"
        hidden={state === "idle"}
        className={`inline-block size-2 rounded-full ${live ? "bg-up" : "border border-down bg-transparent"}`}
      />
      <span className={live ? "sr-only sm:not-sr-only" : ""}>{SAYS[state]}</span>
    </span>
  );
}
