import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ApiProblem, answered, api, type Schemas } from "@/api/client";
import { type Pace, useSoon } from "@/feed/soon";
import { inTopic, useTopic } from "@/feed/store";
import { shownPercent, shownValue, shownWithUnit, unitBeside } from "@/shared/format/numbers";
import { QueryStates, Skeleton } from "@/shared/states/States";
import { cellOf } from "@/shared/why/cell";
import { Why } from "@/shared/why/Why";
import { tierOf } from "./tier";

const OTHERS: Pace = { afterMs: 500, everyMs: 4_000 };

type Column = { readonly title: string } & Parameters<typeof unitBeside>[0];

type RankCardProps = { readonly whole: Schemas["GameAnswer"]; readonly player: string };

/** Where the player stands on the game's first board of its own: rank, total, games, percentile and tier. */
export function RankCard({ whole, player }: RankCardProps) {
  const queries = useQueryClient();
  const game = whole.game;
  const board = whole.boards.find(
    (each) => each.sheet !== "awards" && each.partitions.some((names) => !names.length),
  );
  const standing = useQuery({
    queryKey: ["standing", game, board?.name ?? "", "", {}, player],
    enabled: board !== undefined,
    queryFn: async () => {
      try {
        return await answered(
          api.GET("/v1/games/{game}/boards/{board}/players/{player}", {
            params: { path: { game, board: board?.name ?? "", player } },
          }),
        );
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 404) return null;
        throw error;
      }
    },
  });
  const stats = useQuery({
    queryKey: ["stats", player, game],
    queryFn: () =>
      answered(api.GET("/v1/players/{player}/stats", { params: { path: { player }, query: { game } } })),
    retry: false,
  });
  useTopic(`player:${inTopic(player)}`, (message) => {
    if (message.type === "standing.changed") {
      void queries.invalidateQueries({ queryKey: ["standing", game] });
      void queries.invalidateQueries({ queryKey: ["stats", player, game] });
    }
  });
  const soon = useSoon();
  // Others can change one's rank without a word to oneself.
  useTopic(board ? `board:${game}/${inTopic(board.name)}` : null, (message) => {
    if (message.type === "board.changed")
      soon("standing", OTHERS, () => void queries.invalidateQueries({ queryKey: ["standing", game] }));
  });
  if (!board) return null;
  const sheet = whole.sheets.find((each) => each.name === board.sheet);
  const games = sheet?.columns.find((column) => column.fold === "count");
  const values = stats.data?.games[game]?.sheets[board.sheet]?.values ?? {};
  const answering = (name: string | undefined, value: unknown, column: Column) => {
    const unit = unitBeside(column);
    const number = (
      <>
        {shownValue(value, column)}
        {unit && <span className="font-normal text-quiet text-sm"> {unit}</span>}
      </>
    );
    if (!sheet || !name) return number;
    const cell = cellOf({ game, sheet, column: name, player });
    return (
      <Why cell={cell} label={`Your ${column.title}`} shown={shownWithUnit(value, column)}>
        {number}
      </Why>
    );
  };
  return (
    <section aria-label="Your rank" className="card border-up p-6">
      <QueryStates query={standing} what="your rank" skeleton={<Skeleton className="h-24" />}>
        {(mine) =>
          mine ? (
            <dl className="grid grid-cols-2 gap-4 sm:grid-cols-4">
              <Fact label="Rank" value={`#${mine.rank.toLocaleString("en")}`} strong />
              <Fact label={board.title} value={answering(board.by[0]?.column, mine.value, board)} />
              {games && <Fact label={games.title} value={answering(games.name, values[games.name], games)} />}
              <Fact
                label="Percentile"
                value={shownPercent(mine.percentile)}
                badge={tierOf(mine.rank, mine.total)}
              />
            </dl>
          ) : (
            <p className="text-quiet">
              You have no rank on{" "}
              <Link
                to="/g/$game/b/$board"
                params={{ game, board: board.name }}
                className="text-link underline"
              >
                {board.title}
              </Link>{" "}
              yet: your first score gives you one.
            </p>
          )
        }
      </QueryStates>
    </section>
  );
}

type FactProps = {
  readonly label: string;
  readonly value: ReactNode;
  readonly strong?: boolean;
  readonly badge?: string | undefined;
};

function Fact({ label, value, strong = false, badge }: FactProps) {
  return (
    <div className="flex flex-col-reverse justify-end">
      <dt className="text-quiet text-sm">{label}</dt>
      <dd
        className={`flex flex-wrap items-center gap-x-2 font-bold text-xl sm:text-2xl [&_button]:px-0 [&_button]:text-left ${strong ? "text-up" : ""}`}
      >
        {value}{" "}
        {badge && (
          <span className="whitespace-nowrap rounded-full border border-link px-2 font-normal text-link text-sm">
            {badge}
          </span>
        )}
      </dd>
    </div>
  );
}
