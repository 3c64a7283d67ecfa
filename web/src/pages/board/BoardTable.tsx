import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import {
  type CSSProperties,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { answered } from "@/api/client";
import { shownValue } from "@/shared/format/numbers";
import { useWhose } from "@/shared/players/whose";
import { Medal } from "@/shared/standings/Medal";
import { Movement } from "@/shared/standings/Movement";
import { Skeleton } from "@/shared/states/States";
import { cellOf } from "@/shared/why/cell";
import { Why } from "@/shared/why/Why";
import type { Board, Column, Line, Sheet } from "./asked";
import { type LinesAsked, type Movements, standingOf, useLines } from "./lines";
import { useTravel } from "./travel";

const ROW_PX = 56;
const OVERSCAN = 12;

export type TableHandle = { readonly show: (place: number) => void };

type BoardTableProps = {
  readonly ref?: Ref<TableHandle>;
  readonly asked: LinesAsked;
  readonly board: Board;
  readonly sheet: Sheet;
  readonly beside: Column | undefined;
  readonly movements: Movements;
  readonly own: string | undefined;
  readonly sought: string | undefined;
};

/** All lines of a board, of which only those on the screen are there; each travels to its new place. */
export function BoardTable({ ref, asked, board, sheet, beside, movements, own, sought }: BoardTableProps) {
  const whose = useWhose();
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), []);
  const [range, setRange] = useState<readonly [number, number]>([0, 0]);
  const { total, line } = useLines(asked, range[0], range[1]);
  const virtual = useWindowVirtualizer({
    count: total,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: top,
    onChange: (now) => {
      const rows = now.getVirtualItems();
      const next = [rows[0]?.index ?? 0, rows.at(-1)?.index ?? 0] as const;
      setRange((before) => (before[0] === next[0] && before[1] === next[1] ? before : next));
    },
  });
  const show = (place: number) => virtual.scrollToIndex(Math.max(0, place - 1), { align: "center" });
  useImperativeHandle(ref, () => ({ show }));
  useLinked(asked, sought, show);
  const columns = board.by.map(({ column }) => sheet.columns.find((each) => each.name === column));
  const drawn = new Set<string>();
  return (
    <div
      ref={list}
      role="table"
      aria-label={board.title}
      aria-rowcount={total + 1}
      className="card overflow-clip"
      style={widths(beside, columns)}
      data-total={total}
    >
      <div role="rowgroup">
        <div role="row" className="board-row border-line border-b text-quiet text-sm">
          <span role="columnheader">Rank</span>
          <span role="columnheader">Player</span>
          <span role="columnheader" className="hidden text-right sm:block">
            {beside?.title}
          </span>
          <span role="columnheader" className="text-right">
            {columns[0]?.title}
          </span>
          <span role="columnheader" className="hidden text-right md:block">
            {columns[1]?.title}
          </span>
        </div>
      </div>
      <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((row) => {
          const known = line(row.index);
          // Who has just climbed among the lines that the feed tells still stands further down, until that is read again.
          const shown = known && !drawn.has(known.player) ? known : undefined;
          if (shown) drawn.add(shown.player);
          const offset = row.start - top;
          return shown ? (
            <Row
              key={`player ${shown.player}`}
              at={row.index}
              offset={offset}
              line={shown}
              asked={asked}
              board={board}
              sheet={sheet}
              columns={columns}
              beside={beside}
              whose={whose(asked.game)}
              moved={movements.get(shown.player) ?? 0}
              marked={shown.player === own ? "own" : shown.player === sought ? "sought" : undefined}
            />
          ) : (
            <div
              key={`place ${row.index}`}
              role="row"
              aria-rowindex={row.index + 2}
              className="absolute inset-x-0 px-4 py-3"
              style={{ height: ROW_PX, transform: `translateY(${offset}px)` }}
            >
              <span role="cell">
                <Skeleton className="h-8" />
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Shows the line of whom a link is about, once: from then on the reader scrolls. */
function useLinked(asked: LinesAsked, sought: string | undefined, show: (place: number) => void): void {
  const [linked, setLinked] = useState(sought);
  const standing = useQuery({
    queryKey: ["linked", asked, linked],
    queryFn: () => answered(standingOf(asked, linked ?? "")),
    enabled: linked !== undefined,
    retry: false,
  });
  const place = standing.data?.place;
  useEffect(() => {
    if (place === undefined) return;
    show(place);
    setLinked(undefined);
  });
}

/** Columns that a board has not take no room. */
function widths(beside: Column | undefined, columns: readonly unknown[]): CSSProperties {
  return {
    ...(beside ? {} : { "--beside": "0px" }),
    ...(columns[1] ? {} : { "--second": "0px" }),
  } as CSSProperties;
}

type RowProps = {
  readonly at: number;
  readonly offset: number;
  readonly line: Line;
  readonly asked: LinesAsked;
  readonly board: Board;
  readonly sheet: Sheet;
  readonly columns: readonly (Column | undefined)[];
  readonly beside: Column | undefined;
  readonly whose: { game?: string };
  readonly moved: number;
  readonly marked: "own" | "sought" | undefined;
};

function Row({ at, offset, line, asked, board, sheet, columns, beside, whose, moved, marked }: RowProps) {
  const travels = useTravel(offset);
  function number(column: Column | undefined) {
    if (!column) return null;
    const cell = cellOf({ ...asked, sheet, column: column.name, player: line.player });
    return (
      <Why
        cell={cell}
        label={`${column.title} of ${line.name}`}
        shown={shownValue(line.values[column.name], column)}
      />
    );
  }
  return (
    <div
      ref={travels}
      role="row"
      aria-rowindex={at + 2}
      data-player={line.player}
      className={`board-row hover:bg-line/30 absolute inset-x-0 border-line/60 border-b ${
        marked === "own" ? "board-row-own" : marked === "sought" ? "board-row-sought" : ""
      }`}
      style={{ height: ROW_PX, transform: `translateY(${offset}px)` }}
    >
      <span role="cell" className="flex items-center gap-2">
        <Medal rank={line.rank} value={line.value} board={board} />
        <Movement by={moved} />
      </span>
      <span role="cell" className="min-w-0">
        <Link
          to="/p/$player"
          params={{ player: line.player }}
          search={whose}
          className="block truncate font-medium hover:text-link"
          title={line.name}
        >
          <bdi>{line.name}</bdi>
          {marked === "own" && <span className="ml-2 text-sm text-up">you</span>}
        </Link>
      </span>
      <span role="cell" className="hidden text-right text-quiet sm:block">
        {number(beside)}
      </span>
      <span role="cell" className="text-right font-semibold">
        {number(columns[0])}
      </span>
      <span role="cell" className="hidden text-right text-quiet md:block">
        {number(columns[1])}
      </span>
    </div>
  );
}
