import { useQuery } from "@tanstack/react-query";
import { answered, api, type Schemas } from "@/api/client";
import { shownPercent, shownValue } from "@/shared/format/numbers";
import { RowsShape } from "@/shared/states/Shapes";
import { QueryStates } from "@/shared/states/States";

type Sheet = Schemas["SheetAnswer"];

/** The sheets about a player and one thing more: a weapon, a mode. */
export function usagesOf(whole: Schemas["GameAnswer"]): { sheet: Sheet; by: string }[] {
  return whole.sheets.flatMap((sheet) => {
    const others = sheet.key.filter((key) => key.type !== "player");
    const isUsage = sheet.key.length === 2 && others.length === 1 && others[0]?.type === "str";
    const adds = sheet.columns.some((column) => column.fold === "count" || column.fold === "sum");
    return isUsage && adds ? [{ sheet, by: others[0]?.name ?? "" }] : [];
  });
}

type UsageProps = { readonly game: string; readonly sheet: Sheet; readonly by: string };

/** What is used how much, over all players: a weapon's kills, a mode's runs. */
export function Usage({ game, sheet, by }: UsageProps) {
  const asked = useQuery({
    queryKey: ["totals", game, sheet.name, by],
    queryFn: () =>
      answered(
        api.GET("/v1/games/{game}/sheets/{sheet}/totals", {
          params: { path: { game, sheet: sheet.name }, query: { by } },
        }),
      ),
    staleTime: 60_000,
  });
  const name = by.replaceAll("_", " ");
  return (
    <section aria-label={`By ${name}`} className="flex flex-col gap-4">
      <h2 className="font-bold text-xl">By {name}</h2>
      <QueryStates
        query={asked}
        what={`what is used by ${name}`}
        skeleton={<RowsShape rows={5} />}
        isEmpty={(data) => data.values.length === 0}
        empty={<p className="card px-4 py-3 text-quiet">The first event that counts fills this.</p>}
      >
        {(data) => <Table name={name} sheet={sheet} totals={data} />}
      </QueryStates>
    </section>
  );
}

type TableProps = {
  readonly name: string;
  readonly sheet: Sheet;
  readonly totals: Schemas["Totals"];
};

function Table({ name, sheet, totals }: TableProps) {
  const columns = totals.columns.flatMap((each) => sheet.columns.filter((column) => column.name === each));
  const first = columns[0];
  const all = totals.values.reduce((sum, each) => sum + Number(each.totals[first?.name ?? ""] ?? 0), 0);
  return (
    <div className="card overflow-x-auto" role="region" aria-label={`By ${name}: table`} tabIndex={0}>
      <table className="w-full text-right [overflow-wrap:normal]">
        <thead className="text-quiet text-sm">
          <tr>
            <th
              scope="col"
              className="sticky left-0 bg-raised px-4 py-2 text-left font-normal first-letter:uppercase"
            >
              {name}
            </th>
            <th scope="col" className="px-3 py-2 text-left font-normal">
              Share of {first?.title.toLowerCase()}
            </th>
            <th scope="col" className="px-3 py-2 font-normal">
              Players
            </th>
            {columns.map((column) => (
              <th key={column.name} scope="col" className="whitespace-nowrap px-3 py-2 font-normal">
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {totals.values.map((each) => {
            const share = all > 0 ? (100 * Number(each.totals[first?.name ?? ""] ?? 0)) / all : 0;
            return (
              <tr key={String(each.value)}>
                <th scope="row" className="sticky left-0 bg-raised px-4 py-2 text-left font-medium">
                  {String(each.value)}
                </th>
                <td className="px-3 py-2">
                  <span className="flex items-center gap-2">
                    <span aria-hidden="true" className="block h-2 w-24 overflow-hidden rounded-full bg-line">
                      <span className="block h-full bg-link" style={{ width: `${share}%` }} />
                    </span>
                    <span className="text-quiet text-sm">{shownPercent(share)}</span>
                  </span>
                </td>
                <td className="px-3 py-2 text-quiet">{each.players.toLocaleString("en")}</td>
                {columns.map((column) => (
                  <td key={column.name} className="whitespace-nowrap px-3 py-2">
                    {shownValue(each.totals[column.name], column)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
