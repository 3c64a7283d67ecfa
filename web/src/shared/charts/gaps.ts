export type Point = { readonly at: number; readonly value: number | null };

/** How much longer than the shortest step a step is that leaves windows out: months have 28 to 31 days, clocks change. */
const LEFT_OUT = 1.5;

/** The points with a break wherever windows without a number lie between two of them. */
export function withGaps(points: readonly Point[]): Point[] {
  const steps = points.slice(1).map((point, at) => point.at - (points[at]?.at ?? point.at));
  const shortest = Math.min(...steps);
  return points.flatMap((point, at) => {
    const step = steps[at - 1];
    const breaks = step !== undefined && step > LEFT_OUT * shortest;
    return breaks ? [{ at: point.at - step / 2, value: null }, point] : [point];
  });
}
