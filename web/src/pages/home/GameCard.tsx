import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { gameQuery, ownFirst } from "@/api/games";
import { shownCount } from "@/shared/format/numbers";
import { useWhose } from "@/shared/players/whose";
import { useHead } from "@/shared/standings/head";
import { Medal } from "@/shared/standings/Medal";
import { StandingValue } from "@/shared/standings/StandingValue";
import { Skeleton, useArrived } from "@/shared/states/States";

const SHOWN = 5;

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

/** A game with the head of its first board over everybody, live. */
export function GameCard({ game, running }: GameCardProps) {
  const whose = useWhose();
  const whole = useQuery(gameQuery(game.game));
  const ranked = whole.data?.boards.filter((each) => each.partitions.some((names) => names.length === 0));
  const board = ownFirst(ranked ?? [])[0];
  const head = useHead(game.game, board?.name, SHOWN);
  const arrived = useArrived(!whole.isPending && !(board && head.isPending));
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
            {shownCount(running)} running
          </span>
        )}
      </div>
      <p className="text-quiet">{game.text}</p>
      <div className="mt-auto flex flex-col gap-2">
        {board && (
          <h3 className="text-quiet text-sm">
            <Link
              to="/g/$game/b/$board"
              params={{ game: game.game, board: board.name }}
              className="hover:text-link"
            >
              {board.title} <span aria-hidden="true">→</span>
            </Link>
          </h3>
        )}
        {whole.isPending && <Skeleton className="h-5 w-32" />}
        {!arrived ? (
          <Skeleton className="h-39" />
        ) : !board || !head.data || head.data.entries.length === 0 ? (
          <p className="flex min-h-39 items-center text-quiet">Nobody has played yet.</p>
        ) : (
          <ol aria-label={`${board.title}: the first ${SHOWN}`} className="flex flex-col gap-1">
            {head.data.entries.map((line) => (
              <li key={line.player} className="flex items-center gap-3">
                <Medal rank={line.rank} value={line.value} board={board} />
                <Link
                  to="/p/$player"
                  params={{ player: line.player }}
                  search={whose(game.game)}
                  className="min-w-0 grow truncate hover:text-link"
                >
                  <bdi>{line.name}</bdi>
                </Link>
                <StandingValue
                  game={game.game}
                  board={board}
                  sheet={whole.data?.sheets.find((sheet) => sheet.name === board.sheet)}
                  line={line}
                />
              </li>
            ))}
          </ol>
        )}
      </div>
    </li>
  );
}
