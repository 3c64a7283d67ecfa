import { expect, it } from "vitest";
import { tierOf } from "./tier";

it.each([
  [1, 1, "Top 1 %"],
  [1, 3, "Top 1 %"],
  [2, 100, "Top 5 %"],
  [6, 100, "Top 10 %"],
  [26, 100, "Top 50 %"],
  [51, 100, undefined],
])("rank %i of %i is %s", (rank, total, tier) => expect(tierOf(rank, total)).toBe(tier));
