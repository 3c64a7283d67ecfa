import { getRouteApi, Link } from "@tanstack/react-router";
import { useId, useState } from "react";
import type { Schemas } from "@/api/client";
import { ownFirst } from "@/api/games";
import { capital, shownCount, shownTime } from "@/shared/format/numbers";
import { Strip } from "@/shared/strip/Strip";
import { WINDOW_TITLES, WindowTabs } from "@/shared/windows/WindowTabs";
import type { Board, Sheet } from "./asked";
import { Finder } from "./Finder";
import type { LinesAsked } from "./lines";
import { TimeSlider } from "./TimeSlider";

const route = getRouteApi("/g/$game/b/$board");

type BoardHeadProps = {
  readonly whole: Schemas["GameAnswer"];
  readonly board: Board;
  readonly sheet: Sheet;
  readonly parts: readonly Schemas["Part"][];
  readonly partition: Readonly<Record<string, string>>;
  readonly asked: LinesAsked;
  readonly find: (player: string, place: number) => string;
};

/** What the board is, and everything that changes what it shows. */
export function BoardHead({ whole, board, sheet, parts, partition, asked, find }: BoardHeadProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [open, setOpen] = useState(false);
  const choicesId = useId();
  const window = search.window ?? sheet.windows.find((each) => each === "all") ?? sheet.windows[0] ?? "";
  const shown = [
    WINDOW_TITLES[window] ?? window,
    ...Object.values(partition),
    ...(asked.asOf ? [shownTime(asked.asOf)] : []),
  ].join(" · ");
  return (
    <header className="flex flex-col gap-2 sm:gap-4">
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0 grow basis-0">
          <Link to="/g/$game" params={{ game: whole.game }} className="text-link hover:underline">
            <span aria-hidden="true">{whole.icon}</span> {whole.title}
          </Link>
          <h1 className="font-bold text-2xl">{board.title}</h1>
          {board.text && <p className="text-quiet max-sm:truncate">{board.text}</p>}
        </div>
        {/* On a phone the lines of the board come first: what chooses among them is folded. */}
        <button
          type="button"
          className="button max-w-3/5 px-3! sm:hidden!"
          aria-expanded={open}
          aria-controls={choicesId}
          onClick={() => setOpen(!open)}
        >
          <span className="truncate">{shown}</span>
          <span aria-hidden="true">{open ? "▴" : "▾"}</span>
        </button>
      </div>
      <nav aria-label="Boards">
        <Strip>
          {ownFirst(whole.boards).map((each) => (
            <Link
              key={each.name}
              to="/g/$game/b/$board"
              params={{ game: whole.game, board: each.name }}
              search={each.sheet === board.sheet ? search : {}}
              className="tab"
              activeOptions={{ includeSearch: false }}
            >
              {each.title}
            </Link>
          ))}
        </Strip>
      </nav>
      <div id={choicesId} className={`flex flex-col gap-4 ${open ? "" : "max-sm:hidden"}`}>
        <div className="flex flex-wrap items-end gap-3">
          <div className="max-sm:w-full">
            <WindowTabs
              game={whole.game}
              timezone={whole.timezone}
              windows={sheet.windows}
              current={search.window}
              change={(window) => void navigate({ search: { ...search, window } })}
            />
          </div>
          <Parts board={board} parts={parts} partition={partition} />
          <Finder asked={asked} find={find} />
        </div>
        <TimeSlider />
      </div>
    </header>
  );
}

type PartsProps = {
  readonly board: Board;
  readonly parts: readonly Schemas["Part"][];
  readonly partition: Readonly<Record<string, string>>;
};

/** One filter for all partitions of a board: those that there are, with how many stand in each. */
function Parts({ board, parts, partition }: PartsProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  if (!board.partitions.some((names) => names.length > 0)) return null;
  const everybody = board.partitions.some((names) => names.length === 0);
  const value = Object.keys(partition).length > 0 ? keyOf(partition) : "";
  return (
    <label className="flex items-center gap-x-3 gap-y-1 text-quiet text-sm max-sm:w-full sm:flex-col sm:items-start">
      <span className="whitespace-nowrap">{capital([...new Set(board.partitions.flat())].join(", "))}</span>
      <select
        className="field w-full text-base text-ink sm:w-auto sm:min-w-40"
        value={value}
        onChange={(event) => {
          const chosen = parts.find((part) => keyOf(part.partition) === event.target.value);
          const given = chosen
            ? Object.fromEntries(Object.entries(chosen.partition).map(([name, part]) => [name, String(part)]))
            : undefined;
          void navigate({ search: { ...search, partition: given } });
        }}
      >
        {everybody && <option value="">Everybody</option>}
        {parts.map((part) => (
          <option key={keyOf(part.partition)} value={keyOf(part.partition)}>
            {Object.values(part.partition).join(" · ")} ({shownCount(part.standings)})
          </option>
        ))}
      </select>
    </label>
  );
}

function keyOf(partition: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(
    Object.entries(partition)
      .map(([name, value]) => [name, String(value)])
      .sort(),
  );
}
