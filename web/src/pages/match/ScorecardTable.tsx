import { Link } from "@tanstack/react-router";
import type { Scorecard } from "./scorecard";

type ScorecardTableProps = {
  readonly card: Scorecard;
  readonly names: Readonly<Record<string, string>>;
  readonly whose: { game?: string };
};

/** What all rounds came to stays in sight while the rounds are pushed along. */
const TOTALS = "sticky right-0 bg-raised shadow-[-1px_0_0_var(--line)]";

/** Players by rounds, as on the paper card. */
export function ScorecardTable({ card, names, whose }: ScorecardTableProps) {
  const last = card.columns.length - 1;
  return (
    <section aria-labelledby="scorecard">
      <h2 id="scorecard" className="mb-3 font-bold text-xl">
        Scorecard
      </h2>
      <div className="card overflow-x-auto" role="region" aria-label="Scorecard: table" tabIndex={0}>
        <table className="w-full text-right [overflow-wrap:normal]">
          <thead className="text-quiet text-sm">
            <tr>
              <th scope="col" className="sticky left-0 bg-raised px-4 py-2 text-left font-normal">
                Player
              </th>
              {card.columns.map((column, at) => (
                <th
                  key={column.id}
                  scope="col"
                  className={`px-3 py-2 font-normal ${at === last && card.sumsUp ? TOTALS : ""}`}
                  title={column.text}
                >
                  {column.title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {card.players.map((player) => (
              <tr key={player}>
                <th scope="row" className="sticky left-0 bg-raised px-4 py-2 text-left font-medium">
                  <span className="flex items-center gap-2">
                    {player in names ? (
                      <Link
                        to="/p/$player"
                        params={{ player }}
                        search={whose}
                        className="max-w-48 truncate hover:text-link"
                      >
                        <bdi>{names[player]}</bdi>
                      </Link>
                    ) : (
                      <bdi className="max-w-48 truncate text-quiet">{player}</bdi>
                    )}
                    {player === card.winner && (
                      <span className="text-up" title="The winner">
                        <span aria-hidden="true">★</span>
                        <span className="sr-only">the winner</span>
                      </span>
                    )}
                  </span>
                </th>
                {card.columns.map((column, at) => (
                  <td
                    key={column.id}
                    className={`px-3 py-2 ${at === last && card.sumsUp ? `font-bold ${TOTALS}` : "text-quiet"}`}
                  >
                    {column.scores[player]?.toLocaleString("en") ?? "–"}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
