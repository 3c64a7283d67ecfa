import { getRouteApi } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { ApiProblem, answered, api } from "@/api/client";
import type { LinesAsked } from "./lines";

const route = getRouteApi("/g/$game/b/$board");

type FinderProps = { readonly asked: LinesAsked; readonly find: (player: string, place: number) => string };

/** Finds a player on this board, and shows the line. */
export function Finder({ asked, find }: FinderProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [text, setText] = useState(search.player ?? "");
  const [said, setSaid] = useState("");

  async function onSubmit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const wanted = text.trim();
    if (!wanted) return;
    setSaid("Looking…");
    try {
      const players = await answered(
        api.GET("/v1/players", { params: { query: { query: wanted, limit: 1 } } }),
      );
      const player = players.players[0]?.player ?? wanted;
      const standing = await answered(
        api.GET("/v1/games/{game}/boards/{board}/players/{player}", {
          params: {
            path: { game: asked.game, board: asked.board, player },
            query: {
              ...(asked.window ? { window: asked.window } : {}),
              ...(asked.asOf ? { as_of: asked.asOf } : {}),
              ...asked.partition,
            },
          },
        }),
      );
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
