import { expect, it } from "vitest";
import { rowsOf } from "./state";

const SHAPE = { title: "Wins", unit: "%", decimals: 1 };
const line = (place: number, name: string, rank = place) => ({ place, rank, name, value: 50.25 });

it("shows shared ranks, medals, units, and no more than asked", () => {
  const state = { total: 3, entries: [line(1, "a"), line(2, "b", 1), line(3, "c")] };
  expect(rowsOf(state, SHAPE, 2)).toEqual([
    { rank: "1", name: "a", value: "50.3 %", medal: "gold" },
    { rank: "1", name: "b", value: "50.3 %", medal: "gold" },
  ]);
});
