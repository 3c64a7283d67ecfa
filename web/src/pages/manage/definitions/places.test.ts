import { expect, test } from "vitest";
import { lineOf } from "./places";

const SOURCE = `title = "Golf"
colour = "green"

[sheets.career]
key = ["player"]

[[sheets.career.on]] # one
event = "round_ended"
wins = "count(x)"

[[sheets.career.on]]
event = "game_ended"
wins = "count(y)"

[boards.wins]
sheet = "career"

[charts]
form = { kind = "trend" }
`;

const mistake = (table: string, key: string | null, message = "is wrong") => ({
  table,
  key,
  message,
  mend: "",
});

test("finds a key in its table", () => {
  expect(lineOf(SOURCE, mistake("", "colour"))).toBe(2);
  expect(lineOf(SOURCE, mistake("sheets.career", "key"))).toBe(5);
});

test("tells tables of one name apart by their number", () => {
  expect(lineOf(SOURCE, mistake("sheets.career.on[0]", "wins"))).toBe(9);
  expect(lineOf(SOURCE, mistake("sheets.career.on[1]", "wins"))).toBe(13);
});

test("goes to the table for a key that is missing, and to what is written inline", () => {
  expect(lineOf(SOURCE, mistake("boards.wins", "by"))).toBe(15);
  expect(lineOf(SOURCE, mistake("boards.wins", null))).toBe(15);
  expect(lineOf(SOURCE, mistake("charts.form", "kind"))).toBe(19);
});

test("goes where TOML broke off, and to the top for what has no place", () => {
  expect(lineOf(SOURCE, mistake("", null, "is not TOML: no (at line 12, column 3)"))).toBe(12);
  expect(lineOf(SOURCE, mistake("nowhere.at.all", "x"))).toBe(1);
});
