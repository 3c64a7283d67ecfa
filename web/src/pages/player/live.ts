import { useQueryClient } from "@tanstack/react-query";
import { type Namespace, playerKey } from "@/api/players";
import { type Pace, useSoon } from "@/feed/soon";
import { inTopic, useTopic } from "@/feed/store";

/** A game changes a player's numbers with every event; the page reads them again at most this often. */
const NUMBERS: Pace = { afterMs: 1_000, everyMs: 4_000 };
const HISTORY: Pace = { afterMs: 4_000, everyMs: 20_000 };
const AWARDS: Pace = { afterMs: 0, everyMs: 1_000 };

/** Follows a player: numbers and standings soon after a change, what moves slowly now and then, awards at once. */
export function usePlayerLive(player: string, namespace?: Namespace): void {
  const queries = useQueryClient();
  const soon = useSoon();
  const reread = (keys: readonly (readonly string[])[]) => () => {
    for (const key of keys) void queries.invalidateQueries({ queryKey: key });
  };
  useTopic(`player:${inTopic(player)}${namespace ? `?namespace=${inTopic(namespace)}` : ""}`, (message) => {
    const own = playerKey(player);
    if (message.type === "standing.changed") {
      soon("numbers", NUMBERS, reread([[...own, "stats"], [...own, "standings"], ["compare"]]));
      soon("history", HISTORY, reread([[...own, "trend"], ["matches"]]));
    } else if (message.type === "achievement.unlocked" || message.type === "achievement.withdrawn") {
      soon(
        "awards",
        AWARDS,
        reread([
          [...own, "achievements"],
          [...own, "profile"],
        ]),
      );
    }
  });
}
