import { expect, it } from "vitest";
import { neighbourOf, seasonBeside, today } from "./neighbours";

const SUNDAY = new Date("2026-11-29T00:00:00Z");

it.each([
  ["day", -1, "2026-11-28"],
  ["2026-11-28", 1, "day"],
  ["2026-03-01", -1, "2026-02-28"],
  ["week", -1, "2026-W47"],
  ["2026-W47", 1, "week"],
  ["2026-W01", -1, "2025-W52"],
  ["2020-W53", 1, "2021-W01"],
  ["month", -1, "2026-10"],
  ["2026-10", 1, "month"],
  ["2026-01", -1, "2025-12"],
  ["all", -1, undefined],
  ["spring", 1, undefined],
] as const)("beside %s by %i is %s", (window, by, name) =>
  expect(neighbourOf(window, by, SUNDAY)).toBe(name),
);

it("knows what day it is where the game is", () => {
  const now = new Date("2026-11-29T23:30:00Z");
  expect(today("Asia/Tokyo", now).toISOString().slice(0, 10)).toBe("2026-11-30");
});

const SEASONS = [
  { name: "winter", open: false },
  { name: "spring", open: false },
  { name: "summer", open: true },
  { name: "autumn", open: false },
];

it.each([
  ["season", -1, "spring"],
  ["season", 1, "autumn"],
  ["spring", 1, "season"],
  ["spring", -1, "winter"],
  ["winter", -1, undefined],
  ["autumn", 1, undefined],
  ["all", -1, undefined],
] as const)("the season beside %s by %i is %s", (window, by, name) =>
  expect(seasonBeside(window, by, SEASONS)).toBe(name),
);

it("finds the last season where none is open", () =>
  expect(seasonBeside("season", -1, SEASONS.slice(0, 2))).toBe("spring"));
