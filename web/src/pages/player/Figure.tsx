import type { Schemas } from "@/api/client";
import { shownValue, shownWithUnit, unitBeside } from "@/shared/format/numbers";
import { Rolling } from "@/shared/format/Rolling";
import { PercentileBar } from "@/shared/players/PercentileBar";
import { cellOf } from "@/shared/why/cell";
import { Why } from "@/shared/why/Why";

type FigureProps = {
  readonly profile: Schemas["PlayerAnswer"];
  readonly game: string;
  readonly sheet: Schemas["SheetAnswer"];
  readonly column: Schemas["ColumnAnswer"];
  readonly row: Schemas["SheetStats"];
};

/** One number, large: what it is, how much, and among how many. */
export function Figure({ profile, game, sheet, column, row }: FigureProps) {
  const place = row.percentiles?.[column.name];
  return (
    <li className="flex min-w-0 flex-col gap-1">
      <span className="text-quiet text-sm" title={column.text || undefined}>
        {column.title}
      </span>
      <span className="font-bold text-xl [&_button]:px-0 [&_button]:text-left">
        <Value profile={profile} game={game} sheet={sheet} column={column} row={row} />
      </span>
      {place && (
        <PercentileBar
          percentile={place.percentile}
          players={place.players}
          label={`${column.title}: share of players at or below`}
        />
      )}
    </li>
  );
}

/** The number alone, which answers "why?". */
export function Value({ profile, game, sheet, column, row }: FigureProps) {
  const unit = row.values[column.name] === null ? "" : unitBeside(column);
  return (
    <Why
      cell={cellOf({ game, sheet, column: column.name, player: profile.player, window: row.window })}
      label={`${column.title} of ${profile.shown_name}`}
      shown={shownWithUnit(row.values[column.name], column)}
    >
      <Rolling value={row.values[column.name]} show={(value) => shownValue(value, column)} />
      {unit && <span className="font-normal text-quiet text-sm"> {unit}</span>}
    </Why>
  );
}
