import { expect, it } from "vitest";
import { type Award, newestOf, newIn } from "./arrived";

const award = (achievement: string, at: string): Award => ({
  game: "golf",
  achievement,
  title: achievement,
  icon: "",
  points: 10,
  at,
});
const FIRST = award("first", "2026-03-01T12:00:00Z");
const SECOND = award("second", "2026-03-01T12:00:00.500000Z");
const THIRD = award("third", "2026-03-01T12:00:02.000000Z");

it("shows nothing of what was there before the page", () => {
  expect(newIn([SECOND, FIRST], null)).toEqual([]);
  expect(newestOf([SECOND, FIRST], null)).toBe(Date.parse(SECOND.at));
});

it("shows what came while the feed was away, the oldest first", () => {
  expect(newIn([THIRD, SECOND, FIRST], Date.parse(FIRST.at))).toEqual([SECOND, THIRD]);
  expect(newIn([FIRST], newestOf([], null))).toEqual([FIRST]);
  expect(newestOf([FIRST], Date.parse(THIRD.at))).toBe(Date.parse(THIRD.at));
});
