import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { type Namespace, playerKey } from "@/api/players";
import { inTopic, useTopic } from "@/feed/store";

/** A game changes a player's numbers with every event; the page reads them again at most this often. */
const NUMBERS_AFTER_MS = 4_000;
const HISTORY_AFTER_MS = 20_000;

/** Follows a player: numbers and standings soon after a change, what moves slowly now and then, awards at once. */
export function usePlayerLive(player: string, namespace?: Namespace): void {
  const queries = useQueryClient();
  const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  useEffect(() => {
    const mine = timers.current;
    return () => {
      for (const timer of mine.values()) clearTimeout(timer);
      mine.clear();
    };
  }, []);

  function soon(name: string, afterMs: number, keys: readonly (readonly string[])[]): void {
    if (timers.current.has(name)) return;
    const timer = setTimeout(() => {
      timers.current.delete(name);
      for (const key of keys) void queries.invalidateQueries({ queryKey: key });
    }, afterMs);
    timers.current.set(name, timer);
  }

  useTopic(`player:${inTopic(player)}${namespace ? `?namespace=${inTopic(namespace)}` : ""}`, (message) => {
    const own = playerKey(player);
    if (message.type === "standing.changed") {
      soon("numbers", NUMBERS_AFTER_MS, [
        [...own, "stats"],
        [...own, "standings"],
      ]);
      soon("history", HISTORY_AFTER_MS, [[...own, "trend"], ["matches"]]);
    } else if (message.type === "achievement.unlocked" || message.type === "achievement.withdrawn") {
      soon("awards", 0, [
        [...own, "achievements"],
        [...own, "profile"],
      ]);
    }
  });
}
