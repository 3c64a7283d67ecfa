import { describe, expect, it } from "vitest";
import { ordinal, shownAge, shownDuration, shownValue, shownWithUnit } from "./numbers";

describe("shownValue", () => {
  it("follows the definition's decimals", () => {
    expect(shownValue(1234.5, { decimals: 2 })).toBe("1,234.50");
    expect(shownValue(1234.5)).toBe("1,235");
  });
  it("shows what is absent as a dash, never as zero", () => {
    expect(shownValue(null)).toBe("–");
    expect(shownWithUnit(null, { unit: "points" })).toBe("–");
  });
  it("keeps the percent sign with the number", () => {
    expect(shownValue(56.25, { unit: "%", decimals: 1 })).toBe("56.3 %");
  });
});

describe("shownDuration", () => {
  it.each([
    [0, "0 s"],
    [42.46, "42.5 s"],
    [59.96, "1 min 00 s"],
    [491.382, "8 min 11 s"],
    [11_100, "3 h 05 min"],
    [-61, "−1 min 01 s"],
  ])("%d is %s", (seconds, text) => expect(shownDuration(seconds)).toBe(text));
  it("is what values in seconds and milliseconds are shown as", () => {
    expect(shownValue(491_382, { unit: "ms" })).toBe("8 min 11 s");
    expect(shownWithUnit(30, { unit: "s" })).toBe("30 s");
  });
});

describe("ordinal", () => {
  it.each([
    [1, "1st"],
    [2, "2nd"],
    [3, "3rd"],
    [4, "4th"],
    [11, "11th"],
    [112, "112th"],
    [1021, "1,021st"],
  ])("%i is %s", (rank, text) => expect(ordinal(rank)).toBe(text));
});

describe("shownAge", () => {
  it("climbs from seconds to years", () => {
    const now = Date.parse("2026-06-01T00:00:00Z");
    expect(shownAge("2026-05-31T23:59:30Z", now)).toBe("30 seconds ago");
    expect(shownAge("2026-05-31T21:00:00Z", now)).toBe("3 hours ago");
    expect(shownAge("2024-06-01T00:00:00Z", now)).toBe("2 years ago");
  });
});
