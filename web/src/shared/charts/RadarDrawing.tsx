import { PolarAngleAxis, PolarGrid, PolarRadiusAxis, Radar, RadarChart, ResponsiveContainer } from "recharts";
import type { Axis, Line } from "./Shape";

type RadarDrawingProps = { readonly axes: readonly Axis[]; readonly lines: readonly Line[] };

const STROKES = ["var(--link)", "var(--up)"] as const;

/** Drawn only; the table beside it is what is read aloud. */
export function RadarDrawing({ axes, lines }: RadarDrawingProps) {
  const data = axes.map((axis) => ({
    title: axis.title,
    ...Object.fromEntries(axis.percentiles.map((percentile, at) => [`line${at}`, percentile ?? 0])),
  }));
  return (
    <ResponsiveContainer width="100%" height="100%">
      <RadarChart data={data} outerRadius="68%" accessibilityLayer={false}>
        <PolarGrid stroke="var(--line)" />
        <PolarRadiusAxis domain={[0, 100]} tickCount={5} tick={false} axisLine={false} />
        <PolarAngleAxis dataKey="title" tick={{ fill: "var(--quiet)", fontSize: 13 }} />
        <Radar
          dataKey={() => 50}
          stroke="var(--quiet)"
          strokeDasharray="3 4"
          fill="none"
          isAnimationActive={false}
        />
        {lines.map((line, at) => (
          <Radar
            key={line.player}
            dataKey={`line${at}`}
            stroke={STROKES[at % STROKES.length] ?? "var(--link)"}
            strokeWidth={2}
            strokeDasharray={at === 0 ? "0" : "6 3"}
            fill={STROKES[at % STROKES.length] ?? "var(--link)"}
            fillOpacity={0.18}
            animationDuration={250}
          />
        ))}
      </RadarChart>
    </ResponsiveContainer>
  );
}
