import { describe, expect, it } from "vitest";
import { isOnCard, scorecardOf } from "./scorecard";

const field = (name: string, type: string, required = true) => ({
  name,
  type,
  required,
  choices: [],
  default: null,
});
const types = [
  {
    name: "round_ended",
    title: "Round",
    fields: [field("scores", "map[player, int]"), field("jacks", "map[player, int]", false)],
  },
  { name: "game_ended", title: "", fields: [field("totals", "map[player, int]"), field("winner", "player")] },
  { name: "kill", title: "", fields: [field("killer", "player")] },
];
const round = (id: string, scores: Record<string, number>) => ({
  id,
  type: "round_ended",
  fields: { scores },
});

describe("isOnCard", () => {
  it("is so where some events say something of each player, and not too many", () => {
    expect(isOnCard({ round_ended: 9, game_ended: 1, kill: 900 }, types)).toBe(true);
    expect(isOnCard({ kill: 3 }, types)).toBe(false);
    expect(isOnCard({ round_ended: 60 }, types)).toBe(false);
  });
});

describe("scorecardOf", () => {
  it("takes the last round of a match that runs for neither its totals nor its winner", () => {
    const won = (id: string, winner: string) => ({
      id,
      type: "round_ended",
      fields: { scores: { ann: 1, bob: 2 }, winner },
    });
    expect(scorecardOf([won("a", "bob"), won("b", "ann")], types)).toMatchObject({
      winner: undefined,
      sumsUp: false,
    });
  });

  it("numbers rounds, names what comes once, and puts the winner first", () => {
    const card = scorecardOf(
      [
        round("a", { ann: 9, bob: 3 }),
        { id: "k", type: "kill", fields: { killer: "ann" } },
        round("b", { ann: 1, bob: 2 }),
        { id: "e", type: "game_ended", fields: { totals: { ann: 10, bob: 5 }, winner: "bob" } },
      ],
      types,
    );
    expect(card?.columns.map((column) => column.title)).toEqual(["1", "2", "Totals"]);
    expect(card?.columns.map((column) => column.text)).toEqual([
      "Round 1: Scores",
      "Round 2: Scores",
      "Game ended: Totals",
    ]);
    expect(card?.players).toEqual(["bob", "ann"]);
    expect(card?.winner).toBe("bob");
  });
  it("puts the most first where the winner has the most", () => {
    const ended = { id: "e", type: "game_ended", fields: { totals: { ann: 10, bob: 5 }, winner: "ann" } };
    expect(scorecardOf([ended], types)?.players).toEqual(["ann", "bob"]);
  });
  it("is none where no event says something of each player", () => {
    expect(scorecardOf([{ id: "k", type: "kill", fields: { killer: "ann" } }], types)).toBeNull();
  });

  it("takes who alone is placed first for the winner where no event names one", () => {
    const placed = { name: "match_ended", title: "", fields: [field("placements", "map[player, int]")] };
    const ended = (placements: Record<string, number>) => [
      { id: "e", type: "match_ended", fields: { placements } },
    ];
    expect(scorecardOf(ended({ ann: 2, bob: 1 }), [placed])?.winner).toBe("bob");
    expect(scorecardOf(ended({ ann: 1, bob: 1 }), [placed])?.winner).toBeUndefined();
    expect(scorecardOf([round("a", { ann: 1, bob: 2 })], types)?.winner).toBeUndefined();
  });
});
