import { describe, expect, it } from "vitest";
import type { Schemas } from "@/api/client";
import { shownWindow } from "@/shared/format/numbers";
import { axesOf, careersOf, headlinesOf, playerSearch, trendsOf } from "./asked";

function column(name: string, type = "int"): Schemas["ColumnAnswer"] {
  const shown = { title: name, text: "", icon: "", category: "", order: 0 };
  return { ...shown, name, type, unit: "", decimals: 0, fold: "count", formula: null };
}

function sheet(name: string, key: string[], columns: Schemas["ColumnAnswer"][]): Schemas["SheetAnswer"] {
  return {
    name,
    title: name,
    text: "",
    icon: "",
    category: "",
    order: 0,
    key: key.map((each) => ({ name: each, type: each === "player" ? "player" : "str" })),
    windows: ["all", "week", "day"],
    columns,
  };
}

const career = sheet(
  "career",
  ["player"],
  ["games", "wins", "rate", "points", "best", "deaths"]
    .map((name) => column(name, name === "rate" ? "float?" : "int"))
    .concat(column("last", "time")),
);
const board = {
  name: "wins",
  title: "Wins",
  text: "",
  icon: "",
  category: "",
  order: 0,
  sheet: "career",
  by: [
    { column: "wins", direction: "desc" },
    { column: "last", direction: "asc" },
    { column: "best", direction: "asc" },
  ],
  where: null,
  partitions: [[]],
  ties: "competition",
  unit: "",
  decimals: 0,
};
const game = {
  sheets: [career, sheet("awards", ["player"], []), sheet("weapons", ["player", "weapon"], [])],
  boards: [board],
  charts: [],
};
const chart = {
  name: "c",
  title: "c",
  text: "",
  icon: "",
  category: "",
  order: 0,
  sheet: "career",
  every: null,
};

describe("playerSearch", () => {
  it("takes what an address says, and nothing else", () => {
    expect(playerSearch({ game: "golf", every: "year", window: 2026, other: "x" })).toEqual({
      game: "golf",
      window: "2026",
      every: undefined,
      column: undefined,
      award: undefined,
    });
  });
});

describe("what a profile shows of a game", () => {
  it("has a career for each sheet about the player alone", () => {
    expect(careersOf(game).map((each) => each.name)).toEqual(["career"]);
  });
  it("shows large what is ranked and what comes first", () => {
    const { large, small } = headlinesOf(career, { best: { percentile: 1, players: 2, better: "asc" } });
    expect(large.map((each) => each.name)).toEqual(["games", "wins", "rate", "points", "best"]);
    expect(small.map((each) => each.name)).toEqual(["deaths", "last"]);
  });
  it("draws the declared radar, else the numbers that boards rank by", () => {
    expect(axesOf(game, career).map((each) => each.name)).toEqual(["wins", "best"]);
    const declared = { ...game, charts: [{ ...chart, kind: "radar", columns: ["rate", "games"] }] };
    expect(axesOf(declared, career).map((each) => each.name)).toEqual(["rate", "games"]);
  });
  it("offers every number over time, the declared ones first, by the windows that there are", () => {
    const declared = { ...game, charts: [{ ...chart, kind: "trend", columns: ["rate"], every: "day" }] };
    const choice = trendsOf(declared, career);
    expect(choice.first.map((each) => each.name)).toEqual(["rate"]);
    expect(choice.others.map((each) => each.name)).toEqual(["games", "wins", "points", "best", "deaths"]);
    expect(choice.every).toEqual(["day", "week"]);
  });
});

describe("shownWindow", () => {
  it("shortens a day, and leaves other windows alone", () => {
    expect(shownWindow("2026-09-21")).toBe("Sep 21");
    expect(shownWindow("2026-W39")).toBe("2026-W39");
  });
});
