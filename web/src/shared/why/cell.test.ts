import { expect, it } from "vitest";
import { cellOf } from "./cell";

const column = (name: string, type: string) => ({ name, type }) as never;

it("takes from a partition what is in the sheet's key, and not what the profile says", () => {
  const sheet = { name: "weapons", key: [column("who", "player"), column("weapon", "str")] };
  const partition = { weapon: "AKM", region: "eu" };
  expect(cellOf({ game: "royale", sheet, column: "kills", player: "ann", partition })).toEqual({
    game: "royale",
    sheet: "weapons",
    column: "kills",
    key: { who: "ann", weapon: "AKM" },
    window: undefined,
  });
});
