import { lazy, Suspense } from "react";
import { Skeleton } from "@/shared/states/States";
import type { Bars } from "./BarsDrawing";

const BarsDrawing = lazy(() => import("./BarsDrawing").then((module) => ({ default: module.BarsDrawing })));

type BarsFigureProps = Bars & { readonly of: string };

/** Bars, and the same numbers as a table: for screen readers always, for everybody on request. */
export function BarsFigure({ title, bars, of }: BarsFigureProps) {
  return (
    <figure className="flex flex-col gap-2">
      <div className="h-56" aria-hidden="true">
        <Suspense fallback={<Skeleton className="h-full" />}>
          <BarsDrawing title={title} bars={bars} />
        </Suspense>
      </div>
      <details>
        <summary className="text-quiet text-sm">{title} as a table</summary>
        <div
          className="mt-2 max-h-72 overflow-auto rounded-lg border border-line"
          role="region"
          aria-label={`${title}: table`}
          tabIndex={0}
        >
          <table className="w-full text-left text-sm">
            <thead className="text-quiet">
              <tr>
                <th scope="col" className="px-3 py-1 font-normal">
                  {of}
                </th>
                <th scope="col" className="px-3 py-1 text-right font-normal">
                  {title}
                </th>
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {bars.map((bar) => (
                <tr key={bar.label}>
                  <th scope="row" className="px-3 py-1 font-normal">
                    {bar.label}
                  </th>
                  <td className="px-3 py-1 text-right">{bar.value.toLocaleString("en")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
