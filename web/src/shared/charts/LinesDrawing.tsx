import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { type Shape, shownWithUnit } from "@/shared/format/numbers";

type LinesDrawingProps = {
  readonly title: string;
  readonly shape: Shape;
  readonly points: readonly { readonly window: string; readonly value: number | null }[];
};

/** One number over time; the table beside it is what is read aloud. */
export function LinesDrawing({ title, shape, points }: LinesDrawingProps) {
  return (
    <ResponsiveContainer width="100%" height="100%">
      <LineChart
        data={[...points]}
        margin={{ top: 8, right: 12, bottom: 0, left: 0 }}
        accessibilityLayer={false}
      >
        <CartesianGrid stroke="var(--line)" vertical={false} />
        <XAxis
          dataKey="window"
          tick={{ fill: "var(--quiet)", fontSize: 12 }}
          stroke="var(--line)"
          minTickGap={24}
        />
        <YAxis
          width={56}
          domain={["auto", "auto"]}
          tick={{ fill: "var(--quiet)", fontSize: 12 }}
          stroke="var(--line)"
          tickFormatter={(value: number) => value.toLocaleString("en", { notation: "compact" })}
        />
        <Tooltip
          formatter={(value) => [shownWithUnit(value, shape), title]}
          contentStyle={{ background: "var(--raised)", borderColor: "var(--line)", borderRadius: 8 }}
          labelStyle={{ color: "var(--quiet)" }}
          itemStyle={{ color: "var(--ink)" }}
        />
        <Line
          dataKey="value"
          stroke="var(--link)"
          strokeWidth={2}
          dot={{ r: 3, fill: "var(--link)" }}
          isAnimationActive={false}
          connectNulls
        />
      </LineChart>
    </ResponsiveContainer>
  );
}
