/** A mistake in a definition, as the server names it. */
export type Mistake = {
  readonly table: string;
  readonly key: string | null;
  readonly message: string;
  readonly mend: string;
};

const HEADER = /^\s*\[(\[)?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$/;
const IN_TEXT = /at line (\d+)/;

/** The line, from 1 on, at which a mistake is to be looked for: its key, else its table, else where TOML broke off. */
export function lineOf(source: string, mistake: Mistake): number {
  const lines = source.split("\n");
  const said = IN_TEXT.exec(mistake.message);
  if (!mistake.table && !mistake.key && said) return Math.min(Number(said[1]), lines.length);
  const start = startOf(lines, mistake.table);
  if (!mistake.key) return start + 1;
  const at = keyAfter(lines, start, mistake.key, mistake.table !== "");
  return (at ?? start) + 1;
}

/** The index of a table's header; of the nearest table above it that has one, where it is written inline. */
function startOf(lines: readonly string[], table: string): number {
  if (!table) return 0;
  const counts = new Map<string, number>();
  const headers = new Map<string, number>();
  for (const [at, line] of lines.entries()) {
    const found = HEADER.exec(line);
    if (!found?.[2]) continue;
    const name = found[2].replaceAll(/["'\s]/g, "");
    if (found[1]) {
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      headers.set(`${name}[${count}]`, at);
    }
    if (!headers.has(name)) headers.set(name, at);
  }
  let wanted = table;
  while (wanted) {
    const at = headers.get(wanted);
    if (at !== undefined) return at;
    const dot = wanted.lastIndexOf(".");
    if (dot < 0) break;
    const inner = wanted.slice(dot + 1);
    const outer = headers.get(wanted.slice(0, dot));
    if (outer !== undefined) return keyAfter(lines, outer, inner, true) ?? outer;
    wanted = wanted.slice(0, dot);
  }
  return 0;
}

/** The index of a key between a header and the next one. */
function keyAfter(
  lines: readonly string[],
  start: number,
  key: string,
  afterHeader: boolean,
): number | undefined {
  for (let at = afterHeader ? start + 1 : start; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (HEADER.test(line)) return undefined;
    const name = /^\s*["']?([A-Za-z0-9_-]+)["']?\s*(?:=|\.)/.exec(line)?.[1];
    if (name === key) return at;
  }
  return undefined;
}
