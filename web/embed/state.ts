import type { Head } from "../src/feed/head";

/** How the board's first value is shown, from the definition. */
export type Shape = { readonly title: string; readonly unit: string; readonly decimals: number };

export type Entry = {
  readonly place: number;
  readonly rank: number;
  readonly player: string;
  readonly name: string;
  readonly value: number | string | boolean | null;
};

export type BoardState = Head<Entry>;
export type Row = {
  readonly player: string;
  readonly rank: string;
  readonly name: string;
  readonly value: string;
  readonly medal: string;
};

const MEDALS = ["", "gold", "silver", "bronze"];

export function rowsOf(state: BoardState, shape: Shape, limit: number): Row[] {
  return state.entries.slice(0, limit).map((entry) => ({
    player: entry.player,
    rank: String(entry.rank),
    name: entry.name,
    value: shown(entry.value, shape),
    medal: MEDALS[entry.rank] ?? "",
  }));
}

type Moved = {
  readonly player: string;
  readonly rank: number | null;
  readonly previous_rank: number | null;
};

/** Who has risen and who has fallen, of the changes that a message tells. */
export function movedBy(changes: unknown): Map<string, "up" | "down"> {
  const moved = new Map<string, "up" | "down">();
  for (const { player, rank, previous_rank } of (changes ?? []) as readonly Moved[]) {
    if (rank !== null && previous_rank !== null && rank !== previous_rank)
      moved.set(player, rank < previous_rank ? "up" : "down");
  }
  return moved;
}

function shown(value: Entry["value"], { decimals, unit }: Shape): string {
  if (value === null) return "–";
  if (typeof value !== "number") return String(value);
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const text = value.toLocaleString("en", digits);
  return unit ? `${text} ${unit}` : text;
}
