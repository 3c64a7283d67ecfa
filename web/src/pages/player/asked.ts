import type { Schemas } from "@/api/client";
import type { Every } from "@/api/players";

/** What the address says of a profile. */
export type PlayerSearch = {
  readonly game?: string | undefined;
  readonly window?: string | undefined;
  readonly every?: Every | undefined;
  readonly column?: string | undefined;
  readonly award?: string | undefined;
};

const EVERY: readonly Every[] = ["day", "week", "month", "season"];

export function playerSearch(given: Record<string, unknown>): PlayerSearch {
  const text = (name: string) => {
    const value = given[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  };
  return {
    game: text("game"),
    window: text("window"),
    every: EVERY.find((each) => each === given.every),
    column: text("column"),
    award: text("award"),
  };
}

type Game = Pick<Schemas["GameAnswer"], "sheets" | "boards" | "charts">;
type Sheet = Schemas["SheetAnswer"];
type Column = Schemas["ColumnAnswer"];
type Percentiles = Readonly<Record<string, Schemas["Percentile"]>>;

/** The sheets about a player alone, without the one that every game has for its awards. */
export function careersOf(game: Game): Sheet[] {
  return game.sheets.filter(
    (sheet) => sheet.key.length === 1 && sheet.key[0]?.type === "player" && sheet.name !== "awards",
  );
}

const FIRST_SHOWN = 4;

/** What is shown large: what is ranked, and what the definition puts first; the rest is small. */
export function headlinesOf(sheet: Sheet, percentiles: Percentiles): { large: Column[]; small: Column[] } {
  const isLarge = (column: Column, at: number) => column.name in percentiles || at < FIRST_SHOWN;
  return {
    large: sheet.columns.filter(isLarge),
    small: sheet.columns.filter((column, at) => !isLarge(column, at)),
  };
}

/** The axes of the shape: those of the radar that the definition declares, else all that its boards rank by. */
export function axesOf(game: Game, sheet: Sheet): Column[] {
  const declared = game.charts.find((chart) => chart.kind === "radar" && chart.sheet === sheet.name);
  const ranked = game.boards
    .filter((board) => board.sheet === sheet.name)
    .flatMap((board) => board.by.map((each) => each.column));
  const names = declared ? declared.columns : [...new Set(ranked)];
  return names.flatMap((name) => sheet.columns.filter((column) => column.name === name && isNumber(column)));
}

export type TrendChoice = {
  readonly first: readonly Column[];
  readonly others: readonly Column[];
  readonly every: readonly Every[];
};

/** What can be drawn over time: the columns of the definition's trends first, then every other number. */
export function trendsOf(game: Game, sheet: Sheet): TrendChoice {
  const declared = game.charts
    .filter((chart) => chart.kind === "trend" && chart.sheet === sheet.name)
    .flatMap((chart) => chart.columns);
  const numbers = sheet.columns.filter(isNumber);
  const wanted = declared.length > 0 ? declared : axesOf(game, sheet).map((column) => column.name);
  const first = numbers.filter((column) => wanted.includes(column.name));
  return {
    first: first.length > 0 ? first : numbers.slice(0, 2),
    others: first.length > 0 ? numbers.filter((column) => !first.includes(column)) : numbers.slice(2),
    every: EVERY.filter((each) => sheet.windows.includes(each)),
  };
}

export function isNumber(column: Column): boolean {
  return /^(int|float)\??$/.test(column.type);
}
