import { expect, it } from "vitest";
import { isNothing } from "./Medal";

const board = (direction: "asc" | "desc") => ({ by: [{ column: "wins", direction }] }) as never;

it.each([
  [0, "desc", true],
  [null, "asc", true],
  [0, "asc", false],
  [1, "desc", false],
] as const)("%j by %s is nothing: %s", (value, direction, said) =>
  expect(isNothing(value, board(direction))).toBe(said),
);
