import type { Schemas } from "@/api/client";
import { capital } from "@/shared/format/numbers";

type Event = Pick<Schemas["LoggedEvent"], "id" | "type" | "fields">;
type EventType = Pick<Schemas["EventAnswer"], "name" | "title" | "fields">;

export type ScoreColumn = {
  readonly id: string;
  /** Short: the number of the round, or what it is. */
  readonly title: string;
  readonly text: string;
  readonly scores: Readonly<Record<string, number>>;
};
export type Scorecard = {
  readonly columns: readonly ScoreColumn[];
  readonly players: readonly string[];
  readonly winner: string | undefined;
  /** Whether the last column says what the others came to: in a match that runs it is one round more. */
  readonly sumsUp: boolean;
};

const MOST_COLUMNS = 24;
const PLACES = /^(place|placement|rank)s?$/;
const BY_PLAYER = /^map\[player, *(int|float)\]$/;

/** Whether events of these types, so many of each, make a card. */
export function isOnCard(counts: Readonly<Record<string, number>>, types: readonly EventType[]): boolean {
  const told = types.filter((type) => fieldOn(type)).reduce((sum, type) => sum + (counts[type.name] ?? 0), 0);
  return told > 0 && told <= MOST_COLUMNS;
}

/** What an event says of each player. */
function fieldOn(type: EventType): string | undefined {
  return type.fields.find((field) => field.required && BY_PLAYER.test(field.type))?.name;
}

/** What events say of each player, event by event: rounds and what they came to. Null where they say nothing so. */
export function scorecardOf(events: readonly Event[], types: readonly EventType[]): Scorecard | null {
  const fieldOf = new Map(types.map((type) => [type.name, fieldOn(type)]));
  const told = events.filter((event) => fieldOf.get(event.type) !== undefined);
  if (told.length === 0 || told.length > MOST_COLUMNS) return null;
  const counts = new Map<string, number>();
  for (const event of told) counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
  const numbered = new Map<string, number>();
  const columns = told.map((event) => {
    const field = fieldOf.get(event.type) ?? "";
    const number = (numbered.get(event.type) ?? 0) + 1;
    numbered.set(event.type, number);
    const name = capital(field);
    const isOne = counts.get(event.type) === 1;
    const type = types.find((each) => each.name === event.type);
    return {
      id: event.id,
      title: isOne ? name : String(number),
      text: `${type?.title || capital(event.type)}${isOne ? "" : ` ${number}`}: ${name}`,
      scores: (event.fields[field] ?? {}) as Readonly<Record<string, number>>,
    };
  });
  const last = told.at(-1);
  const named = last?.fields.winner;
  const isAlone = counts.get(last?.type ?? "") === 1;
  const first =
    typeof named === "string" ? named : firstPlaced(fieldOf.get(last?.type ?? ""), columns.at(-1));
  const winner = isAlone ? first : undefined;
  return { columns, winner, players: inOrder(columns, winner), sumsUp: isAlone && columns.length > 1 };
}

/** Who alone is first where the last column says places and no event a winner. */
function firstPlaced(field: string | undefined, last: ScoreColumn | undefined): string | undefined {
  if (!last || !PLACES.test(field ?? "")) return undefined;
  const first = Object.keys(last.scores).filter((player) => last.scores[player] === 1);
  return first.length === 1 ? first[0] : undefined;
}

/** By the last column, the winner's end of it first. */
function inOrder(columns: readonly ScoreColumn[], winner: string | undefined): string[] {
  const last = columns.at(-1)?.scores ?? {};
  const players = [...new Set(columns.flatMap((column) => Object.keys(column.scores)))];
  const values = Object.values(last);
  const best = winner === undefined ? undefined : last[winner];
  const sign = best !== undefined && best === Math.max(...values) && best !== Math.min(...values) ? -1 : 1;
  return players.sort(
    (one, other) => sign * ((last[one] ?? Number.MAX_VALUE) - (last[other] ?? Number.MAX_VALUE)),
  );
}
