import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { PlayerFinder } from "@/shared/players/PlayerFinder";
import { useNamespace } from "@/shared/players/whose";

/** On the pages of a game whose players are its own, those are found first. */
export function Search() {
  const navigate = useNavigate();
  const { game: ofPath } = useParams({ strict: false });
  const { game: ofPlayer } = useSearch({ strict: false });
  const namespace = useNamespace(ofPath ?? ofPlayer);
  return (
    <PlayerFinder
      label="Find a player or a match"
      placeholder="Find a player or a match"
      foundMatch={(game, match) => void navigate({ to: "/g/$game/m/$match", params: { game, match } })}
      namespaces={namespace === undefined ? undefined : [namespace, undefined]}
      found={(player, game) => void navigate({ to: "/p/$player", params: { player }, search: { game } })}
    />
  );
}
