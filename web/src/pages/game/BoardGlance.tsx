import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { saidCondition } from "@/shared/format/condition";
import { useWhose } from "@/shared/players/whose";
import { useHead } from "@/shared/standings/head";
import { Medal } from "@/shared/standings/Medal";
import { StandingValue } from "@/shared/standings/StandingValue";
import { Failure, Skeleton } from "@/shared/states/States";

const SHOWN = 5;

type BoardGlanceProps = {
  readonly game: string;
  readonly board: Schemas["BoardAnswer"];
  readonly sheet: Schemas["SheetAnswer"] | undefined;
};

/** The head of a board, live. One that is only ranked in parts says which. */
export function BoardGlance({ game, board, sheet }: BoardGlanceProps) {
  const whose = useWhose();
  const whole = board.partitions.some((names) => names.length === 0);
  const head = useHead(game, whole ? board.name : undefined, SHOWN);
  return (
    <li className="card flex flex-col gap-3 p-5">
      <h3 className="font-semibold">
        <Link to="/g/$game/b/$board" params={{ game, board: board.name }} className="hover:text-link">
          {board.title} <span aria-hidden="true">→</span>
        </Link>
      </h3>
      {!whole ? (
        <p className="text-quiet">By {board.partitions.flat().join(", ").replaceAll("_", " ")}</p>
      ) : head.isPending ? (
        <Skeleton className="h-40" />
      ) : head.isError && !head.data ? (
        <Failure what={board.title} error={head.error} retry={() => void head.refetch()} />
      ) : head.data.entries.length === 0 ? (
        <p className="text-quiet">
          Nobody stands here yet
          {board.where ? `: it takes ${saidCondition(board.where, sheet?.columns ?? [])}` : ""}.
        </p>
      ) : (
        <ol className="flex flex-col gap-1">
          {head.data.entries.map((line) => (
            <li key={line.player} className="flex items-center gap-3">
              <Medal rank={line.rank} value={line.value} board={board} />
              <Link
                to="/p/$player"
                params={{ player: line.player }}
                search={whose(game)}
                className="min-w-0 grow truncate hover:text-link"
              >
                <bdi>{line.name}</bdi>
              </Link>
              <StandingValue game={game} board={board} sheet={sheet} line={line} />
            </li>
          ))}
        </ol>
      )}
    </li>
  );
}
