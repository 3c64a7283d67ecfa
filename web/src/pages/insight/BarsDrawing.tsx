import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";

export type Bars = {
  readonly title: string;
  readonly bars: readonly { readonly label: string; readonly value: number }[];
};

/** Drawn only; the table beside it is what is read aloud. */
export function BarsDrawing({ title, bars }: Bars) {
  return (
    <ResponsiveContainer width="100%" height="100%">
      <BarChart data={[...bars]} margin={{ top: 8, right: 8, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid stroke="var(--line)" vertical={false} />
        <XAxis
          dataKey="label"
          tick={{ fill: "var(--quiet)", fontSize: 12 }}
          stroke="var(--line)"
          minTickGap={24}
        />
        <YAxis
          width={48}
          allowDecimals={false}
          tick={{ fill: "var(--quiet)", fontSize: 12 }}
          stroke="var(--line)"
          tickFormatter={(value: number) => value.toLocaleString("en", { notation: "compact" })}
        />
        <Tooltip
          cursor={{ fill: "var(--line)", opacity: 0.4 }}
          formatter={(value) => [Number(value).toLocaleString("en"), title]}
          contentStyle={{ background: "var(--raised)", borderColor: "var(--line)", borderRadius: 8 }}
          labelStyle={{ color: "var(--quiet)" }}
          itemStyle={{ color: "var(--ink)" }}
        />
        <Bar
          dataKey="value"
          fill="color-mix(in srgb, var(--link) 70%, var(--raised))"
          radius={[3, 3, 0, 0]}
          isAnimationActive={false}
        />
      </BarChart>
    </ResponsiveContainer>
  );
}
