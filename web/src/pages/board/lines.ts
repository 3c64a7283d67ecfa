import { type QueryClient, useQueries, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { answered, api } from "@/api/client";
import { emptyForNoWindow } from "@/api/players";
import type { FeedMessage } from "@/feed/socket";
import { type Pace, useSoon } from "@/feed/soon";
import { useTopic } from "@/feed/store";
import { type Line, topicOf } from "./asked";

export const PAGE_LINES = 100;
const MOVEMENT_SHOWN_MS = 4_000;
const REREAD: Pace = { afterMs: 1_000, everyMs: 4_000 };

export type LinesAsked = {
  readonly game: string;
  readonly board: string;
  readonly window: string | undefined;
  readonly partition: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly asOf: string | undefined;
};

type Page = { readonly total: number; readonly entries: readonly Line[]; readonly window: string };
/** What there is where no such window is open. */
const NO_WINDOW: Page = { total: 0, entries: [], window: "" };
type Told = Line & { readonly place: number };
type Moved = { readonly player: string; readonly rank: number | null; readonly previous_rank: number | null };

function pageKey(asked: LinesAsked, page: number) {
  return ["lines", asked, page] as const;
}

function pageQuery(asked: LinesAsked, page: number) {
  return {
    queryKey: pageKey(asked, page),
    queryFn: (): Promise<Page> =>
      emptyForNoWindow<Page>(NO_WINDOW, () =>
        answered(
          api.GET("/v1/games/{game}/boards/{board}", {
            params: {
              path: { game: asked.game, board: asked.board },
              query: {
                ...(asked.window ? { window: asked.window } : {}),
                ...(asked.asOf ? { as_of: asked.asOf } : {}),
                ...(asked.columns.length ? { columns: asked.columns.join(",") } : {}),
                limit: PAGE_LINES,
                offset: page * PAGE_LINES,
                ...asked.partition,
              },
            },
          }),
        ),
      ),
    staleTime: 30_000,
  };
}

/** Where one player stands on what the page shows. */
export function standingOf(asked: LinesAsked, player: string) {
  return api.GET("/v1/games/{game}/boards/{board}/players/{player}", {
    params: {
      path: { game: asked.game, board: asked.board, player },
      query: {
        ...(asked.window ? { window: asked.window } : {}),
        ...(asked.asOf ? { as_of: asked.asOf } : {}),
        ...asked.partition,
      },
    },
  });
}

/** The pages around what is on the screen; the first is always there, and says how many lines there are. */
export function useLines(asked: LinesAsked, from: number, to: number) {
  const wanted = new Set([0]);
  for (let page = Math.floor(from / PAGE_LINES); page <= Math.floor(to / PAGE_LINES); page++)
    wanted.add(page);
  const pages = [...wanted];
  const answers = useQueries({ queries: pages.map((page) => pageQuery(asked, page)) });
  const byPage = new Map(pages.map((page, at) => [page, answers[at]?.data]));
  const first = answers[0];
  return {
    first,
    total: first?.data?.total ?? 0,
    line: (at: number) => byPage.get(Math.floor(at / PAGE_LINES))?.entries[at % PAGE_LINES],
  };
}

/** How far each player has just moved, in places; up is positive. */
export type Movements = ReadonlyMap<string, number>;

/** Follows the board: the first lines are changed in place, what lies behind them is read again. */
export function useLiveLines(asked: LinesAsked): Movements {
  const queries = useQueryClient();
  const [movements, setMovements] = useState<Movements>(new Map());
  const soon = useSoon();
  const topic = asked.asOf ? null : topicOf(asked.game, asked.board, asked.window, asked.partition);
  const hear = useCallback(
    (message: FeedMessage) => {
      if (message.type !== "board.changed" && message.type !== "snapshot") return;
      takeIn(queries, asked, message);
      const moved = movementsOf(message.changes as readonly Moved[] | undefined);
      if (moved.size > 0) {
        setMovements((before) => new Map([...before, ...moved]));
        setTimeout(() => setMovements((now) => without(now, moved)), MOVEMENT_SHOWN_MS);
      }
      soon("lines", REREAD, () => {
        void queries.invalidateQueries({ queryKey: ["lines", asked] });
        void queries.invalidateQueries({ queryKey: ["standing", asked.game, asked.board] });
      });
    },
    [queries, asked, soon],
  );
  useTopic(topic, hear);
  return movements;
}

function takeIn(queries: QueryClient, asked: LinesAsked, message: FeedMessage): void {
  const told = message.entries as readonly Told[] | undefined;
  queries.setQueryData<Page>(pageKey(asked, 0), (page) => {
    if (!page || !told) return page;
    const known = new Map(page.entries.map((line) => [line.player, line.values]));
    const entries = [...page.entries];
    for (const line of told) {
      if (line.place <= PAGE_LINES) {
        entries[line.place - 1] = { ...line, values: { ...known.get(line.player), ...line.values } };
      }
    }
    return { ...page, total: typeof message.total === "number" ? message.total : page.total, entries };
  });
}

export function movementsOf(changes: readonly Moved[] = []): Map<string, number> {
  const moved = new Map<string, number>();
  for (const { player, rank, previous_rank } of changes) {
    if (rank !== null && previous_rank !== null && rank !== previous_rank)
      moved.set(player, previous_rank - rank);
  }
  return moved;
}

function without(now: Movements, gone: Movements): Movements {
  return new Map([...now].filter(([player, by]) => gone.get(player) !== by));
}
