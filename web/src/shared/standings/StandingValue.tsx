import type { Schemas } from "@/api/client";
import { shownValue } from "@/shared/format/numbers";
import { cellOf } from "@/shared/why/cell";
import { Why } from "@/shared/why/Why";

type StandingValueProps = {
  readonly game: string;
  readonly board: Schemas["BoardAnswer"];
  readonly sheet: Schemas["SheetAnswer"] | undefined;
  readonly line: Schemas["LineShown"];
};

/** What somebody stands on a board with, which answers "why?". */
export function StandingValue({ game, board, sheet, line }: StandingValueProps) {
  const column = board.by[0]?.column;
  const shown = shownValue(line.value, board);
  if (!column || !sheet) return <span className="font-semibold">{shown}</span>;
  const cell = cellOf({ game, sheet, column, player: line.player });
  return (
    <span className="shrink-0 font-semibold">
      <Why cell={cell} label={`${board.title} of ${line.name}`} shown={shown} />
    </span>
  );
}
