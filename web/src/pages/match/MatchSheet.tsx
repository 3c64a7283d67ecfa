import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answered, api, type Schemas } from "@/api/client";
import { shownValue } from "@/shared/format/numbers";
import { useWhose } from "@/shared/players/whose";
import { RowsShape } from "@/shared/states/Shapes";
import { QueryStates } from "@/shared/states/States";
import { Why } from "@/shared/why/Why";

type MatchSheetProps = {
  readonly game: string;
  readonly match: string;
  readonly sheet: Schemas["SheetAnswer"];
};

/** The rows that a match has in a sheet. */
export function MatchSheet({ game, match, sheet }: MatchSheetProps) {
  const ofGame = useWhose()(game);
  const asked = useQuery({
    queryKey: ["match", game, match, "sheet", sheet.name],
    queryFn: () =>
      answered(
        api.GET("/v1/games/{game}/matches/{match}/sheets/{sheet}", {
          params: { path: { game, match, sheet: sheet.name }, query: { limit: 200 } },
        }),
      ),
  });
  const keys = sheet.key.filter((column) => column.name !== "match");
  return (
    <section aria-label={sheet.title || sheet.name}>
      <h2 className="mb-3 font-bold text-xl">{sheet.title || sheet.name}</h2>
      <QueryStates
        query={asked}
        what={sheet.title}
        skeleton={<RowsShape rows={4} />}
        isEmpty={(data) => data.rows.length === 0}
        empty={<p className="text-quiet">Nothing has happened yet that this counts.</p>}
      >
        {(data) => (
          <div
            className="card overflow-x-auto"
            role="region"
            aria-label={`${sheet.title}: table`}
            tabIndex={0}
          >
            <table className="w-full text-left">
              <thead className="text-quiet text-sm">
                <tr>
                  {keys.map((column) => (
                    <th key={column.name} scope="col" className="px-4 py-2 font-normal">
                      {column.name.replaceAll("_", " ")}
                    </th>
                  ))}
                  {sheet.columns.map((column) => (
                    <th key={column.name} scope="col" className="px-4 py-2 text-right font-normal">
                      {column.title}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody className="divide-y divide-line">
                {data.rows.map((row) => {
                  const key = Object.fromEntries(
                    Object.entries(row.key).map(([name, value]) => [name, String(value)]),
                  );
                  const whose = keys.map((column) => row.names[column.name] ?? key[column.name]).join(", ");
                  return (
                    <tr key={JSON.stringify(row.key)}>
                      {keys.map((column) => (
                        <th key={column.name} scope="row" className="px-4 py-2 font-medium">
                          {column.type === "player" ? (
                            <Link
                              to="/p/$player"
                              params={{ player: key[column.name] ?? "" }}
                              search={ofGame}
                              className="hover:text-link"
                            >
                              <bdi>{row.names[column.name] ?? key[column.name]}</bdi>
                            </Link>
                          ) : (
                            key[column.name]
                          )}
                        </th>
                      ))}
                      {sheet.columns.map((column) => (
                        <td key={column.name} className="px-4 py-2 text-right">
                          <Why
                            cell={{ game, sheet: sheet.name, column: column.name, key: { ...key, match } }}
                            label={`${column.title} of ${whose}`}
                            shown={shownValue(row.values[column.name], column)}
                          />
                        </td>
                      ))}
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        )}
      </QueryStates>
    </section>
  );
}
