import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { type Pace, useSoon } from "@/feed/soon";
import { inTopic, useTopic } from "@/feed/store";

const MATCHES: Pace = { afterMs: 500, everyMs: 3_000 };
const NUMBERS: Pace = { afterMs: 2_000, everyMs: 10_000 };
const AWARDS: Pace = { afterMs: 500, everyMs: 4_000 };

/** Follows a game: its matches, what they did to activity and records, and its awards. */
export function useGameLive(game: string): void {
  const queries = useQueryClient();
  const soon = useSoon();
  const begun = useRef<string | null>(null);
  const reread = (...names: readonly string[]) => {
    for (const name of names) void queries.invalidateQueries({ queryKey: [name, game] });
  };
  useTopic(`game:${inTopic(game)}`, (message) => {
    // The first says what the page has just read; one that comes later, that something may have been missed.
    const isFirst = message.type === "snapshot" && begun.current !== game;
    if (message.type === "snapshot") begun.current = game;
    if (isFirst) return;
    if (message.type === "match.changed" || message.type === "snapshot") {
      soon("matches", MATCHES, () => reread("matches"));
      soon("numbers", NUMBERS, () => reread("activity", "record"));
    }
    if (message.type !== "match.changed") soon("awards", AWARDS, () => reread("achievements"));
  });
}
