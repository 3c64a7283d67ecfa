import { useQuery } from "@tanstack/react-query";
import type { RefObject } from "react";
import { ApiProblem, answered, api } from "@/api/client";
import { saidCondition } from "@/shared/format/condition";
import { shownCount, shownValue, shownWithUnit, unitBeside } from "@/shared/format/numbers";
import { topShare } from "@/shared/players/PercentileBar";
import { ShareButton } from "@/shared/share/ShareButton";
import { Medal } from "@/shared/standings/Medal";
import { cellOf } from "@/shared/why/cell";
import { Why } from "@/shared/why/Why";
import type { Board, Sheet } from "./asked";
import type { TableHandle } from "./BoardTable";
import type { LinesAsked } from "./lines";

type OwnRowProps = {
  readonly asked: LinesAsked;
  readonly board: Board;
  readonly sheet: Sheet;
  readonly own: string;
  readonly table: RefObject<TableHandle | null>;
};

/** Where the reader stands, pinned to the foot of the board. */
export function OwnRow({ asked, board, sheet, own, table }: OwnRowProps) {
  const standing = useQuery({
    queryKey: ["standing", asked.game, asked.board, asked.window ?? "", asked.partition, own],
    queryFn: async () => {
      try {
        return await answered(
          api.GET("/v1/games/{game}/boards/{board}/players/{player}", {
            params: {
              path: { game: asked.game, board: asked.board, player: own },
              query: { ...(asked.window ? { window: asked.window } : {}), ...asked.partition },
            },
          }),
        );
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 404) return null;
        throw error;
      }
    },
  });
  const column = sheet.columns.find((each) => each.name === board.by[0]?.column);
  const mine = standing.data;
  return (
    <aside
      aria-label="You"
      className="board-own card sticky bottom-3 z-20 flex items-center gap-x-2 border-up px-3 py-1 shadow-xl sm:flex-wrap sm:gap-x-4 sm:px-4 sm:py-2"
    >
      {mine ? (
        <>
          <Medal rank={mine.rank} value={mine.value} board={board} />
          <span className="min-w-0 truncate font-medium">
            <bdi>{mine.name}</bdi> <span className="text-sm text-up">you</span>
          </span>
          <span className="text-quiet max-sm:hidden">of {shownCount(mine.total)}</span>
          {mine.total > 1 && (
            <span className="text-quiet max-sm:hidden">{topShare(mine.percentile, mine.total)}</span>
          )}
          {column && (
            <span className="ml-auto shrink-0 font-semibold">
              <Why
                cell={cellOf({ ...asked, sheet, column: column.name, player: own })}
                label={`${column.title} of ${mine.name}`}
                shown={shownWithUnit(mine.value, column)}
              >
                {shownValue(mine.value, column)}
                <span className="max-sm:hidden"> {unitBeside(column)}</span>
              </Why>
            </span>
          )}
          <button
            type="button"
            className="button max-sm:px-3"
            onClick={() => table.current?.show(mine.place)}
          >
            <span aria-hidden="true" className="sm:hidden">
              ↕︎
            </span>
            <span className="max-sm:sr-only">Jump to me</span>
          </button>
          <ShareButton
            title={`${mine.name}: rank ${mine.rank} of ${mine.total} · ${board.title}`}
            path={standingPath(asked, own)}
            isIconOnPhones
          />
        </>
      ) : (
        <span className="text-quiet">
          {standing.isPending
            ? "Looking where you stand…"
            : board.where
              ? `You do not stand here yet: it takes ${saidCondition(board.where, sheet.columns)}.`
              : "You do not stand here yet."}
        </span>
      )}
    </aside>
  );
}

/** The board with the reader's line marked; a link to it shows where the reader stands. */
function standingPath(asked: LinesAsked, own: string): string {
  const parts = Object.keys(asked.partition).length > 0 ? { partition: JSON.stringify(asked.partition) } : {};
  const query = new URLSearchParams({
    player: own,
    ...(asked.window ? { window: asked.window } : {}),
    ...parts,
  });
  return `/g/${asked.game}/b/${asked.board}?${query}`;
}
