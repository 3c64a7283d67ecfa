import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";

/** A link that goes with its page takes the focus along: it goes on at the new page's content, not at the top. */
export function useFocusAfterNavigation(): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
        if (fromLocation && pathChanged && document.activeElement === document.body) {
          document.getElementById("main")?.focus({ preventScroll: true });
        }
      }),
    [router],
  );
}
