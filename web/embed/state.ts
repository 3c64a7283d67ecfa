import type { FeedMessage } from "../src/feed/socket";

/** How the board's first value is shown, from the definition. */
export type Shape = { readonly title: string; readonly unit: string; readonly decimals: number };

export type Entry = {
  readonly place: number;
  readonly rank: number;
  readonly name: string;
  readonly value: number | string | boolean | null;
};

export type BoardState = { readonly total: number; readonly entries: readonly Entry[] };
export type Row = {
  readonly rank: string;
  readonly name: string;
  readonly value: string;
  readonly medal: string;
};

const MEDALS = ["", "gold", "silver", "bronze"];

/** The board after a message: a snapshot is all of it, a change the lines that are different now. */
export function take(state: BoardState, message: FeedMessage): BoardState {
  const told = (message.entries ?? []) as readonly Entry[];
  const total = typeof message.total === "number" ? message.total : state.total;
  if (message.type === "snapshot") return { total, entries: told };
  if (message.type !== "board.changed") return state;
  const entries = [...state.entries];
  for (const entry of told) entries[entry.place - 1] = entry;
  const shown = typeof message.shown === "number" ? message.shown : entries.length;
  return { total, entries: entries.slice(0, shown) };
}

export function rowsOf(state: BoardState, shape: Shape, limit: number): Row[] {
  return state.entries.slice(0, limit).map((entry) => ({
    rank: String(entry.rank),
    name: entry.name,
    value: shown(entry.value, shape),
    medal: MEDALS[entry.rank] ?? "",
  }));
}

function shown(value: Entry["value"], { decimals, unit }: Shape): string {
  if (value === null) return "–";
  if (typeof value !== "number") return String(value);
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const text = value.toLocaleString("en", digits);
  return unit ? `${text} ${unit}` : text;
}
