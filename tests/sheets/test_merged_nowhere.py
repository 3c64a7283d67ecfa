"""Two who are merged need not appear in a match for it to count otherwise: a rule may ask whether they are one."""

from pathlib import Path
from typing import Final

import pytest

from kleos.engine.engine import Engine
from kleos.log.archive.location import Location
from kleos.log.archive.manifest import set_location
from kleos.moderation.asked import Merge
from kleos.moderation.corrections import Corrections
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.log.archive.worlds import World

DUELS: Final = """
title = "Duels"

[events.duel]
by     = "player"
target = "player"

[events.joined]
player = "player"

[sheets.duels]
key = ["alone"]

[[sheets.duels.on]]
event = "duel"
alone = "by == target"
n     = "count()"

[sheets.career]
key = ["player"]

[[sheets.career.on]]
event = "joined"
joined = "count()"
"""


@pytest.mark.parametrize("archived", [False, True])
async def test_rows_of_nobody_follow_a_merge_and_its_undoing(
    database: Database, tmp_path: Path, archived: bool
) -> None:
    (tmp_path / "duels.toml").write_text(DUELS)
    async with Engine.open(database, games_dir=tmp_path) as engine:
        connection = await open_connection(database.dsn)
        await set_location(connection, str(tmp_path / "archive"))
        world = World(engine, connection, Location.at(str(tmp_path / "archive")), "duels")
        pairs = [("ann", "bob"), ("bob", "ann"), ("ann", "cy"), ("dee", "eve")]
        duels = [
            {"type": "duel", "id": f"d{n}", "by": by, "target": target, "at": f"2026-01-0{n + 1}T00:00:00Z"}
            for n, (by, target) in enumerate(pairs)
        ]
        await world.send(*duels, *({"type": "joined", "id": player, "player": player} for player in ("ann", "bob")))
        if archived:
            await world.seal()
            await world.remove()
        corrections = Corrections(engine)
        merged = await corrections.make("duels", Merge(player="bob", into="ann", reason="one person"), "a moderator")
        assert await counted(world) == {False: 2, True: 2}
        await world.send({"type": "duel", "id": "later", "by": "bob", "target": "ann"})
        assert await counted(world) == {False: 2, True: 3}
        assert merged.correction is not None
        await corrections.undo("duels", merged.correction.seq, "a moderator", "two persons")
        assert await counted(world) == {False: 5}
        await connection.close()


BETWEEN_TWO: Final = """
title = "Duels"

[events.duel]
by     = "player"
target = "player"

[sheets.career]
key = ["player"]

[[sheets.career.on]]
event  = "duel"
player = "by"
where  = "by != target"
duels  = "count()"
"""


async def test_a_match_that_the_undoing_of_a_merge_would_not_find_is_named(database: Database, tmp_path: Path) -> None:
    (tmp_path / "duels.toml").write_text(BETWEEN_TWO)
    async with Engine.open(database, games_dir=tmp_path) as engine:
        connection = await open_connection(database.dsn)
        world = World(engine, connection, Location.at(str(tmp_path / "archive")), "duels")
        pairs = [("bob", "ann"), ("bob", "ann"), ("cy", "ann"), ("ann", "cy")]
        await world.send(*({"type": "duel", "id": f"d{n}", "by": by, "target": to} for n, (by, to) in enumerate(pairs)))
        made = await Corrections(engine).make(
            "duels", Merge(player="bob", into="ann", reason="one person"), "a moderator"
        )
        assert made.correction is not None
        merge = made.correction.seq
        assert await differences(world) == []
        await connection.execute("UPDATE kleos.merged_matches SET correction = 99 WHERE match = 'd1'")
        assert await differences(world) == [
            ("extra row", "merged_matches", {"match": "d1", "correction": 99}),
            ("missing row", "merged_matches", {"match": "d1", "correction": merge}),
        ]
        await connection.close()


async def differences(world: World) -> list[tuple[str, str, dict[str, object]]]:
    other = await open_connection(world.engine.database.dsn)
    try:
        async with snapshot(other):
            return [(each.kind, each.table, each.key) for each in (await verify_game(other, "duels")).differences]
    finally:
        await other.close()


async def counted(world: World) -> dict[bool, int]:
    """What the rows say, which is what the log says."""
    assert await differences(world) == []
    rows = await world.connection.fetch('SELECT alone, n FROM "duels"."duels" WHERE "window" = \'all\' AND present')
    return {row["alone"]: row["n"] for row in rows}
