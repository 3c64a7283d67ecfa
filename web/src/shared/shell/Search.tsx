import { useNavigate } from "@tanstack/react-router";
import { PlayerFinder } from "@/shared/players/PlayerFinder";

export function Search() {
  const navigate = useNavigate();
  return (
    <PlayerFinder
      label="Find a player"
      placeholder="Find a player"
      found={(player) => void navigate({ to: "/p/$player", params: { player } })}
    />
  );
}
