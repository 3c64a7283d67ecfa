import { describe, expect, it } from "vitest";
import {
  ordinal,
  shownAge,
  shownClock,
  shownDay,
  shownDuration,
  shownTime,
  shownValue,
  shownWindow,
  shownWithUnit,
} from "./numbers";

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

describe("what is formatted by hand", () => {
  /** Some data of the language has a narrow space before AM and PM; browsers do not write it. */
  const plain = (text: string) => text.replaceAll("\u202f", " ");
  const values = [
    0, 0.5, 1, 1.005, 2.675, 0.125, 999.5, 999.995, 1e3, 12_345.678_9, 1e6, 123_456_789.5, 1e-7, 2e-9,
  ];
  it.each([0, 1, 2, 3])("is the number that Intl writes, with %i decimals", (decimals) => {
    const intl = new Intl.NumberFormat("en", {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    for (const value of [...values, ...values.filter((each) => each >= 1).map((each) => -each)]) {
      expect(shownValue(value, { decimals })).toBe(intl.format(value));
    }
  });

  it("is the time and the day that Intl writes", () => {
    const now = new Date("2026-06-01T12:00:00Z");
    const intl = {
      day: new Intl.DateTimeFormat("en", { dateStyle: "medium" }),
      moment: new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" }),
      ofThisYear: new Intl.DateTimeFormat("en", {
        month: "short",
        day: "numeric",
        hour: "numeric",
        minute: "2-digit",
      }),
      clock: new Intl.DateTimeFormat("en", { timeStyle: "medium" }),
    };
    for (let at = Date.parse("2024-02-28T23:59:58Z"); at < now.getTime(); at += 5_000_007_000) {
      const value = new Date(at).toISOString();
      expect(shownDay(value)).toBe(intl.day.format(at));
      expect(shownClock(value)).toBe(plain(intl.clock.format(at)));
      const isOfThisYear = new Date(at).getFullYear() === now.getFullYear();
      expect(shownTime(value, now)).toBe(plain((isOfThisYear ? intl.ofThisYear : intl.moment).format(at)));
    }
    expect(shownWindow("2026-03-09")).toBe("Mar 9");
    expect(shownWindow("season 3")).toBe("season 3");
  });

  it.each([
    ["second", 1],
    ["minute", 60],
    ["hour", 3600],
    ["day", 86_400],
    ["month", 30 * 86_400],
    ["year", 360 * 86_400],
  ] as const)("is the age in %ss that Intl writes", (unit, seconds) => {
    const intl = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
    const now = Date.parse("2026-06-01T00:00:00Z");
    for (const count of [-11, -2, -1, 1, 2, 11]) {
      expect(shownAge(new Date(now + count * seconds * 1000).toISOString(), now)).toBe(
        intl.format(count, unit),
      );
    }
  });
});
