"""Corrections that meet other corrections of the same matches and players."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kleos.core.windows import to_datetime
from kleos.moderation.asked import Ban, Merge, Void
from kleos.moderation.corrections import Corrections
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.database import Database
from tests.log.archive.worlds import World, played, world_of


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as made:
        yield made


async def games(world: World) -> dict[str, int]:
    rows = await world.connection.fetch(
        """SELECT i.id, r.games FROM "kinds"."career" r JOIN kleos.identities i USING (player)
        WHERE "window" = 'all' AND present"""
    )
    return {row["id"]: row["games"] for row in rows}


async def check(world: World) -> None:
    async with snapshot(world.connection):
        assert (await verify_game(world.connection, "kinds")).differences == []


@pytest.mark.parametrize("archived", [False, True])
async def test_the_void_of_a_player_holds_for_what_was_void_before(world: World, archived: bool) -> None:
    await world.send(*(played(f"e{n}", f"2026-01-0{1 + n}T00:00:00Z", match=f"m{n}") for n in range(4)))
    await world.send(played("other", "2026-01-02T00:00:00Z", "bob", match="m1"))
    if archived:
        await world.seal()
        await world.remove()
    corrections = Corrections(world.engine)
    match = await corrections.make("kinds", Void(match="m1", reason="a script"), "mod")
    event = await corrections.make("kinds", Void(event="e2", match="m2", reason="twice"), "mod")
    until = to_datetime(1_767_484_800_000_000)  # the 4th
    span = await corrections.make("kinds", Void(player="ann", until=until, reason="all of it"), "mod")
    again = await corrections.make("kinds", Void(player="ann", until=until, reason="all is void already"), "mod")
    for each in (span, again):
        assert each.correction is not None
        assert each.correction.subject.matches == ["m0", "m1", "m2"]
    for each in (match, event, span):
        assert each.correction is not None
        await corrections.undo("kinds", each.correction.seq, "mod", "there is another")
        assert await games(world) == {"ann": 1}
        await check(world)
    assert again.correction is not None
    await corrections.undo("kinds", again.correction.seq, "mod", "the last one")
    assert await games(world) == {"ann": 4, "bob": 1}
    await check(world)


async def test_what_was_made_of_a_player_is_found_under_their_name_after_a_merge(world: World) -> None:
    await world.send(*(played(f"e{who}", "2026-01-01T00:00:00Z", who, match=f"m{who}") for who in ("ann", "bob")))
    corrections, namespace = Corrections(world.engine), world.game.namespace
    await corrections.make("kinds", Void(player="bob", reason="a script"), "mod")
    ban = await corrections.make("kinds", Ban(player="bob", reason="a script"), "mod")
    await corrections.make("kinds", Merge(player="bob", into="ann", reason="one person"), "mod")
    found, total = await corrections.page("kinds", None, "bob", 10, 0)
    assert ([each.kind for each in found], total) == (["merge", "ban", "void"], 3)
    assert ban.correction is not None
    assert await corrections.bans_of("kinds", namespace, "bob") == [ban.correction.seq]
    assert await corrections.bans_of("kinds", namespace, "ann") == []
    assert [each.kind for each in (await corrections.page("kinds", None, "ann", 10, 0))[0]] == ["merge"]
    again = await corrections.make("kinds", Ban(player="bob", reason="as whom they count"), "mod")
    assert again.correction is not None
    assert await corrections.bans_of("kinds", namespace, "ann") == [again.correction.seq]
