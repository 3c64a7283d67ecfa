import { useNavigate } from "@tanstack/react-router";
import { PlayerFinder } from "@/shared/players/PlayerFinder";

export function Search() {
  const navigate = useNavigate();
  return (
    <PlayerFinder
      label="Find a player or a match"
      placeholder="Find a player or a match"
      foundMatch={(game, match) => void navigate({ to: "/g/$game/m/$match", params: { game, match } })}
      found={(player) => void navigate({ to: "/p/$player", params: { player } })}
    />
  );
}
