"""`verify` finds nothing in a database that is right, and names the one cell that was tampered with."""

from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from kleos.core.errors import NotFound
from kleos.engine.engine import Engine
from kleos.engine.seasons import make_season
from kleos.players.change import delete_player, put_profile, set_hidden
from kleos.players.profiles import ProfileChange
from kleos.sheets.verify import Verdict, snapshot, verify_game, verify_players
from kleos.store.database import Database
from kleos.store.pool import open_connection

DUEL: Final = """
title = "Duel"

[matches]
ended_by = ["duel_ended"]

[events.duel_ended]
winner = "player"
fighters = "list[player]"
blows  = "int"
force  = "float"
weapon = "str"

[sheets.fighter]
key     = ["player"]
windows = ["all", "season", "month"]

[[sheets.fighter.on]]
event = "duel_ended"
for   = "player in fighters"
duels     = "count()"
wins      = "count(player == winner)"
all_blows = "sum(blows)"
strength  = "sum(force)"
least     = "min(blows)"
most      = "max(force)"
weapon    = "last(weapon)"
run       = "streak(player == winner)"

[sheets.fighter.formulas]
win_rate = "100 * wins / duels"

[boards.wins]
sheet = "fighter"
by    = "wins desc, win_rate desc, strength desc, run_best desc, most desc"
partitions = [[], ["region"]]

[achievements.three]
title  = "Three"
points = 5
sheet  = "fighter"
when   = "wins >= 3"

[achievements.mighty]
title  = "Mighty"
points = 7
event  = "duel_ended"
for    = "player in fighters"
where  = "player == winner"
when   = "force > 8"
"""
FIGHTERS: Final = ("ann", "ben", "cy", "dee")
WHO: Final = "(SELECT player FROM kleos.identities WHERE id = 'ann')"
ANN: Final = f"\"window\" = 'all' AND player = {WHO}"


def duels() -> list[dict[str, Any]]:
    """Forty duels over four months, in an order that is not that of time."""
    made = []
    for number in range(40):
        at = number * 7 % 40
        winner, loser = FIGHTERS[at * at % 4], FIGHTERS[(at * at + 1 + at % 3) % 4]
        made.append(
            {
                "type": "duel_ended",
                "id": f"d{number}",
                "match": f"m{number // 2}",
                "at": f"2026-0{1 + at // 10}-{10 + at % 10}T12:00:00Z",
                "winner": winner,
                "fighters": [winner, loser],
                "blows": 1 + at % 9,
                "force": (at * 37 % 100) / 10,
                "weapon": ("axe", "bow", "sword")[at % 3],
            }
        )
    return made


@pytest.fixture
async def told(database: Database, tmp_path: Path) -> Database:
    """A database in which forty duels were fought, with a season and profiles."""
    (tmp_path / "duel.toml").write_text(DUEL)
    async with Engine.open(database, games_dir=tmp_path) as engine:
        await make_season(engine, "duel", "spring", "Spring", 1_771_000_000_000_000, 1_774_000_000_000_000)
        events = duels()
        for start in range(0, len(events), 7):
            receipt = await engine.ingest_body("duel", msgspec.json.encode(events[start : start + 7]))
            assert receipt.accepted == len(events[start : start + 7])
        for fighter in FIGHTERS:
            await put_profile(engine, fighter, ProfileChange(name=fighter.title(), region="eu"))
        await put_profile(engine, "somebody", ProfileChange())
        await put_profile(engine, "somebody", ProfileChange())
        await put_profile(engine, "ann", ProfileChange(region="us", attributes={"clan": "red"}))
    return database


async def verdict_of(database: Database, tampering: str = "", players: bool = False) -> Verdict:
    connection = await open_connection(database.dsn)
    try:
        if tampering:
            await connection.execute(tampering)
        async with snapshot(connection):
            return await verify_players(connection) if players else await verify_game(connection, "duel")
    finally:
        await connection.close()


async def test_a_right_database_has_no_difference(told: Database) -> None:
    verdict = await verdict_of(told)
    assert verdict.differences == []
    assert (verdict.different, verdict.events) == (0, 40)
    assert verdict.rows > 60
    assert verdict.cells > 700
    assert verdict.ranks > 10
    profiles = await verdict_of(told, players=True)
    assert (profiles.differences, profiles.events) == ([], 6)


