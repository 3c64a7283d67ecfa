import type { Right } from "@/api/caller";

export type ServerPart = "games" | "keys" | "jobs" | "audit";
export type ManageSearch = { readonly show?: ServerPart | undefined; readonly before?: number | undefined };

const PARTS: readonly ServerPart[] = ["games", "keys", "jobs", "audit"];

export function manageSearch(given: Record<string, unknown>): ManageSearch {
  const show = PARTS.find((part) => part === given.show && part !== "games");
  return { show };
}

/** The parts of one game's page, and the right that each needs. */
export const SECTIONS = {
  quarantine: { title: "Quarantine", right: "moderation" },
  corrections: { title: "Corrections", right: "moderation" },
  seasons: { title: "Seasons", right: "seasons" },
  definition: { title: "Definition", right: "manage" },
  jobs: { title: "Jobs", right: "manage" },
} as const satisfies Readonly<Record<string, { title: string; right: Right }>>;

export type Section = keyof typeof SECTIONS;

export function isSection(name: string): name is Section {
  return name in SECTIONS;
}

/** What a correction can be prefilled with, so that a page can lead to it. */
export type SectionSearch = {
  readonly match?: string | undefined;
  readonly event?: string | undefined;
  readonly player?: string | undefined;
  readonly reason?: string | undefined;
  readonly status?: "waiting" | "accepted" | "refused" | "all" | undefined;
};

export function sectionSearch(given: Record<string, unknown>): SectionSearch {
  const text = (name: string) => {
    const value = given[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  };
  const status = (["accepted", "refused", "all"] as const).find((each) => each === given.status);
  return {
    match: text("match"),
    event: text("event"),
    player: text("player"),
    reason: text("reason"),
    status,
  };
}
