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
      <RadarChart data={data} outerRadius="65%" accessibilityLayer={false}>
        <PolarGrid stroke="var(--line)" />
        <PolarRadiusAxis domain={[0, 100]} tickCount={5} tick={false} axisLine={false} />
        <PolarAngleAxis dataKey="title" tick={AxisName} />
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
            isAnimationActive={false}
          />
        ))}
      </RadarChart>
    </ResponsiveContainer>
  );
}

type AxisNameProps = {
  readonly x?: number | string;
  readonly y?: number | string;
  readonly cy?: number | string;
  readonly textAnchor?: "start" | "middle" | "end" | "inherit";
  readonly payload?: { readonly value: string };
};

const LINE_PX = 15;
/** From the end of an axis to the middle of the line next to it. */
const AWAY_PX = 4;

/**
 * A name in as many lines as it has words: a phone has room for no more. Beside the shape it is centred on its axis; above
 * and below it all lines stand outside.
 */
function AxisName({ x, y, cy, textAnchor, payload }: AxisNameProps) {
  const words = (payload?.value ?? "").split(" ");
  const height = (words.length - 1) * LINE_PX;
  const [at, middle] = [Number(y ?? 0), Number(cy ?? 0)];
  const top = textAnchor !== "middle" ? at - height / 2 : at < middle ? at - height - AWAY_PX : at + AWAY_PX;
  return (
    <text x={x} y={top} textAnchor={textAnchor} dominantBaseline="central" fill="var(--quiet)" fontSize={12}>
      {words.map((word, at) => (
        <tspan key={words.slice(0, at + 1).join(" ")} x={x} dy={at === 0 ? 0 : LINE_PX}>
          {word}
        </tspan>
      ))}
    </text>
  );
}
