import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answered, api, type Schemas } from "@/api/client";
import { shownWithUnit } from "@/shared/format/numbers";
import { Empty, QueryStates, Skeleton } from "@/shared/states/States";
import { WINDOW_TITLES } from "@/shared/windows/WindowTabs";
import { BarsFigure } from "./BarsFigure";
import { labelOf } from "./bins";

const route = getRouteApi("/g/$game/insight");
const BINS = 20;

type Sheet = Schemas["SheetAnswer"];

/** How the values of a column are spread over the players. */
export function Spread({ whole }: { readonly whole: Schemas["GameAnswer"] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const sheets = whole.sheets.filter(
    (sheet) => sheet.key.some((key) => key.type === "player") && numbersOf(sheet).length > 0,
  );
  const sheet = sheets.find((each) => each.name === search.sheet) ?? sheets[0];
  const columns = sheet ? numbersOf(sheet) : [];
  const column = columns.find((each) => each.name === search.column) ?? columns[0];
  const window = sheet?.windows.find((each) => each === search.window) ?? sheet?.windows[0];
  const asked = useQuery({
    queryKey: ["histogram", whole.game, sheet?.name, column?.name, window],
    queryFn: () =>
      answered(
        api.GET("/v1/games/{game}/sheets/{sheet}/histogram", {
          params: {
            path: { game: whole.game, sheet: sheet?.name ?? "" },
            query: { column: column?.name ?? "", bins: BINS, ...(window ? { window } : {}) },
          },
        }),
      ),
    enabled: sheet !== undefined && column !== undefined,
  });
  const choose = (change: Readonly<Record<string, string | undefined>>) =>
    void navigate({ search: { ...search, ...change }, replace: true, resetScroll: false });
  if (!sheet || !column) return null;
  return (
    <section aria-labelledby="spread" className="flex flex-col gap-4">
      <h2 id="spread" className="font-bold text-xl">
        How numbers are spread
      </h2>
      <div className="flex flex-wrap gap-3">
        {sheets.length > 1 && (
          <Choice
            label="Sheet"
            value={sheet.name}
            options={sheets.map((each) => [each.name, each.title || each.name])}
            choose={(name) => choose({ sheet: name, column: undefined, window: undefined })}
          />
        )}
        <Choice
          label="Column"
          value={column.name}
          options={columns.map((each) => [each.name, each.title])}
          choose={(name) => choose({ column: name })}
        />
        {sheet.windows.length > 1 && (
          <Choice
            label="Window"
            value={window ?? ""}
            options={sheet.windows.map((each) => [each, WINDOW_TITLES[each] ?? each])}
            choose={(name) => choose({ window: name })}
          />
        )}
      </div>
      <QueryStates
        query={asked}
        what="the spread"
        skeleton={<Skeleton className="h-72" />}
        isEmpty={(data) => data.rows === 0}
        empty={<Empty title="Nobody has a value here yet">It fills as the game reports events.</Empty>}
      >
        {(data) => (
          <div className="card flex flex-col gap-3 p-5">
            <p className="text-quiet">
              {data.rows.toLocaleString("en")} rows, from {shownWithUnit(data.min, column)} to{" "}
              {shownWithUnit(data.max, column)}, on average{" "}
              {shownWithUnit(data.mean, { ...column, decimals: 2 })}
              {data.empty > 0 && `; ${data.empty.toLocaleString("en")} without a value`}
            </p>
            <BarsFigure
              title="Players"
              of={column.title}
              bars={data.bins.map((bin, at) => ({
                label: labelOf(bin, column, at === data.bins.length - 1),
                value: bin.rows,
              }))}
            />
          </div>
        )}
      </QueryStates>
    </section>
  );
}

function numbersOf(sheet: Sheet) {
  return sheet.columns.filter((column) => /^(int|float)/.test(column.type));
}

type ChoiceProps = {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
  readonly choose: (name: string) => void;
};

function Choice({ label, value, options, choose }: ChoiceProps) {
  return (
    <label className="flex flex-col gap-1 text-quiet text-sm">
      {label}
      <select
        className="field w-auto min-w-32 text-base text-ink"
        value={value}
        onChange={(event) => choose(event.target.value)}
      >
        {options.map(([name, title]) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}
