/** A value of a column as the definition wants it shown. */
export type Shape = { readonly unit?: string; readonly decimals?: number };

const formats = new Map<number, Intl.NumberFormat>();

function format(decimals: number): Intl.NumberFormat {
  let found = formats.get(decimals);
  if (!found) {
    found = new Intl.NumberFormat("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(decimals, found);
  }
  return found;
}

export function shownValue(value: unknown, shape: Shape = {}): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return isTime(value) ? shownTime(value) : value;
  if (typeof value !== "number") return JSON.stringify(value);
  const seconds = secondsOf(value, shape.unit);
  if (seconds !== null) return shownDuration(seconds);
  const text = format(shape.decimals ?? 0).format(value);
  return shape.unit === "%" ? `${text} %` : text;
}

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1 };

function secondsOf(value: number, unit: string | undefined): number | null {
  const size = SECONDS[unit ?? ""];
  return size === undefined ? null : value * size;
}

/** "42.5 s", "8 min 11 s", "3 h 05 min": as much as one takes in at a glance. */
export function shownDuration(seconds: number): string {
  const sign = seconds < 0 ? "−" : "";
  const whole = Math.round(Math.abs(seconds));
  if (whole < 60) return `${sign}${format(Number.isInteger(seconds) ? 0 : 1).format(Math.abs(seconds))} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const two = (amount: number) => String(amount).padStart(2, "0");
  return hours > 0
    ? `${sign}${format(0).format(hours)} h ${two(minutes)} min`
    : `${sign}${minutes} min ${two(whole % 60)} s`;
}

/** The unit, where a value is not shown with it already. */
export function unitBeside(shape: Shape): string {
  return shape.unit === "%" || SECONDS[shape.unit ?? ""] !== undefined ? "" : (shape.unit ?? "");
}

/** With its unit, for where no heading says it. */
export function shownWithUnit(value: unknown, shape: Shape = {}): string {
  const text = shownValue(value, shape);
  const said = typeof value !== "number" || shape.unit === "%" || SECONDS[shape.unit ?? ""] !== undefined;
  return shape.unit && !said ? `${text} ${shape.unit}` : text;
}

export function shownPercent(value: number | null | undefined, decimals = 1): string {
  return value === null || value === undefined ? "–" : `${format(decimals).format(value)} %`;
}

export function ordinal(rank: number): string {
  const tens = rank % 100;
  const suffix = tens > 10 && tens < 14 ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[rank % 10] ?? "th");
  return `${format(0).format(rank)}${suffix}`;
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

export function isTime(value: string): boolean {
  return ISO_TIME.test(value);
}

const day = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const moment = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const momentOfThisYear = new Intl.DateTimeFormat("en", {
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
});

/** "Nov 21, 7:32 PM"; of another year with the year. */
export function shownTime(value: string, now: Date = new Date()): string {
  const at = new Date(value);
  return (at.getFullYear() === now.getFullYear() ? momentOfThisYear : moment).format(at);
}

export function shownDay(value: string): string {
  return day.format(new Date(value));
}

const clock = new Intl.DateTimeFormat("en", { timeStyle: "medium" });

/** The time of the day alone, to the second. */
export function shownClock(value: string): string {
  return clock.format(new Date(value));
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
];

/** "3 minutes ago". */
export function shownAge(value: string, now: number = Date.now()): string {
  let amount = (new Date(value).getTime() - now) / 1000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(amount) < size) return relative.format(Math.round(amount), unit);
    amount /= size;
  }
  return relative.format(Math.round(amount), "year");
}

/** A window's name as an axis has room for it. */
export function shownWindow(window: string): string {
  const day = /^\d{4}-(\d\d)-(\d\d)$/.exec(window);
  return day
    ? new Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" }).format(
        new Date(window),
      )
    : window;
}

/** A name of a definition as a label: "game_mode" is "Game mode". */
export function capital(name: string): string {
  return name.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());
}
