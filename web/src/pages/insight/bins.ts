import { shownValue } from "@/shared/format/numbers";

type Bin = { readonly from: number; readonly to: number };
type Shape = { readonly type: string; readonly decimals?: number; readonly unit?: string };

/** What a bin holds: of whole numbers its first and last, of others from where up to where. */
export function labelOf(bin: Bin, column: Shape, isLast: boolean): string {
  if (column.type.startsWith("int")) {
    const last = isLast ? Math.max(bin.from, bin.to - 1) : bin.to - 1;
    const [one, other] = [shownValue(bin.from, column), shownValue(last, column)];
    return one === other ? one : `${one} to ${other}`;
  }
  const shape = { ...column, decimals: Math.max(column.decimals ?? 0, 1) };
  return `${shownValue(bin.from, shape)} to ${shownValue(bin.to, shape)}`;
}
