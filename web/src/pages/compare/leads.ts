import type { Schemas } from "@/api/client";

type Compared = Pick<Schemas["Compared"], "leader" | "better" | "values">;

export type Leads = { readonly first: number; readonly second: number; readonly even: number };

/** How many of the numbers that say what better is each of the two leads. */
export function leadsOf(columns: readonly Compared[], first: string): Leads {
  const judged = columns.filter((column) => column.better !== null);
  const led = judged.filter((column) => column.leader !== null);
  const mine = led.filter((column) => column.leader === first).length;
  return { first: mine, second: led.length - mine, even: judged.length - led.length };
}

export function saidOf(leads: Leads, first: string, second: string): string {
  if (leads.first === leads.second) return `${first} and ${second} lead ${leads.first} each`;
  const [ahead, behind] = leads.first > leads.second ? [first, second] : [second, first];
  const [more, fewer] = [Math.max(leads.first, leads.second), Math.min(leads.first, leads.second)];
  return `${ahead} leads ${more}, ${behind} ${fewer}${leads.even ? `, ${leads.even} even` : ""}`;
}
