import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { gameQuery } from "@/api/games";
import { shownTime, shownValue } from "@/shared/format/numbers";
import { headline } from "./effect";
import type { GameEffect } from "./told";

const SHOWN = 30;

/** What changes, game by game: ranks first, for they are what players see; then numbers and awards. */
export function Effects({ effects }: { readonly effects: readonly GameEffect[] }) {
  const changed = effects.filter((effect) => headline(effect).length > 0 || effect.ranks_untold.length > 0);
  if (changed.length === 0) {
    return <p>No number, rank or award changes.</p>;
  }
  return (
    <>
      {changed.map((effect) => (
        <GameEffects key={effect.game} effect={effect} />
      ))}
    </>
  );
}

function GameEffects({ effect }: { readonly effect: GameEffect }) {
  const whole = useQuery(gameQuery(effect.game)).data;
  const sheets = new Map(whole?.sheets.map((sheet) => [sheet.name, sheet]));
  const boards = new Map(whole?.boards.map((board) => [board.name, board.title]));
  const ranks = [...effect.ranks].sort((one, other) => isOfAllTime(other) - isOfAllTime(one));
  const cells = effect.rows.flatMap((row) =>
    Object.entries(row.cells).map(([column, [before, after]]) => ({ row, column, before, after })),
  );
  return (
    <section aria-label={whole?.title ?? effect.game} className="flex flex-col gap-3">
      <h3 className="font-semibold">{whole?.title ?? effect.game}</h3>
      <p>{headline(effect).join(" · ")}</p>
      {effect.ranks_untold.length > 0 && (
        <p className="text-quiet">
          Which ranks move cannot be said now on{" "}
          {[...new Set(effect.ranks_untold.map((each) => boards.get(each.board) ?? each.board))].join(", ")}.
        </p>
      )}
      {effect.ranks.length > 0 && (
        <Part title={`Ranks that move (${effect.ranks_moved.toLocaleString("en")})`} open>
          <Rows
            label="Ranks that move"
            heads={["Board", "Player", "Before", "After"]}
            rows={ranks.slice(0, SHOWN).map((move) => [
              `${boards.get(move.board) ?? move.board} · ${move.window}${Object.values(move.partition)
                .map((value) => ` · ${value}`)
                .join("")}`,
              <bdi key="player">{move.player}</bdi>,
              shownRank(move.before),
              <span key="after" className={isBetter(move.before, move.after) ? "text-up" : "text-down"}>
                <span aria-hidden="true">{isBetter(move.before, move.after) ? "▲" : "▼"} </span>
                {shownRank(move.after)}
              </span>,
            ])}
            more={effect.ranks_moved - Math.min(SHOWN, effect.ranks.length)}
          />
        </Part>
      )}
      {cells.length > 0 && (
        <Part
          title={`Numbers (${effect.rows_refolded.toLocaleString("en")} rows)`}
          open={!effect.ranks.length}
        >
          <Rows
            label="Numbers that change"
            heads={["Row", "Column", "Before", "After"]}
            rows={cells.slice(0, SHOWN).map(({ row, column, before, after }) => {
              const shape = sheets.get(row.sheet)?.columns.find((one) => one.name === column);
              return [
                <bdi key="row">{[...Object.values(row.key).map(String), row.window].join(" · ")}</bdi>,
                shape?.title ?? column,
                shownValue(before, shape),
                shownValue(after, shape),
              ];
            })}
            more={cells.length - Math.min(SHOWN, cells.length)}
          />
        </Part>
      )}
      {effect.awards.length > 0 && (
        <Part title="Awards" open={false}>
          <Rows
            label="Awards that change"
            heads={["Player", "Achievement", "Effect", "When"]}
            rows={effect.awards.slice(0, SHOWN).map((award) => [
              <bdi key="player">{award.player}</bdi>,
              award.achievement,
              <span key="kind" className={award.kind === "lost" ? "text-down" : ""}>
                {award.kind}
              </span>,
              award.after ? shownTime(award.after) : award.before ? shownTime(award.before) : "–",
            ])}
            more={
              effect.awards_gained +
              effect.awards_lost +
              effect.awards_redated -
              Math.min(SHOWN, effect.awards.length)
            }
          />
        </Part>
      )}
    </section>
  );
}

/** Those are looked for first. */
function isOfAllTime(move: { readonly window: string }): number {
  return move.window === "all" ? 1 : 0;
}

function shownRank(rank: number | null): string {
  return rank === null ? "off the board" : String(rank);
}

function isBetter(before: number | null, after: number | null): boolean {
  return after !== null && (before === null || after < before);
}

type PartProps = { readonly title: string; readonly open: boolean; readonly children: ReactNode };

function Part({ title, open, children }: PartProps) {
  return (
    <details open={open}>
      <summary className="font-medium">{title}</summary>
      {children}
    </details>
  );
}

type RowsProps = {
  readonly label: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly ReactNode[])[];
  readonly more: number;
};

function Rows({ label, heads, rows, more }: RowsProps) {
  return (
    <div
      className="mt-2 max-h-72 overflow-auto rounded-lg border border-line"
      role="region"
      aria-label={label}
      tabIndex={0}
    >
      <table className="w-full text-left text-sm">
        <thead className="text-quiet">
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col" className="px-3 py-1 font-normal">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the rows of one answer, which never change
            <tr key={at}>
              {row.map((cell, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: its columns
                <td key={column} className="px-3 py-1">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && <p className="px-3 py-2 text-quiet text-sm">and {more.toLocaleString("en")} more</p>}
    </div>
  );
}
