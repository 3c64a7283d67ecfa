import type { Schemas } from "@/api/client";

const MEDALS = ["bg-gold", "bg-silver", "bg-bronze"] as const;

type MedalProps = {
  readonly rank: number;
  readonly value: unknown;
  readonly board: Pick<Schemas["BoardAnswer"], "by">;
};

/** A rank; the first three carry a medal, unless what they stand there with is nothing. */
export function Medal({ rank, value, board }: MedalProps) {
  const medal = isNothing(value, board) ? undefined : MEDALS[rank - 1];
  return (
    <span
      className={`inline-grid h-7 min-w-7 shrink-0 place-items-center rounded-full px-1 text-sm ${
        medal ? `${medal} font-bold text-on-medal` : "text-quiet"
      }`}
    >
      {rank}
    </span>
  );
}

/** None at all, where more is better: everybody who has not won yet is second. */
export function isNothing(value: unknown, board: MedalProps["board"]): boolean {
  return value === null || (value === 0 && board.by[0]?.direction === "desc");
}
