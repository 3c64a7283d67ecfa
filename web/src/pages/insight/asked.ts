export type InsightSearch = {
  readonly every?: "week" | "month" | undefined;
  readonly sheet?: string | undefined;
  readonly column?: string | undefined;
  readonly window?: string | undefined;
};

export function insightSearch(given: Record<string, unknown>): InsightSearch {
  const text = (name: string) => (typeof given[name] === "string" ? (given[name] as string) : undefined);
  const every = (["week", "month"] as const).find((each) => each === given.every);
  return { every, sheet: text("sheet"), column: text("column"), window: text("window") };
}
