"""Would the undoing of a merge find every match that it changes?

It looks where the two appear, and where :data:`merged_matches` says that somebody counted otherwise; a match that is in
neither would stay as it is.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from kleos.core.completion import Happened
from kleos.engine.game import Game
from kleos.log import history
from kleos.moderation import sql
from kleos.moderation.recount import appearances_of
from kleos.sheets.differences import Differences
from kleos.store.pool import Connection

MATCHES_AT_ONCE: Final = 1_000
TABLE: Final = "merged_matches"

Place = tuple[str, int]
"""A match, and a player by number or a merge by the number of its correction."""


async def verify_merged_matches(connection: Connection, game: Game, found: Differences) -> None:
    """One look at the whole log where anybody is merged, none otherwise."""
    for row in await connection.fetch(sql.MERGED_BY_NOTHING, game.name):
        found.extra(TABLE, dict(row))
    merged = {player: chain for player, chain in game.corrected.chains.items() if isinstance(player, int)}
    if not merged:
        return
    matches = sorted(await history.matches_naming(connection, game, game.plan.events, merged.keys()))
    for start in range(0, len(matches), MATCHES_AT_ONCE):
        some = matches[start : start + MATCHES_AT_ONCE]
        before = await _before_merges(connection, game, some, merged)
        noted = {(row["match"], row["correction"]) for row in await connection.fetch(sql.NOTED, game.name, some)}
        there = {(row["match"], row["player"]) for row in await connection.fetch(sql.APPEARING, game.name, some)}
        for match, player in sorted(before):
            if (match, game.corrected.merges[player]) not in there:
                for correction in merged[player]:
                    if (match, correction) not in noted:
                        found.missing(TABLE, {"match": match, "correction": correction})


async def _before_merges(
    connection: Connection, game: Game, matches: Sequence[str], merged: Mapping[int, object]
) -> set[Place]:
    """Where those who are merged would appear if nobody were."""
    rows = await history.logged(connection, game, matches)
    voided = {row["id"] for row in await connection.fetch(sql.VOIDED, game.name, [row["id"] for row in rows])}
    places: set[Place] = set()
    for row in rows:
        plan = game.plan.events.get(row["type"])
        if plan is not None and row["id"] not in voided:
            happened = Happened(plan, plan.read_log(row["id"], row["match"], row["at"], row["body"]))
            places |= {(match, player) for player, match in appearances_of(game, happened) if player in merged}
    return places
