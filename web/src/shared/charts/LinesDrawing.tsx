import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { type Shape, shownWithUnit } from "@/shared/format/numbers";
import { type Point, withGaps } from "./gaps";

type LinesDrawingProps = {
  readonly title: string;
  readonly shape: Shape;
  readonly points: readonly Point[];
  /** What stands at the axis for a moment. */
  readonly name: (at: number) => string;
  /** What a click on the point of a moment does. */
  readonly choose: (at: number) => void;
};

/** One number over time, to scale: where nothing was played there is no line. The table beside it is what is read aloud. */
export function LinesDrawing({ title, shape, points, name, choose }: LinesDrawingProps) {
  return (
    <ResponsiveContainer width="100%" height="100%">
      <LineChart
        data={withGaps(points)}
        margin={{ top: 8, right: 12, bottom: 0, left: 0 }}
        accessibilityLayer={false}
      >
        <CartesianGrid stroke="var(--line)" vertical={false} />
        <XAxis
          dataKey="at"
          type="number"
          scale="time"
          domain={["dataMin", "dataMax"]}
          ticks={points.map((point) => point.at)}
          tickFormatter={name}
          tick={{ fill: "var(--quiet)", fontSize: 12 }}
          stroke="var(--line)"
          minTickGap={24}
        />
        <YAxis
          width={56}
          domain={["auto", "auto"]}
          allowDecimals={points.some((point) => point.value !== null && !Number.isInteger(point.value))}
          tick={{ fill: "var(--quiet)", fontSize: 12 }}
          stroke="var(--line)"
          tickFormatter={(value: number) => value.toLocaleString("en", { notation: "compact" })}
        />
        <Tooltip
          labelFormatter={(at) => name(Number(at))}
          formatter={(value) => [shownWithUnit(value, shape), title]}
          contentStyle={{ background: "var(--raised)", borderColor: "var(--line)", borderRadius: 8 }}
          labelStyle={{ color: "var(--quiet)" }}
          itemStyle={{ color: "var(--ink)" }}
        />
        <Line
          dataKey="value"
          stroke="var(--link)"
          strokeWidth={2}
          dot={({ cx, cy, payload }: Dot) => (
            <PointDot key={payload.at} cx={cx} cy={cy} choose={() => choose(payload.at)} />
          )}
          activeDot={{ r: 5, pointerEvents: "none" }}
          isAnimationActive={false}
        />
      </LineChart>
    </ResponsiveContainer>
  );
}

type Dot = { readonly cx?: number | null; readonly cy?: number | null; readonly payload: Point };
type PointDotProps = {
  readonly cx: number | null | undefined;
  readonly cy: number | null | undefined;
  readonly choose: () => void;
};

/** What can be hit is larger than what is seen. */
function PointDot({ cx, cy, choose }: PointDotProps) {
  if (cx == null || cy == null) return null;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: read aloud is the table beside it, whose numbers are buttons
    <g className="point-dot cursor-pointer" onClick={choose}>
      <circle cx={cx} cy={cy} r={10} fill="transparent" />
      <circle cx={cx} cy={cy} r={3} fill="var(--link)" />
    </g>
  );
}
