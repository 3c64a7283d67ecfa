import { expect, test } from "vitest";
import { labelOf } from "./bins";

test("whole numbers are named by the first and the last that a bin holds", () => {
  expect(labelOf({ from: 0, to: 5 }, { type: "int" }, false)).toBe("0 to 4");
  expect(labelOf({ from: 7, to: 8 }, { type: "int" }, true)).toBe("7");
});

test("others by where a bin begins and ends", () => {
  expect(labelOf({ from: 0, to: 2.5 }, { type: "float", decimals: 1 }, false)).toBe("0.0 to 2.5");
});
