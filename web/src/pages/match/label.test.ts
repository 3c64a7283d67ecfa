import { expect, it } from "vitest";
import { labelOf } from "./label";

it.each([
  ["distance_m", "Distance", "m"],
  ["duration_ms", "Duration", "ms"],
  ["damage_reason", "Damage reason", ""],
  ["humans", "Humans", ""],
])("%s is %s in %j", (name, label, unit) => expect(labelOf(name)).toEqual({ label, unit }));
