import { getRouteApi } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { ApiProblem, answered, api } from "@/api/client";
import { useNamespace } from "@/shared/players/whose";
import { type LinesAsked, standingOf } from "./lines";

const route = getRouteApi("/g/$game/b/$board");
/** So many are looked up of whom a name may mean: not all who have it stand here. */
const CANDIDATES = 20;

type FinderProps = { readonly asked: LinesAsked; readonly find: (player: string, place: number) => string };

/** Finds a player on this board, and shows the line. */
export function Finder({ asked, find }: FinderProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const namespace = useNamespace(asked.game);
  const [text, setText] = useState(search.player ?? "");
  const [said, setSaid] = useState("");

  async function onSubmit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const wanted = text.trim();
    if (!wanted) return;
    setSaid("Looking…");
    try {
      const players = await answered(
        api.GET("/v1/players", {
          params: { query: { query: wanted, limit: CANDIDATES, ...(namespace ? { namespace } : {}) } },
        }),
      );
      const player = await bestOf(asked, wanted, players.players);
      const standing = await answered(standingOf(asked, player));
      setSaid(`${standing.name}: rank ${standing.rank} of ${standing.total}`);
      find(player, standing.place);
      void navigate({ search: { ...search, player }, replace: true, resetScroll: false });
    } catch (error) {
      const absent = error instanceof ApiProblem && error.status === 404;
      setSaid(absent ? `${wanted} does not stand here.` : "The server cannot be reached.");
    }
  }

  return (
    <search className="max-sm:w-full sm:ml-auto">
      <form className="flex items-end gap-2" onSubmit={(event) => void onSubmit(event)}>
        <label className="flex grow flex-col gap-1 text-quiet text-sm">
          <span className="max-sm:sr-only">On this board</span>
          <input
            type="search"
            className="field text-base text-ink"
            placeholder="Find a player here"
            value={text}
            maxLength={128}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <button type="submit" className="button">
          Find
        </button>
      </form>
      <p role="status" className="text-quiet text-sm">
        {said}
      </p>
    </search>
  );
}

type Named = { readonly player: string; readonly name: string | null };

/** Whom of those found the reader means: who stands here and is called so exactly, else who stands first here. */
async function bestOf(asked: LinesAsked, wanted: string, found: readonly Named[]): Promise<string> {
  const same = wanted.toLowerCase();
  const isExact = (one: Named) => one.player === wanted || one.name?.toLowerCase() === same;
  const first = (found.find(isExact) ?? found[0])?.player ?? wanted;
  // The past is folded anew for each question: nobody looks twenty up there.
  if (found.length < 2 || asked.asOf) return first;
  const standing = await answered(
    api.POST("/v1/games/{game}/boards/{board}/lookup", {
      params: {
        path: { game: asked.game, board: asked.board },
        query: { ...(asked.window ? { window: asked.window } : {}), ...asked.partition },
      },
      body: { players: found.map((one) => one.player) },
    }),
  );
  return (standing.entries.find(isExact) ?? standing.entries[0])?.player ?? first;
}
