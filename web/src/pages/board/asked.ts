import type { Schemas } from "@/api/client";

/** What the address says of a board: everything that matters can be shared. */
export type BoardSearch = {
  readonly window?: string | undefined;
  readonly as_of?: string | undefined;
  readonly player?: string | undefined;
  readonly partition?: Readonly<Record<string, string>> | undefined;
};

export function boardSearch(given: Record<string, unknown>): BoardSearch {
  // An address does not say of a player whose id is a number that it is text.
  const text = (name: string) => {
    const value = given[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  };
  const parts = given.partition;
  const partition =
    parts && typeof parts === "object" && !Array.isArray(parts)
      ? Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, String(value)]))
      : undefined;
  return { window: text("window"), as_of: text("as_of"), player: text("player"), partition };
}

export type Board = Schemas["BoardAnswer"];
export type Sheet = Schemas["SheetAnswer"];
export type Column = Schemas["ColumnAnswer"];
export type Line = Schemas["LineShown"];

/** The column shown beside the value: how often one has played. None where the board ranks by it, or has none. */
export function besideOf(board: Board, sheet: Sheet): Column | undefined {
  const ranked = new Set(board.by.map((each) => each.column));
  const counts = sheet.columns.filter((column) => column.fold === "count" && !ranked.has(column.name));
  return (
    counts.find((column) => column.name === "games_played") ??
    counts.find((column) => /played/.test(column.name))
  );
}

/** The partition that must be chosen where the board has none for everybody. */
export function partitionOf(
  board: Board,
  asked: BoardSearch,
  parts: readonly Readonly<Record<string, unknown>>[],
) {
  if (asked.partition && Object.keys(asked.partition).length > 0) return asked.partition;
  if (board.partitions.some((names) => names.length === 0)) return {};
  const first = parts[0];
  return first
    ? Object.fromEntries(Object.entries(first).map(([name, value]) => [name, String(value)]))
    : null;
}

/** The feed's name for what the page shows. */
export function topicOf(
  game: string,
  board: string,
  window: string | undefined,
  partition: Readonly<Record<string, string>>,
) {
  const inside = (name: string) => name.replace(/[/?&=%#]/g, encodeURIComponent);
  const query = Object.entries(partition)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${inside(name)}=${inside(value)}`)
    .join("&");
  return `board:${game}/${inside(board)}${window ? `/${inside(window)}` : ""}${query ? `?${query}` : ""}`;
}
