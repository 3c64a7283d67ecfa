import { expect, it } from "vitest";
import { rowsOf, take } from "./state";

const SHAPE = { title: "Wins", unit: "%", decimals: 1 };
const about = { topic: "board:golf/wins", n: 1 };
const line = (place: number, name: string, rank = place) => ({ place, rank, name, value: 50.25 });

it("takes a snapshot whole, and a change line by line", () => {
  const first = take(
    { total: 0, entries: [] },
    { ...about, type: "snapshot", total: 3, entries: [line(1, "a"), line(2, "b")] },
  );
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

it("shows shared ranks, medals, units, and no more than asked", () => {
  const state = { total: 3, entries: [line(1, "a"), line(2, "b", 1), line(3, "c")] };
  expect(rowsOf(state, SHAPE, 2)).toEqual([
    { rank: "1", name: "a", value: "50.3 %", medal: "gold" },
    { rank: "1", name: "b", value: "50.3 %", medal: "gold" },
  ]);
});

it("leaves the board as it is for other messages", () => {
  const state = { total: 1, entries: [line(1, "a")] };
  expect(take(state, { ...about, type: "resumed" })).toBe(state);
});
