import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answered, api, type Schemas } from "@/api/client";
import { shownWithUnit } from "@/shared/format/numbers";
import { useWhose } from "@/shared/players/whose";
import { Skeleton } from "@/shared/states/States";
import { Why } from "@/shared/why/Why";

const SHOWN = 6;

type Sheet = Schemas["SheetAnswer"];
type Column = Schemas["ColumnAnswer"];
type RecordsProps = { readonly whole: Schemas["GameAnswer"] };

/** The greatest of what a sheet keeps the greatest of, and the least of what it keeps the least of. */
export function recordsOf(sheets: readonly Sheet[]): { sheet: Sheet; column: Column; order: string }[] {
  return sheets
    .filter((sheet) => sheet.key.length === 1 && sheet.key[0]?.type === "player" && sheet.name !== "awards")
    .flatMap((sheet) =>
      sheet.columns
        .filter((column) => /^(int|float)/.test(column.type) && isExtreme(column))
        .map((column) => ({
          sheet,
          column,
          order: `${column.name} ${column.fold === "min" ? "asc" : "desc"}`,
        })),
    )
    .slice(0, SHOWN);
}

function isExtreme(column: Column): boolean {
  return column.fold === "min" || column.fold === "max" || column.name.endsWith("_streak_best");
}

/** Who holds which record, of all time. */
export function Records({ whole }: RecordsProps) {
  const records = recordsOf(whole.sheets);
  const answers = useQueries({
    queries: records.map(({ sheet, order }) => ({
      queryKey: ["record", whole.game, sheet.name, order],
      queryFn: () =>
        answered(
          api.GET("/v1/games/{game}/sheets/{sheet}", {
            params: { path: { game: whole.game, sheet: sheet.name }, query: { order, limit: 1 } },
          }),
        ),
      staleTime: 60_000,
    })),
  });
  if (records.length === 0) return null;
  return (
    <section aria-labelledby="records">
      <h2 id="records" className="mb-4 font-bold text-xl">
        Records
      </h2>
      <ul className="card divide-y divide-line">
        {records.map(({ sheet, column }, at) => (
          <li
            key={`${sheet.name}/${column.name}`}
            className="grid grid-cols-[minmax(0,1fr)_auto_6rem] items-center gap-4 px-4 py-3"
          >
            <span className="min-w-0 text-quiet">{column.title}</span>
            {answers[at]?.isPending ? (
              <Skeleton className="col-span-2 h-6 w-32 justify-self-end" />
            ) : (
              <Holder game={whole.game} sheet={sheet} column={column} row={answers[at]?.data?.rows[0]} />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

type HolderProps = {
  readonly game: string;
  readonly sheet: Sheet;
  readonly column: Column;
  readonly row: Schemas["SheetRow"] | undefined;
};

function Holder({ game, sheet, column, row }: HolderProps) {
  const whose = useWhose();
  const key = sheet.key[0]?.name ?? "player";
  const value = row?.values[column.name];
  if (!row || value === null || value === undefined)
    return <span className="col-span-2 text-quiet">nobody yet</span>;
  const player = String(row.key[key]);
  const name = row.names[key] ?? player;
  return (
    <>
      <Link
        to="/p/$player"
        params={{ player }}
        search={whose(game)}
        className="min-w-0 truncate font-medium hover:text-link"
      >
        <bdi>{name}</bdi>
      </Link>
      <span className="shrink-0 whitespace-nowrap text-right font-semibold">
        <Why
          cell={{ game, sheet: sheet.name, column: column.name, key: { [key]: player } }}
          label={`${column.title} of ${name}`}
          shown={shownWithUnit(value, column)}
        />
      </span>
    </>
  );
}