SHEET: Final = 'UPDATE "duel"."fighter" SET {} WHERE ' + ANN

CELLS: Final = {
    "count": (SHEET.format("wins = wins + 1"), "duel.fighter", "wins"),
    "sum": (SHEET.format("all_blows = all_blows - 1"), "duel.fighter", "all_blows"),
    "exact sum": (SHEET.format("strength_millionths = strength_millionths + 1"), "duel.fighter", "strength"),
    "min": (SHEET.format("least = 0"), "duel.fighter", "least"),
    "max": (SHEET.format("most = most + 0.000001"), "duel.fighter", "most"),
    "rank": (SHEET.format("most = 'NaN'"), "duel board wins", "rank"),
    "last": (SHEET.format("weapon = 'spoon'"), "duel.fighter", "weapon"),
    "streak": (SHEET.format("run = run + 1"), "duel.fighter", "run"),
    "best streak": (SHEET.format("run_best = run_best + 1"), "duel.fighter", "run_best"),
    "hidden part of a streak": (SHEET.format("run_prefix = run_prefix + 1"), "duel.fighter", "run_prefix"),
    "since": (SHEET.format("wins_since = wins_since + interval '1 second'"), "duel.fighter", "wins_since"),
    "no since": (SHEET.format("strength_since = NULL"), "duel.fighter", "strength_since"),
    "order": (SHEET.format("ordered_last_id = 'd0'"), "duel.fighter", "ordered_last_id"),
    "formula": (
        'ALTER TABLE "duel"."fighter" ALTER win_rate DROP EXPRESSION; ' + SHEET.format("win_rate = win_rate + 1e-13"),
        "duel.fighter",
        "win_rate",
    ),
    "award date": (f"UPDATE kleos.awards SET at = at + interval '1 us' WHERE player = {WHO}", "awards", "at"),
    "award event": (f"UPDATE kleos.awards SET event = 'd1' WHERE player = {WHO}", "awards", "event"),
    "award match": (f"UPDATE kleos.awards SET match = 'm99' WHERE player = {WHO}", "awards", "match"),
    "points": (f'UPDATE "duel"."awards" SET points = points + 5 WHERE {ANN}', "duel.awards", "points"),
    "end of a match": ("UPDATE kleos.matches SET ended_at = NULL WHERE match = 'm3'", "matches", "ended_at"),
    "events of a match": ("UPDATE kleos.matches SET events = 9 WHERE match = 'm3'", "matches", "events"),
    "season": ("UPDATE kleos.seasons SET title = 'Fall'", "seasons", "title"),
    "event twice": (
        "INSERT INTO kleos.events (game, id, match, type, at, received_at, body) "
        "SELECT game, id, match, type, at, received_at, body FROM kleos.events WHERE id = 'd5'",
        "events",
        "events",
    ),
    "id forgotten": ("DELETE FROM kleos.event_ids WHERE id = 'd5'", "events", "remembered"),
}


async def test_hidden_and_deleted_players_leave_no_difference(told: Database, tmp_path: Path) -> None:
    async with Engine.open(told, games_dir=tmp_path) as engine:
        await set_hidden(engine, FIGHTERS[1], True)
        await set_hidden(engine, FIGHTERS[2], True)
        await set_hidden(engine, FIGHTERS[2], False)
        await delete_player(engine, FIGHTERS[0])
        assert await engine.directory.card("", FIGHTERS[0]) is None
        assert await engine.directory.card("", FIGHTERS[1]) is None
        assert await engine.directory.card("", FIGHTERS[2]) is not None
        with pytest.raises(NotFound):
            await delete_player(engine, FIGHTERS[0])
    verdict = await verdict_of(told)
    assert verdict.differences == []
    assert verdict.ranks > 5
    assert (await verdict_of(told, players=True)).differences == []
    facts = await told.pool.fetch(
        "SELECT type FROM kleos.events WHERE game = '' AND type <> 'player.profile' ORDER BY seq"
    )
    assert [row["type"] for row in facts] == ["player.hidden", "player.hidden", "player.shown", "player.deleted"]


