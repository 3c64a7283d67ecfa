"""What corrections ask of whoever folds a game's log: what to leave out, and who counts as whom.

Read with the definition, and as old as that: a correction raises the game's calendar, so no commit works with an
earlier one.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from kleos.moderation import sql
from kleos.store.pool import Connection


@dataclass(frozen=True, slots=True)
class Corrected:
    """``has_voids``: some event may not count; ``has_voided_matches``: nor what will come of some match.

    ``merges`` is by number of a merged player the number that stands for it, and ``meant`` the same by external id;
    ``chains``, by either, are the corrections by which it does.
    """

    has_voids: bool = False
    has_voided_matches: bool = False
    merges: Mapping[int, int] = field(default_factory=dict)
    meant: Mapping[str, str] = field(default_factory=dict)
    chains: Mapping[int | str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def asks_of_commits(self) -> bool:
        """Whether an event that comes now may have to be kept without counting, or to count for another."""
        return self.has_voided_matches or bool(self.meant)


async def read_corrected(connection: Connection, game: str, namespace: str) -> Corrected:
    (has,) = await connection.fetch(sql.HAS_VOIDS, game)
    merges = await connection.fetch(sql.MERGES, namespace)
    edges = {merge["player"]: merge["into_player"] for merge in merges}
    ids = {merge["player"]: merge["id"] for merge in merges} | {
        merge["into_player"]: merge["into_id"] for merge in merges
    }
    roots = {player: root_of(edges, player) for player in edges}
    meant = {ids[player]: ids[root] for player, root in roots.items() if ids[player] and ids[root]}
    made_by = {merge["player"]: merge["correction"] for merge in merges}
    chains: dict[int | str, tuple[int, ...]] = {player: _chain(edges, made_by, player) for player in edges}
    chains |= {ids[player]: chains[player] for player in edges if ids[player]}
    return Corrected(has["voids"] or has["voided_matches"], has["voided_matches"], roots, meant, chains)


def merged_places(corrected: Corrected, events: Iterable[tuple[str, Set[int] | Set[str]]]) -> list[tuple[str, int]]:
    """Of events, each a match and the players that it names, where which merge counts somebody as another."""
    return sorted(
        {
            (match, correction)
            for match, players in events
            for player in corrected.chains.keys() & players
            for correction in corrected.chains[player]
        }
    )


def _chain(edges: Mapping[int, int], made_by: Mapping[int, int], player: int) -> tuple[int, ...]:
    chain = []
    while player in edges:
        chain.append(made_by[player])
        player = edges[player]
    return tuple(chain)


def root_of(edges: Mapping[int, int], player: int) -> int:
    """Who stands for a player in the end: one into whom it was merged may have been merged too."""
    while player in edges:
        player = edges[player]
    return player
