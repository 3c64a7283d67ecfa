"""`verify` holds what corrections come to in the database against their facts in the log, and names what differs."""

from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from kleos.engine.engine import Engine
from kleos.moderation.asked import Asked, Ban, Merge, Void
from kleos.moderation.corrections import Corrections
from kleos.sheets.verify import Verdict, snapshot, verify_game
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.sheets.test_verify import DUEL, duels

ACTOR: Final = "a moderator"
CHECKS: Final = """
[[checks]]
event  = "duel_ended"
that   = "blows < 100"
reason = "too many blows"
"""


@pytest.fixture
async def told(database: Database, tmp_path: Path) -> Database:
    """Corrections of every kind, of which some were undone, and events that came for a void match later."""
    (tmp_path / "duel.toml").write_text(DUEL + CHECKS)
    async with Engine.open(database, games_dir=tmp_path) as engine:
        events = duels()
        alone: list[dict[str, Any]] = [
            {**events[0], "id": f"x{n}", "match": f"x{n}", "winner": who, "fighters": [who], "blows": blows}
            for n, (who, blows) in enumerate((("eve", 1), ("eva", 2), ("fay", 100), ("fay", 101), ("fay", 102)))
        ]
        await engine.ingest_body("duel", msgspec.json.encode([*events[:30], *alone]))
        corrections = Corrections(engine)

        async def make(asked: Asked) -> int:
            outcome = await corrections.make("duel", asked, ACTOR)
            assert outcome.correction is not None
            return outcome.correction.seq

        await make(Void(event="d1", match="m0", reason="twice"))
        await make(Void(match="m12", reason="cheated"))
        again = await make(Void(match="m12", reason="cheated indeed"))
        await make(Ban(player="dee", reason="cheated"))
        await corrections.ban_everywhere("", Ban(player="ben", reason="worse"), ACTOR)
        await make(Merge(player="eva", into="eve", reason="one person"))
        rows = await database.pool.fetch("SELECT seq FROM kleos.quarantine ORDER BY seq")
        numbers = [row["seq"] for row in rows]
        for _ in range(2):
            accepted = (await corrections.judge("duel", numbers[0], True, ACTOR, "seen")).correction
            assert accepted is not None
            await corrections.undo("duel", accepted.seq, ACTOR, "not so")
        await corrections.judge("duel", numbers[1], True, ACTOR, "seen")
        await corrections.judge("duel", numbers[2], False, ACTOR, "no")
        await corrections.undo("duel", again, ACTOR, "once is enough")
        await engine.ingest_body("duel", msgspec.json.encode(events[30:]))
        await engine.ingest_body("duel", msgspec.json.encode([{**events[0], "id": "late", "match": "m12"}]))
    return database


async def verdict_of(database: Database, tampering: str = "") -> Verdict:
    connection = await open_connection(database.dsn)
    try:
        if tampering:
            await connection.execute(tampering)
        async with snapshot(connection):
            return await verify_game(connection, "duel")
    finally:
        await connection.close()


async def test_corrections_that_are_as_their_facts_say_leave_no_difference(told: Database) -> None:
    assert (await verdict_of(told)).differences == []


OF: Final = "(SELECT player FROM kleos.identities WHERE id = '{}')"
AMISS: Final = {
    "a reason": ("UPDATE kleos.corrections SET reason = 'none' WHERE kind = 'ban'", "cell", "corrections", "reason"),
    "who it is about": (
        "UPDATE kleos.corrections SET subject = '{\"match\": \"m3\"}' WHERE subject->>'match' = 'm12'",
        "cell",
        "corrections",
        "subject",
    ),
    "undone": (
        "UPDATE kleos.corrections SET undone_seq = NULL, undone_at = NULL, undone_by = NULL, undone_reason = NULL",
        "cell",
        "corrections",
        "undone_seq",
    ),
    "a correction gone": ("DELETE FROM kleos.corrections WHERE kind = 'merge'", "missing row", "corrections", ""),
    "an event that counts": ("DELETE FROM kleos.voided WHERE id = 'd1'", "missing row", "voided", ""),
    "an event of a void match that counts": ("DELETE FROM kleos.voided WHERE id = 'late'", "missing row", "voided", ""),
    "a void event too many": ("INSERT INTO kleos.voided VALUES ('duel', 'd3', 7)", "extra row", "voided", ""),
    "an event taken back that counts": ("DELETE FROM kleos.voided WHERE id = 'x2'", "missing row", "voided", ""),
    "a match that counts": ("DELETE FROM kleos.voided_matches", "missing row", "voided_matches", ""),
    "a void match too many": (
        "INSERT INTO kleos.voided_matches VALUES ('duel', 'm3', 7)",
        "extra row",
        "voided_matches",
        "",
    ),
    "a merge gone": ("DELETE FROM kleos.merges", "missing row", "merges", ""),
    "another merge": (f"UPDATE kleos.merges SET into_player = {OF.format('ann')}", "cell", "merges", "into_player"),
    "a merge too many": (
        f"INSERT INTO kleos.merges VALUES ({OF.format('cy')}, {OF.format('ann')}, '', 7)",
        "extra row",
        "merges",
        "",
    ),
    "a ban gone": (f"DELETE FROM kleos.hidden WHERE player = {OF.format('dee')}", "missing row", "bans", ""),
    "a ban everywhere gone": (f"DELETE FROM kleos.hidden WHERE player = {OF.format('ben')}", "missing row", "bans", ""),
    "a ban too many": (
        f"INSERT INTO kleos.hidden (player, since, game, correction) VALUES ({OF.format('ann')}, now(), 'duel', 7)",
        "extra row",
        "bans",
        "",
    ),
    "a judgement": ("UPDATE kleos.quarantine SET status = 'refused' WHERE id = 'x3'", "cell", "quarantine", "status"),
    "a judgement gone": (
        "UPDATE kleos.quarantine SET status = 'waiting', correction = NULL WHERE id = 'x4'",
        "missing row",
        "quarantine",
        "",
    ),
}


@pytest.mark.parametrize("what", AMISS)
async def test_what_is_not_as_the_facts_say_is_named(told: Database, what: str) -> None:
    tampering, kind, table, column = AMISS[what]
    verdict = await verdict_of(told, tampering)
    assert (kind, table, column) in {(one.kind, one.table, one.column) for one in verdict.differences}
    assert verdict.different > 0
