"""Corrections at the door: events that come for a voided match are kept and do not count, and who was merged counts as
another.

A game without corrections pays nothing for this.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace

from kleos.engine.game import Game
from kleos.log.decode import Incoming
from kleos.moderation import sql
from kleos.moderation.corrected import merged_places
from kleos.store.pool import Connection


def with_those_meant(game: Game, players: set[str]) -> set[str]:
    """These external ids, and those of the players as whom they count."""
    meant = game.corrected.meant
    return players.union(meant[player] for player in players if player in meant) if meant else players


async def keep_places(connection: Connection, game: Game, events: Iterable[tuple[str, Set[int] | Set[str]]]) -> None:
    """Remembers the matches that the undoing of a merge will have to look at."""
    places = merged_places(game.corrected, events)
    if places:
        await connection.execute(sql.ADD_MERGED_MATCHES, game.name, *zip(*places, strict=True))


async def what_counts(connection: Connection, game: Game, accepted: Sequence[Incoming]) -> Sequence[Incoming]:
    """Of events that are in the log now, those to fold, as they are to be folded. Voids the others."""
    corrected = game.corrected
    if corrected.has_voided_matches:
        ids = [one.event.id for one in accepted]
        matches = [one.event.match for one in accepted]
        voided = {row["id"] for row in await connection.fetch(sql.VOID_ARRIVING, game.name, ids, matches)}
        accepted = [one for one in accepted if one.event.id not in voided]
    if corrected.meant:
        await keep_places(connection, game, [(one.event.match, one.plan.players(one.event)) for one in accepted])
        accepted = [replace(one, event=one.plan.renamed(one.event, corrected.meant)) for one in accepted]
    return accepted
