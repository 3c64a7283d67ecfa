import { expect, it } from "vitest";
import { withGaps } from "./gaps";

const at = (...moments: number[]) => moments.map((moment) => ({ at: moment, value: 1 }));

it("breaks the line where days were left out", () => {
  const drawn = withGaps(at(1, 2, 5, 6));
  expect(drawn.map((point) => point.value)).toEqual([1, 1, null, 1, 1]);
  expect(drawn.map((point) => point.at)).toEqual([1, 2, 3.5, 5, 6]);
});

it("takes months of different length for neighbours", () => {
  expect(withGaps(at(0, 31, 59, 90))).toHaveLength(4);
});

it.each([[at()], [at(3)]])("has nothing to break in %j", (points) =>
  expect(withGaps(points)).toEqual(points),
);
