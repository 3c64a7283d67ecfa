import type { FeedMessage } from "./socket";

/** The first lines of a board; `place` is counted from 1. */
export type Head<Line> = { readonly total: number; readonly entries: readonly Line[] };

/** The head after a message: a snapshot is all of it, a change the lines that are different now. */
export function take<Line extends { readonly place: number }>(
  head: Head<Line>,
  message: FeedMessage,
  most = Number.POSITIVE_INFINITY,
): Head<Line> {
  const told = ((message.entries ?? []) as readonly Line[]).filter((line) => line.place <= most);
  const total = typeof message.total === "number" ? message.total : head.total;
  if (message.type === "snapshot") return { total, entries: told };
  if (message.type !== "board.changed") return head;
  const entries = [...head.entries];
  for (const line of told) entries[line.place - 1] = line;
  const shown = typeof message.shown === "number" ? message.shown : entries.length;
  return { total, entries: entries.slice(0, shown) };
}
