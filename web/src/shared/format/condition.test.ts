import { describe, expect, it } from "vitest";
import { saidCondition } from "./condition";

describe("saidCondition", () => {
  const columns = [
    { name: "games_played", title: "Games" },
    { name: "win_rate", title: "Win rate" },
  ];
  it("names columns and signs as people do", () => {
    expect(saidCondition("games_played >= 5 and win_rate != 0", columns)).toBe("Games ≥ 5 and Win rate ≠ 0");
  });
  it("leaves what it does not know, and text in quotes, as it is", () => {
    expect(saidCondition("mode == 'games_played' or wins > 3", columns)).toBe(
      "mode = 'games_played' or wins > 3",
    );
  });
});
