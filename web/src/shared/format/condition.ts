type Named = { readonly name: string; readonly title: string };

const SIGNS: Readonly<Record<string, string>> = {
  ">=": "≥",
  "<=": "≤",
  "==": "=",
  "!=": "≠",
  and: "and",
  or: "or",
  not: "not",
};

/** A condition of the definition as people read it: `games_played >= 5` is "Games ≥ 5". Text in quotes stays. */
export function saidCondition(condition: string, columns: readonly Named[]): string {
  const titles = new Map(columns.map((column) => [column.name, column.title]));
  return condition.replace(
    /'[^']*'|"[^"]*"|[<>=!]=|[A-Za-z_][A-Za-z0-9_]*/g,
    (part) => SIGNS[part] ?? titles.get(part) ?? part,
  );
}
