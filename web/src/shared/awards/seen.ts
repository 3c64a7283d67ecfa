import { useSyncExternalStore } from "react";

function watch(changed: () => void): () => void {
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
}

/** Whether the page can be seen: not in a tab behind another. */
export function useIsSeen(): boolean {
  return useSyncExternalStore(
    watch,
    () => document.visibilityState === "visible",
    () => true,
  );
}
