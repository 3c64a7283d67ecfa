import { expect, test } from "vitest";
import type { Schemas } from "@/api/client";
import { headline, subjectOf } from "./effect";

const NOTHING: Schemas["GameEffect"] = {
  game: "golf",
  events: 0,
  rows_refolded: 0,
  players: 0,
  awards_gained: 0,
  awards_lost: 0,
  awards_redated: 0,
  ranks_moved: 0,
  rows: [],
  awards: [],
  ranks: [],
  ranks_untold: [],
};

test("says only what changes, and counts one as one", () => {
  expect(headline(NOTHING)).toEqual([]);
  expect(headline({ ...NOTHING, events: 1, ranks_moved: 1200, awards_lost: 2 })).toEqual([
    "1 event",
    "1,200 ranks move",
    "2 awards lost",
  ]);
});

test("names what a correction is about", () => {
  expect(subjectOf("ban", { player: "ann" })).toBe("ann");
  expect(subjectOf("merge", { player: "ann2", into: "ann" })).toBe("ann2 counts as ann");
  expect(subjectOf("void", { match: "m1" })).toBe("match m1");
  expect(subjectOf("void", { event: "e1", match: "m1" })).toBe("event e1 in match m1");
  expect(subjectOf("void", { player: "ann", matches: ["m1"], matches_total: 1 })).toBe("1 match of ann");
});
