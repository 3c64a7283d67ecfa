import type { Schemas } from "@/api/client";

/** One number of one row, as `explain` is asked for it. */
export type Cell = {
  readonly game: string;
  readonly sheet: string;
  readonly column: string;
  readonly key: Readonly<Record<string, string>>;
  readonly window?: string | undefined;
  /** The moment of the past at which it was so. */
  readonly asOf?: string | undefined;
};

type CellAsked = {
  readonly game: string;
  readonly sheet: Pick<Schemas["SheetAnswer"], "name" | "key">;
  readonly column: string;
  readonly player: string;
  readonly window?: string | undefined;
  readonly asOf?: string | undefined;
  /** Of a board; what it says of the sheet's own keys is part of the row's key. */
  readonly partition?: Readonly<Record<string, unknown>>;
};

/** Where a player's number is kept. */
export function cellOf({ game, sheet, column, player, window, asOf, partition = {} }: CellAsked): Cell {
  const name = sheet.key.find((each) => each.type === "player")?.name ?? "player";
  const parts = Object.entries(partition).filter(([part]) => sheet.key.some((each) => each.name === part));
  const key = { ...Object.fromEntries(parts.map(([part, value]) => [part, String(value)])), [name]: player };
  return { game, sheet: sheet.name, column, key, window, asOf };
}