@pytest.mark.parametrize("kind", CELLS)
async def test_a_cell_that_was_tampered_with_is_named(told: Database, kind: str) -> None:
    tampering, table, column = CELLS[kind]
    verdict = await verdict_of(told, tampering)
    named = {(one.kind, one.table, one.column) for one in verdict.differences}
    assert ("cell", table, column) in named, verdict.differences
    (one,) = [one for one in verdict.differences if (one.table, one.column) == (table, column)][:1]
    assert one.stored != one.expected
    if "player" in one.key:
        assert one.key["player"] == "ann"


ROWS: Final = {
    "sheet row gone": (f'DELETE FROM "duel"."fighter" WHERE {ANN}', "missing row", "duel.fighter"),
    "sheet row emptied": (SHEET.format("present = false"), "missing row", "duel.fighter"),
    "sheet row too many": (
        f'INSERT INTO "duel"."fighter" ("window", player) SELECT \'2001-01\', {WHO}',
        "extra row",
        "duel.fighter",
    ),
    "award gone": (f"DELETE FROM kleos.awards WHERE player = {WHO}", "missing row", "awards"),
    "award too many": (
        f"INSERT INTO kleos.awards SELECT 'duel', {WHO}, 'nope', now(), 'd1', 'm1'",
        "extra row",
        "awards",
    ),
    "award row gone": (f'DELETE FROM "duel"."awards" WHERE {ANN}', "missing row", "duel.awards"),
    "match gone": ("DELETE FROM kleos.matches WHERE match = 'm3'", "missing row", "matches"),
    "match too many": (
        "INSERT INTO kleos.matches VALUES ('duel', 'm99', now(), now(), 1)",
        "extra row",
        "matches",
    ),
    "appearance gone": ("DELETE FROM kleos.appearances WHERE match = 'm3'", "missing row", "appearances"),
    "appearance too many": (
        f"INSERT INTO kleos.appearances VALUES ('duel', {WHO}, 'm99')",
        "extra row",
        "appearances",
    ),
    "player gone": (f"DELETE FROM kleos.players WHERE player = {WHO}", "missing row", "players"),
    "season gone": ("DELETE FROM kleos.seasons", "missing row", "seasons"),
}


@pytest.mark.parametrize("kind", ROWS)
async def test_a_row_that_is_missing_or_too_many_is_named(told: Database, kind: str) -> None:
    tampering, difference, table = ROWS[kind]
    verdict = await verdict_of(told, tampering)
    assert (difference, table) in {(one.kind, one.table) for one in verdict.differences}, verdict.differences


PROFILES: Final = {
    "name": (f"UPDATE kleos.players SET name = 'Anna' WHERE player = {WHO}", "cell", "players"),
    "region": (f"UPDATE kleos.players SET region = 'eu' WHERE player = {WHO}", "cell", "players"),
    "attributes": (f"UPDATE kleos.players SET attributes = '{{}}' WHERE player = {WHO}", "cell", "players"),
    "a past region": ("UPDATE kleos.profiles SET region = 'mars' WHERE region = 'us'", "cell", "profiles"),
    "a past profile": ("DELETE FROM kleos.profiles WHERE region = 'us'", "missing row", "profiles"),
    "player gone": (f"DELETE FROM kleos.players WHERE player = {WHO}", "missing row", "players"),
    "nobody": ("INSERT INTO kleos.players (player) VALUES (999)", "extra row", "players"),
}


@pytest.mark.parametrize("kind", PROFILES)
async def test_a_profile_that_is_not_what_its_facts_say_is_named(told: Database, kind: str) -> None:
    tampering, difference, table = PROFILES[kind]
    verdict = await verdict_of(told, tampering, players=True)
    assert [(one.kind, one.table) for one in verdict.differences] == [(difference, table)]


async def test_only_the_first_differences_are_kept_and_all_are_counted(told: Database) -> None:
    connection = await open_connection(told.dsn)
    try:
        await connection.execute('UPDATE "duel"."fighter" SET duels = duels + 1')
        async with snapshot(connection):
            verdict = await verify_game(connection, "duel", keep=3)
    finally:
        await connection.close()
    assert len(verdict.differences) == 3
    assert verdict.different > 3


async def test_a_game_that_is_not_there(told: Database) -> None:
    connection = await open_connection(told.dsn)
    try:
        async with snapshot(connection):
            with pytest.raises(NotFound, match="duel"):
                await verify_game(connection, "chess")
    finally:
        await connection.close()
