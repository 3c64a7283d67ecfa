/** A value of a column as the definition wants it shown. */
export type Shape = { readonly unit?: string; readonly decimals?: number };

/*
 * By hand, and as `Intl` has it: that loads the data of a language when it is first asked, which takes a twentieth of a
 * second on a desk and a quarter on a phone, just when a page has its first numbers to show.
 */

/** "12,345.60": rounded as one rounds what is written, half away from zero. */
function fixed(value: number, decimals: number): string {
  const written = String(Math.abs(value));
  if (!/^[\d.]+$/.test(written)) return value.toFixed(decimals); // so small or so great that it is written with an "e"
  const rounded = Math.round(Number(`${written}e${decimals}`));
  const [whole = "", part] = Number(`${rounded}e-${decimals}`).toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
  return `${value < 0 ? "-" : ""}${grouped}${part ? `.${part}` : ""}`;
}

/** How many there are of something. */
export function shownCount(count: number): string {
  return fixed(count, 0);
}

export function shownValue(value: unknown, shape: Shape = {}): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return isTime(value) ? shownTime(value) : value;
  if (typeof value !== "number") return JSON.stringify(value);
  const seconds = secondsOf(value, shape.unit);
  if (seconds !== null) return shownDuration(seconds);
  const text = fixed(value, shape.decimals ?? 0);
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
  if (whole < 60) return `${sign}${fixed(Math.abs(seconds), Number.isInteger(seconds) ? 0 : 1)} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const two = (amount: number) => String(amount).padStart(2, "0");
  return hours > 0
    ? `${sign}${fixed(hours, 0)} h ${two(minutes)} min`
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
  return value === null || value === undefined ? "–" : `${fixed(value, decimals)} %`;
}

export function ordinal(rank: number): string {
  const tens = rank % 100;
  const suffix = tens > 10 && tens < 14 ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[rank % 10] ?? "th");
  return `${fixed(rank, 0)}${suffix}`;
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

export function isTime(value: string): boolean {
  return ISO_TIME.test(value);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

function monthAndDay(at: Date): string {
  return `${MONTHS[at.getMonth()]} ${at.getDate()}`;
}

/** "7:32 PM". */
function hourAndMinute(at: Date, seconds = ""): string {
  const minutes = String(at.getMinutes()).padStart(2, "0");
  const half = at.getHours() < 12 ? "AM" : "PM";
  return `${at.getHours() % 12 || 12}:${minutes}${seconds} ${half}`;
}

/** "Nov 21, 7:32 PM"; of another year with the year. */
export function shownTime(value: string, now: Date = new Date()): string {
  const at = new Date(value);
  const day = at.getFullYear() === now.getFullYear() ? monthAndDay(at) : shownDay(value);
  return `${day}, ${hourAndMinute(at)}`;
}

export function shownDay(value: string): string {
  const at = new Date(value);
  return `${monthAndDay(at)}, ${at.getFullYear()}`;
}

/** The time of the day alone, to the second. */
export function shownClock(value: string): string {
  const at = new Date(value);
  return hourAndMinute(at, `:${String(at.getSeconds()).padStart(2, "0")}`);
}

type Step = {
  readonly unit: string;
  /** How many make one of the next. */
  readonly size: number;
  /** What one says of the last, this and the next one; of the others, how many they are. */
  readonly near: readonly [last: string | null, current: string, next: string | null];
};

const YEAR: Step = {
  unit: "year",
  size: Number.POSITIVE_INFINITY,
  near: ["last year", "this year", "next year"],
};
const STEPS: readonly Step[] = [
  { unit: "second", size: 60, near: [null, "now", null] },
  { unit: "minute", size: 60, near: [null, "this minute", null] },
  { unit: "hour", size: 24, near: [null, "this hour", null] },
  { unit: "day", size: 30, near: ["yesterday", "today", "tomorrow"] },
  { unit: "month", size: 12, near: ["last month", "this month", "next month"] },
  YEAR,
];

/** "3 minutes ago". */
export function shownAge(value: string, now: number = Date.now()): string {
  let amount = (new Date(value).getTime() - now) / 1000;
  for (const step of STEPS) {
    if (Math.abs(amount) < step.size) return shownSteps(Math.round(amount), step);
    amount /= step.size;
  }
  return shownSteps(Math.round(amount), YEAR);
}

function shownSteps(count: number, { unit, near }: Step): string {
  const said = near[count + 1];
  if (said) return said;
  const many = `${fixed(Math.abs(count), 0)} ${unit}${Math.abs(count) === 1 ? "" : "s"}`;
  return count < 0 ? `${many} ago` : `in ${many}`;
}

/** A window's name as an axis has room for it. */
export function shownWindow(window: string): string {
  const [, month, day] = /^\d{4}-(\d\d)-(\d\d)$/.exec(window) ?? [];
  return day ? `${MONTHS[Number(month) - 1]} ${Number(day)}` : window;
}

/** A name of a definition as a label: "game_mode" is "Game mode". */
export function capital(name: string): string {
  return name.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());
}
