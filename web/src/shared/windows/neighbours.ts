const DAY_MS = 86_400_000;

/** The day, week or month that a window is of; undefined of every other. */
export type Kind = "day" | "week" | "month";

export function kindOf(window: string): Kind | undefined {
  if (window === "day" || /^\d{4}-\d\d-\d\d$/.test(window)) return "day";
  if (window === "week" || /^\d{4}-W\d\d$/.test(window)) return "week";
  if (window === "month" || /^\d{4}-\d\d$/.test(window)) return "month";
  return undefined;
}

/** The name of the window that holds this day: "2026-11-29", "2026-W48", "2026-11". */
function nameOf(kind: Kind, day: Date): string {
  const iso = day.toISOString();
  if (kind === "day") return iso.slice(0, 10);
  if (kind === "month") return iso.slice(0, 7);
  // A week is of the year that has its Thursday.
  const thursday = new Date(day.getTime() + (3 - ((day.getUTCDay() + 6) % 7)) * DAY_MS);
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = 1 + Math.floor((thursday.getTime() - first) / DAY_MS / 7);
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, "0")}`;
}

/** The first day of a window, by its name. */
function firstDayOf(window: string): Date {
  const [, year, week] = /^(\d{4})-W(\d\d)$/.exec(window) ?? [];
  if (!year) return new Date(`${window.length === 7 ? `${window}-01` : window}T00:00:00Z`);
  const fourth = new Date(Date.UTC(Number(year), 0, 4)); // always of the first week
  return new Date(fourth.getTime() + ((Number(week) - 1) * 7 - ((fourth.getUTCDay() + 6) % 7)) * DAY_MS);
}

/** What day it is where the game's calendar is kept. */
export function today(timezone: string, now: Date = new Date()): Date {
  return new Date(`${new Intl.DateTimeFormat("en-CA", { timeZone: timezone }).format(now)}T00:00:00Z`);
}

/** The window before or after one; the one that runs now is called by its kind. */
export function neighbourOf(window: string, by: -1 | 1, day: Date): string | undefined {
  const kind = kindOf(window);
  if (!kind) return undefined;
  const runs = nameOf(kind, day);
  const from = firstDayOf(window === kind ? runs : window);
  const to = new Date(from);
  if (kind === "month") to.setUTCMonth(from.getUTCMonth() + by);
  else to.setUTCDate(from.getUTCDate() + by * (kind === "week" ? 7 : 1));
  const name = nameOf(kind, to);
  return name === runs ? kind : name;
}

type Season = { readonly name: string; readonly open: boolean };

/** The season before or after one, of all in their order; the one that is open is called "season". */
export function seasonBeside(window: string, by: -1 | 1, seasons: readonly Season[]): string | undefined {
  const at = seasons.findIndex((season) => (window === "season" ? season.open : season.name === window));
  const after = window === "season" && at < 0 ? seasons.length : at;
  const beside = after < 0 ? undefined : seasons[after + by];
  return beside?.open ? "season" : beside?.name;
}
