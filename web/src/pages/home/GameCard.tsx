import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { boardQuery, gameQuery } from "@/api/games";
import { inTopic, useTopic } from "@/feed/store";
import { shownValue } from "@/shared/format/numbers";
import { Medal } from "@/shared/standings/Medal";
import { Skeleton } from "@/shared/states/States";

const SHOWN = 3;

type GameCardProps = {
  /** How many matches run now. */
  readonly running: number;
  readonly game: {
    readonly game: string;
    readonly title: string;
    readonly text: string;
    readonly icon: string;
  };
};

/** A game with the head of its first board, live. */
export function GameCard({ game, running }: GameCardProps) {
  const queries = useQueryClient();
  const whole = useQuery(gameQuery(game.game));
  const board = whole.data?.boards[0];
  const asked = { game: game.game, board: board?.name ?? "", limit: SHOWN };
  const head = useQuery({ ...boardQuery(asked), enabled: board !== undefined });
  useTopic(board ? `board:${game.game}/${inTopic(board.name)}` : null, (message) => {
    if (message.type === "board.changed") void queries.invalidateQueries({ queryKey: ["board", game.game] });
  });
  return (
    <li className="card flex flex-col gap-3 p-5">
      <div className="flex items-center justify-between gap-3">
        <h2 className="font-semibold text-lg">
          <Link to="/g/$game" params={{ game: game.game }} className="hover:text-link">
            <span aria-hidden="true">{game.icon}</span> {game.title}
          </Link>
        </h2>
        {running > 0 && (
          <span className="shrink-0 rounded-full border border-up px-2 text-sm text-up">
            {running.toLocaleString("en")} running
          </span>
        )}
      </div>
      <p className="text-quiet">{game.text}</p>
      {whole.isPending || (board && head.isPending) ? (
        <Skeleton className="h-24" />
      ) : !board || !head.data || head.data.entries.length === 0 ? (
        <p className="text-quiet">Nobody has played yet.</p>
      ) : (
        <ol aria-label={`${board.title}: the first ${SHOWN}`} className="flex flex-col gap-1">
          {head.data.entries.map((line) => (
            <li key={line.player} className="flex items-center gap-3">
              <Medal rank={line.rank} />
              <Link
                to="/p/$player"
                params={{ player: line.player }}
                className="min-w-0 grow truncate hover:text-link"
              >
                <bdi>{line.name}</bdi>
              </Link>
              <span>{shownValue(line.value, board)}</span>
            </li>
          ))}
        </ol>
      )}
    </li>
  );
}
