import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useRef } from "react";
import { answered, api } from "@/api/client";
import { gameQuery } from "@/api/games";
import { saidCondition } from "@/shared/format/condition";
import { useIsOwn } from "@/shared/players/whose";
import { useSession } from "@/shared/session";
import { usePageTitle } from "@/shared/shell/title";
import { HeadShape, RowsShape, TabsShape } from "@/shared/states/Shapes";
import { Empty, Failure, QueryStates } from "@/shared/states/States";
import { besideOf, partitionOf } from "./asked";
import { BoardHead } from "./BoardHead";
import { BoardTable, type TableHandle } from "./BoardTable";
import { type LinesAsked, useLines, useLiveLines } from "./lines";
import { OwnRow } from "./OwnRow";

const route = getRouteApi("/g/$game/b/$board");

export function BoardPage() {
  const { game, board } = route.useParams();
  const whole = useQuery(gameQuery(game));
  const declared = whole.data?.boards.find((each) => each.name === board);
  usePageTitle(declared ? `${declared.title} · ${whole.data?.title}` : board);
  return (
    <QueryStates
      query={whole}
      what="board"
      isPage
      skeleton={
        <div className="mx-auto flex w-full max-w-4xl flex-col gap-4">
          <HeadShape />
          <TabsShape />
          <div className="max-sm:hidden">
            <TabsShape />
          </div>
          <RowsShape rows={10} round />
        </div>
      }
    >
      {(data) => {
        const sheet = data.sheets.find((each) => each.name === declared?.sheet);
        if (!declared || !sheet) {
          const known = data.boards.map((each) => each.title).join(", ");
          return (
            <Failure
              what="board"
              missing
              isPage
              error={new Error(`${data.title} has these boards: ${known}.`)}
            />
          );
        }
        return <Whole key={`${game}/${board}`} whole={data} board={declared} sheet={sheet} />;
      }}
    </QueryStates>
  );
}

type WholeProps = {
  readonly whole: import("@/api/client").Schemas["GameAnswer"];
  readonly board: import("./asked").Board;
  readonly sheet: import("./asked").Sheet;
};

function Whole({ whole, board, sheet }: WholeProps) {
  const search = route.useSearch();
  const game = whole.game;
  const player = useSession((store) => store.session?.player);
  // In a game whose ids are its own, the same id is somebody else.
  const own = useIsOwn()(game) === false ? player : undefined;
  const parts = useQuery({
    queryKey: ["parts", game, board.name, search.window ?? ""],
    queryFn: () =>
      answered(
        api.GET("/v1/games/{game}/boards/{board}/partitions", {
          params: {
            path: { game, board: board.name },
            query: search.window ? { window: search.window } : {},
          },
        }),
      ),
    enabled: board.partitions.some((names) => names.length > 0),
  });
  const known = parts.data?.partitions.map((part) => part.partition) ?? [];
  const partition = partitionOf(board, search, known);
  const partitionKey = JSON.stringify(partition);
  const beside = besideOf(board, sheet);
  const asked = useMemo<LinesAsked>(
    () => ({
      game,
      board: board.name,
      window: search.window,
      partition: (JSON.parse(partitionKey) as Record<string, string> | null) ?? {},
      columns: beside && !search.as_of ? [beside.name] : [], // the past knows the ranked columns alone
      asOf: search.as_of,
    }),
    [game, board.name, search.window, partitionKey, beside, search.as_of],
  );
  const table = useRef<TableHandle>(null);
  const ready = partition !== null;
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-4">
      <BoardHead
        whole={whole}
        board={board}
        sheet={sheet}
        parts={parts.data?.partitions ?? []}
        partition={asked.partition}
        find={(player, place) => {
          table.current?.show(place);
          return player;
        }}
        asked={asked}
      />
      {ready ? (
        <Lines asked={asked} board={board} sheet={sheet} table={table} own={own} />
      ) : (
        <Empty title="Nobody stands here yet">The first event of this game fills it.</Empty>
      )}
    </div>
  );
}

type LinesProps = {
  readonly asked: LinesAsked;
  readonly board: import("./asked").Board;
  readonly sheet: import("./asked").Sheet;
  readonly table: React.RefObject<TableHandle | null>;
  readonly own: string | undefined;
};

function Lines({ asked, board, sheet, table, own }: LinesProps) {
  const search = route.useSearch();
  const movements = useLiveLines(asked);
  const { first } = useLines(asked, 0, 0);
  if (!first) return null;
  return (
    <QueryStates
      query={first as import("@tanstack/react-query").UseQueryResult<{ total: number }>}
      what="board"
      skeleton={<RowsShape rows={10} round />}
      isEmpty={(page) => page.total === 0}
      empty={
        first.data?.window === "" ? (
          <Empty title={asked.asOf ? "No such window was open then" : "No such window is open now"}>
            As soon as one is, what happens in it stands here.
          </Empty>
        ) : (
          <Empty title={asked.asOf ? "Nobody stood here then" : "Nobody stands here yet"}>
            {board.where
              ? `Whoever has ${saidCondition(board.where, sheet.columns)} appears here.`
              : "The first event of this game fills it."}
          </Empty>
        )
      }
    >
      {() => (
        <>
          <BoardTable
            ref={table}
            asked={asked}
            board={board}
            sheet={sheet}
            beside={besideOf(board, sheet)}
            movements={movements}
            own={own}
            sought={search.player}
          />
          {own && !asked.asOf && <OwnRow asked={asked} board={board} sheet={sheet} own={own} table={table} />}
        </>
      )}
    </QueryStates>
  );
}
