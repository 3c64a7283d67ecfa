import { describe, expect, it } from "vitest";
import { boardSearch, topicOf } from "./asked";
import { movementsOf } from "./lines";

describe("movementsOf", () => {
  it("counts places climbed as positive, and leaves out who is new or gone", () => {
    const moved = movementsOf([
      { player: "ann", rank: 3, previous_rank: 5 },
      { player: "bob", rank: 4, previous_rank: 3 },
      { player: "new", rank: 9, previous_rank: null },
      { player: "gone", rank: null, previous_rank: 2 },
      { player: "still", rank: 7, previous_rank: 7 },
    ]);
    expect([...moved]).toEqual([
      ["ann", 2],
      ["bob", -1],
    ]);
  });
});

describe("topicOf", () => {
  it("names window and partition as the feed does", () => {
    expect(topicOf("golf", "wins", undefined, {})).toBe("board:golf/wins");
    expect(topicOf("golf", "wins", "week", { region: "eu" })).toBe("board:golf/wins/week?region=eu");
    expect(topicOf("golf", "wins", undefined, { region: "a/b&c" })).toBe("board:golf/wins?region=a%2Fb%26c");
  });
});

describe("boardSearch", () => {
  it("takes what an address says, and nothing else", () => {
    expect(
      boardSearch({ window: "week", partition: { region: "eu", level: 3 }, as_of: true, player: 42 }),
    ).toEqual({
      window: "week",
      as_of: undefined,
      player: "42",
      partition: { region: "eu", level: "3" },
    });
  });
});
