import { expect, it } from "vitest";
import { type Head, take } from "./head";

const about = { topic: "board:golf/wins", n: 1 };
const line = (place: number, name: string, rank = place) => ({ place, rank, name, value: 50.25 });
const nothing: Head<ReturnType<typeof line>> = { total: 0, entries: [] };

it("takes a snapshot whole, and a change line by line", () => {
  const first = take(nothing, {
    ...about,
    type: "snapshot",
    total: 3,
    entries: [line(1, "a"), line(2, "b")],
  });
  const then = take(first, {
    ...about,
    type: "board.changed",
    total: 4,
    shown: 2,
    entries: [line(1, "b"), line(2, "a")],
  });
  expect(then.total).toBe(4);
  expect(then.entries.map((entry) => entry.name)).toEqual(["b", "a"]);
  const fewer = take(then, { ...about, type: "board.changed", total: 1, shown: 1, entries: [] });
  expect(fewer.entries.map((entry) => entry.name)).toEqual(["b"]);
});

it("keeps no more lines than it shows", () => {
  const snapshot = {
    ...about,
    type: "snapshot",
    total: 3,
    entries: [line(1, "a"), line(2, "b"), line(3, "c")],
  };
  const head = take(nothing, snapshot, 2);
  const changed = {
    ...about,
    type: "board.changed",
    total: 3,
    shown: 3,
    entries: [line(2, "c"), line(3, "b")],
  };
  expect(take(head, changed, 2).entries.map((entry) => entry.name)).toEqual(["a", "c"]);
});

it("leaves the board as it is for other messages", () => {
  const state = { total: 1, entries: [line(1, "a")] };
  expect(take(state, { ...about, type: "resumed" })).toBe(state);
});
