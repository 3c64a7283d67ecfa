import { lazy, Suspense } from "react";
import { Skeleton } from "@/shared/states/States";
import type { Cell } from "@/shared/why/cell";
import { Why } from "@/shared/why/Why";

export type Axis = {
  readonly title: string;
  /** As shown; one for each line. */
  readonly values: readonly string[];
  /** The share of the qualified at or below; null for who does not qualify. */
  readonly percentiles: readonly (number | null)[];
  /** Where each line's number is kept, so that it can say why it is what it is. */
  readonly cells: readonly Cell[];
};
export type Line = { readonly player: string; readonly name: string };

const FEWEST_AXES = 3;
const MARKS = ["bg-link", "bg-up"] as const;

const RadarDrawing = lazy(() =>
  import("./RadarDrawing").then((module) => ({ default: module.RadarDrawing })),
);

type ShapeProps = { readonly axes: readonly Axis[]; readonly lines: readonly Line[]; readonly label: string };

/** A radar of percentiles, on which 50 is the middle, and the same numbers as a table. */
export function Shape({ axes, lines, label }: ShapeProps) {
  const drawn =
    axes.length >= FEWEST_AXES && axes.some((axis) => axis.percentiles.some((one) => one !== null));
  return (
    <div className="card grid items-center gap-4 p-4 sm:gap-6 sm:p-5 lg:grid-cols-2">
      {drawn ? (
        <div className="h-64 sm:h-80" aria-hidden="true">
          <Suspense fallback={<Skeleton className="h-full" />}>
            <RadarDrawing axes={axes} lines={lines} />
          </Suspense>
        </div>
      ) : (
        <p className="text-center text-quiet">
          {axes.length < FEWEST_AXES
            ? "A shape needs three ranked numbers at least."
            : "Nobody here qualifies yet: the shape appears with the first ranked number."}
        </p>
      )}
      <div className="overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
        <table className="w-full text-left [overflow-wrap:normal]">
          <caption className="mb-2 text-left text-quiet text-sm">
            Percentile: the share of qualified players at or below. 50 is the middle (the dashed ring).
          </caption>
          <thead className="text-quiet text-sm">
            <tr>
              <th scope="col" className="py-1 pr-2 font-normal">
                <span className="sr-only">Number</span>
              </th>
              {lines.map((line, at) => (
                <th
                  key={line.player}
                  scope="col"
                  className="max-w-24 truncate py-1 pl-2 text-right font-normal sm:max-w-40 sm:pl-3"
                >
                  <span
                    aria-hidden="true"
                    className={`mr-2 inline-block h-1 w-4 rounded align-middle ${MARKS[at % MARKS.length]}`}
                  />
                  <bdi>{line.name}</bdi>
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {axes.map((axis) => (
              <tr key={axis.title}>
                <th scope="row" className="py-2 pr-2 font-normal text-quiet text-sm sm:text-base">
                  {axis.title}
                </th>
                {lines.map((line, at) => (
                  <Values key={line.player} axis={axis} line={line} at={at} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

type ValuesProps = { readonly axis: Axis; readonly line: Line; readonly at: number };

function Values({ axis, line, at }: ValuesProps) {
  const percentile = axis.percentiles[at] ?? null;
  const cell = axis.cells[at];
  const shown = axis.values[at] ?? "–";
  return (
    <td className="whitespace-nowrap py-2 pl-2 text-right sm:pl-3">
      <span className="block text-quiet text-sm sm:inline sm:text-base [&_button]:px-0">
        {cell ? <Why cell={cell} label={`${axis.title} of ${line.name}`} shown={shown} /> : shown}
      </span>
      <span className="inline-block w-10 font-semibold">
        {percentile === null ? <span title="does not qualify yet">–</span> : Math.round(percentile)}
      </span>
    </td>
  );
}
