import { describe, expect, it } from "vitest";
import { leadsOf, saidOf } from "./leads";

const column = (leader: string | null, better: "asc" | "desc" | null = "desc") => ({
  leader,
  better,
  values: [],
});

describe("leadsOf", () => {
  it("counts only what says what better is", () => {
    const columns = [column("ann"), column("bob"), column("ann"), column(null), column(null, null)];
    expect(leadsOf(columns, "ann")).toEqual({ first: 2, second: 1, even: 1 });
  });
});

describe("saidOf", () => {
  it("names who is ahead first", () => {
    expect(saidOf({ first: 1, second: 3, even: 1 }, "Ann", "Bob")).toBe("Bob leads 3, Ann 1, 1 even");
    expect(saidOf({ first: 2, second: 2, even: 0 }, "Ann", "Bob")).toBe("Ann and Bob lead 2 each");
  });
});
