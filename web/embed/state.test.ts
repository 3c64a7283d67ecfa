import { expect, it } from "vitest";
import { movedBy, rowsOf } from "./state";

const SHAPE = { title: "Wins", unit: "%", decimals: 1 };
const line = (place: number, name: string, rank = place) => ({
  place,
  rank,
  player: name,
  name,
  value: 50.25,
});

it("shows shared ranks, medals, units, and no more than asked", () => {
  const state = { total: 3, entries: [line(1, "a"), line(2, "b", 1), line(3, "c")] };
  expect(rowsOf(state, SHAPE, 2)).toEqual([
    { player: "a", rank: "1", name: "a", value: "50.3 %", medal: "gold" },
    { player: "b", rank: "1", name: "b", value: "50.3 %", medal: "gold" },
  ]);
});

it("knows who has risen and who has fallen", () => {
  const changes = [
    { player: "a", rank: 1, previous_rank: 2 },
    { player: "b", rank: 2, previous_rank: 1 },
    { player: "c", rank: 3, previous_rank: 3 },
    { player: "d", rank: 4, previous_rank: null },
  ];
  expect([...movedBy(changes)]).toEqual([
    ["a", "up"],
    ["b", "down"],
  ]);
  expect(movedBy(undefined).size).toBe(0);
});
