import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { columnsOf, ownFirst } from "@/api/games";
import { standingsQuery } from "@/api/players";
import { saidCondition } from "@/shared/format/condition";
import { shownCount, shownWithUnit } from "@/shared/format/numbers";
import { Rolling } from "@/shared/format/Rolling";
import { topShare } from "@/shared/players/PercentileBar";
import { Medal } from "@/shared/standings/Medal";
import { RowsShape } from "@/shared/states/Shapes";
import { QueryStates } from "@/shared/states/States";
import { cellOf } from "@/shared/why/cell";
import { Why } from "@/shared/why/Why";
import { partOf } from "./Overview";

type StandingsProps = {
  readonly profile: Schemas["PlayerAnswer"];
  readonly whole: Schemas["GameAnswer"];
  readonly window: string | undefined;
};

/** Where the player stands on each board, and what it takes where not yet. */
export function Standings({ profile, whole, window }: StandingsProps) {
  const asked = useQuery(standingsQuery(profile.player, { game: whole.game, window }));
  return (
    <section aria-labelledby="standings">
      <h2 id="standings" className="mb-4 font-bold text-xl">
        Standings
      </h2>
      <QueryStates query={asked} what="standings" skeleton={<RowsShape rows={6} round />}>
        {(data) => (
          <ul className="card divide-y divide-line">
            {ownFirst(whole.boards).map((board) => {
              const places = data.standings.filter((one) => one.board === board.name);
              return places.length > 0 ? (
                places.map((place) => (
                  <Place
                    key={JSON.stringify([board.name, place.partition])}
                    board={board}
                    place={place}
                    profile={profile}
                    sheet={whole.sheets.find((sheet) => sheet.name === board.sheet)}
                    window={window}
                  />
                ))
              ) : (
                <li
                  key={board.name}
                  className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3 text-quiet"
                >
                  <span className="grow basis-40">{board.title}</span>
                  <span className="text-sm">
                    {board.where ? (
                      <>not yet: it takes {saidCondition(board.where, columnsOf(whole, board.sheet))}</>
                    ) : (
                      "does not stand here in this window"
                    )}
                  </span>
                </li>
              );
            })}
          </ul>
        )}
      </QueryStates>
    </section>
  );
}

type PlaceProps = {
  readonly board: Schemas["BoardAnswer"];
  readonly place: Schemas["BoardPlace"];
  readonly profile: Schemas["PlayerAnswer"];
  readonly sheet: Schemas["SheetAnswer"] | undefined;
  readonly window: string | undefined;
};

/** A line that leads to the board, whose number says why it is what it is. */
function Place({ board, place, profile, sheet, window }: PlaceProps) {
  const part = Object.values(place.partition).join(", ");
  const value = <Rolling value={place.value} show={(value) => shownWithUnit(value, board)} />;
  const column = board.by[0]?.column;
  return (
    <li className="relative grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-4 px-4 py-3 hover:bg-line/40">
      <Medal rank={place.rank} value={place.value} board={board} />
      <Link
        to="/g/$game/b/$board"
        params={{ game: place.game, board: board.name }}
        search={{ player: profile.player, window, ...partOf(place) }}
        className="min-w-0 after:absolute after:inset-0"
      >
        <span className="block font-medium">
          {board.title}
          {part && <span className="text-quiet"> · {part}</span>}
        </span>
        <span className="text-quiet text-sm">
          of {shownCount(place.total)}
          {place.total > 1 && ` · ${topShare(place.percentile, place.total)}`}
        </span>
      </Link>
      <span className="text-right font-semibold">
        {sheet && column ? (
          <Why
            cell={cellOf({ ...place, sheet, column, player: profile.player, window })}
            label={`${board.title} of ${profile.shown_name}`}
            shown={shownWithUnit(place.value, board)}
          >
            {value}
          </Why>
        ) : (
          value
        )}
      </span>
    </li>
  );
}
