"""Is what corrections come to in the database what their facts in the log say?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from kleos.engine.game import Game
from kleos.log import history
from kleos.moderation import sql
from kleos.moderation.transaction import MADE, Made, Undone
from kleos.players.profiles import SERVER_LOG
from kleos.sheets.differences import Differences
from kleos.store.pool import Connection

MATCHES_AT_ONCE: Final = 1_000

Key = tuple[Any, ...]
Rows = Mapping[Key, Mapping[str, Any]]


@dataclass(slots=True)
class _Correction:
    """A fact, and that which undid it."""

    seq: int
    game: str
    at: int
    made: Made
    undone: tuple[int, int, Undone] | None = None


@dataclass(slots=True)
class _Expected:
    """What the facts come to: by table, by key, the other columns. ``taken_back``: by event in quarantine, the last
    acceptance of it that was undone."""

    corrections: dict[Key, dict[str, Any]] = field(default_factory=dict)
    voided: dict[Key, dict[str, Any]] = field(default_factory=dict)
    voided_matches: dict[Key, dict[str, Any]] = field(default_factory=dict)
    merges: dict[Key, dict[str, Any]] = field(default_factory=dict)
    bans: dict[Key, dict[str, Any]] = field(default_factory=dict)
    quarantine: dict[Key, dict[str, Any]] = field(default_factory=dict)
    taken_back: dict[int | None, int] = field(default_factory=dict)


async def verify_corrections(connection: Connection, game: Game, found: Differences) -> None:
    """Compares the corrections of a game, and those of all games that share its players, with what is kept of them."""
    expected = _Expected()
    for one in await _facts(connection, game):
        _expect(expected, one)
    await _expect_of_matches(connection, game, expected)
    here, both = (game.name,), (game.name, game.namespace)
    for table, statement, arguments, names, rows in (
        ("corrections", sql.ALL_CORRECTIONS, both, ("correction",), expected.corrections),
        ("voided", sql.ALL_VOIDED, here, ("id", "correction"), expected.voided),
        ("voided_matches", sql.ALL_VOIDED_MATCHES, here, ("match", "correction"), expected.voided_matches),
        ("merges", sql.ALL_MERGES, (game.namespace,), ("player",), expected.merges),
        ("bans", sql.ALL_BANS, both, ("player", "game", "correction"), expected.bans),
        ("quarantine", sql.ALL_JUDGED, here, ("seq",), expected.quarantine),
    ):
        _compare(found, table, names, await connection.fetch(statement, *arguments), rows)


async def _facts(connection: Connection, game: Game) -> list[_Correction]:
    """In the order in which they were made."""
    corrections: dict[int, _Correction] = {}
    for row in await connection.fetch(sql.CORRECTION_FACTS, [game.name, SERVER_LOG]):
        if row["type"] == MADE:
            made = msgspec.json.decode(row["body"], type=Made)
            if row["game"] == game.name or made.namespace == game.namespace:
                of_game = "" if row["game"] == SERVER_LOG else row["game"]
                corrections[row["seq"]] = _Correction(row["seq"], of_game, row["at"], made)
        else:
            undone = msgspec.json.decode(row["body"], type=Undone)
            if undone.correction in corrections:
                corrections[undone.correction].undone = (row["seq"], row["at"], undone)
    return list(corrections.values())


def _expect(expected: _Expected, one: _Correction) -> None:
    made, subject = one.made, one.made.subject
    seq, at, undone = one.undone or (None, None, None)
    expected.corrections[(one.seq,)] = {
        "game": one.game,
        "namespace": made.namespace,
        "kind": made.kind,
        "subject": msgspec.to_builtins(subject),
        "players": subject.players,
        "actor": made.actor,
        "reason": made.reason,
        "at": one.at,
        "undone_seq": seq,
        "undone_at": at,
        "undone_by": None if undone is None else undone.actor,
        "undone_reason": None if undone is None else undone.reason,
    }
    if made.kind in ("accept", "refuse"):
        _expect_judged(expected, one)
    elif undone is not None:
        return
    elif made.kind == "merge":
        merge = {"into_player": subject.into, "namespace": made.namespace, "correction": one.seq}
        expected.merges[(subject.player,)] = merge
    elif made.kind == "ban":
        expected.bans[subject.player, one.game, one.seq] = {"since": one.at}
    elif subject.event is not None:
        expected.voided[subject.event, one.seq] = {}
    else:
        expected.voided_matches |= {(match, one.seq): {} for match in subject.places}


def _expect_judged(expected: _Expected, one: _Correction) -> None:
    """An event that was accepted stays in the log; when that is undone it does not count until it is accepted again."""
    subject = one.made.subject
    if one.made.kind == "accept" and (before := expected.taken_back.pop(subject.quarantine, None)) is not None:
        del expected.voided[subject.event, before]
    if one.undone is None:
        status = "accepted" if one.made.kind == "accept" else "refused"
        expected.quarantine[(subject.quarantine,)] = {"status": status, "correction": one.seq}
    elif one.made.kind == "accept":
        expected.voided[subject.event, one.seq] = {}
        expected.taken_back[subject.quarantine] = one.seq


async def _expect_of_matches(connection: Connection, game: Game, expected: _Expected) -> None:
    """Of a void match every event that the log holds."""
    corrections: dict[str, list[int]] = {}
    for match, seq in expected.voided_matches:
        corrections.setdefault(match, []).append(seq)
    matches = sorted(corrections)
    for start in range(0, len(matches), MATCHES_AT_ONCE):
        for row in await history.logged(connection, game, matches[start : start + MATCHES_AT_ONCE]):
            expected.voided |= {(row["id"], seq): {} for seq in corrections[row["match"]]}


def _compare(found: Differences, table: str, names: Sequence[str], rows: Sequence[Any], expected: Rows) -> None:
    stored = {tuple(row[name] for name in names): row for row in rows}
    for values in sorted({*stored, *expected}, key=str):
        key = dict(zip(names, values, strict=True))
        if values not in expected:
            found.extra(table, key)
        elif values not in stored:
            found.missing(table, key)
        else:
            found.compare(table, key, _shown(stored[values]), expected[values])


def _shown(row: Any) -> dict[str, Any]:
    """A row's columns; JSON as what it says."""
    values = dict(row)
    return {**values, "subject": msgspec.json.decode(values["subject"])} if "subject" in values else values
