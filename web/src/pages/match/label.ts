import { capital } from "@/shared/format/numbers";

const UNITS = ["ms", "s", "m"] as const;

/** A field of an event as a label; units stand at the end of names: "distance_m" is "Distance", in metres. */
export function labelOf(name: string): { readonly label: string; readonly unit: string } {
  const unit = UNITS.find((each) => name.endsWith(`_${each}`)) ?? "";
  return { label: capital(unit ? name.slice(0, -unit.length - 1) : name), unit };
}
