"""PostgreSQL and the archive read as one log: in event order, each event once, by match, by player and as a whole."""

import json
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kleos.core.completion import Happened
from kleos.core.errors import DefinitionError
from kleos.engine.seasons import make_season
from kleos.log import history
from kleos.log.archive.location import ArchiveDamaged
from kleos.log.archive.retention import remove_old
from kleos.matches.logged import count_events, page_of_events
from kleos.store.database import Database
from tests.log.archive.worlds import EVERY_KIND, KINDS, Fact, World, played, world_of

PLAYERS = ("ann", "bob", "cy")


def some_facts(count: int) -> list[Fact]:
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    return [
        played(
            f"e{n}",
            f"2026-0{rng.randint(1, 6)}-01T00:00:0{rng.randint(0, 3)}Z",
            rng.choice(PLAYERS),
            match=f"m{rng.randint(0, 9)}",
            won=rng.random() < 0.5,
            word=rng.choice(("\\N", "", "NULL", '"', f"w{n}")),
        )
        for n in range(count)
    ]


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as made:
        yield made


def shown(events: list[Happened]) -> list[Any]:
    return [(one.event.at, one.event.id, one.event.match, one.event.player, one.plan.type.name) for one in events]


async def everything(world: World) -> list[Any]:
    """The log in every way that it can be read."""
    game, connection = world.game, world.connection
    numbers = [row["player"] for row in await connection.fetch("SELECT player FROM kleos.identities ORDER BY player")]
    matches = [
        row["match"] for row in await connection.fetch("SELECT DISTINCT match FROM kleos.appearances ORDER BY 1")
    ]
    answers: list[Any] = []
    for span in (history.EVERYTHING, (1_770_000_000_000_000, 1_775_000_000_000_000), (None, 1_772_323_201_000_000)):
        async with connection.transaction(isolation="repeatable_read"):
            answers.append(shown([one async for one in history.whole(connection, game, span)]))
            for player in numbers:
                behind = history.behind(connection, game, ["played", "left"], span, player=player)
                answers.append(shown([one async for one in behind]))
            for match in matches:
                behind = history.behind(connection, game, ["played"], span, match=match)
                answers.append(shown([one async for one in behind]))
            answers.append(shown([one async for one in history.behind(connection, game, ["left"], span)]))
        for types in (["played"], ["played", "left"]):
            of_players = await history.of_players(connection, game, numbers, types, span)
            of_matches = await history.of_matches(connection, game, matches, types, span)
            answers += [{key: shown(events) for key, events in found.items()} for found in (of_players, of_matches)]
    return answers


async def test_removed_events_are_read_as_before(world: World) -> None:
    facts = [*EVERY_KIND, *some_facts(60)]
    for start in range(0, len(facts), 16):
        await world.send(*facts[start : start + 16])
    before = await everything(world)
    assert len(before[0]) == len(facts)
    spans = await world.seal(span_events=20)
    assert await everything(world) == before
    assert await world.remove() == spans
    assert await world.connection.fetchval("SELECT count(*) FROM kleos.events WHERE game = 'kinds'") == 0
    assert await everything(world) == before


async def test_a_page_of_a_match_is_as_before(world: World) -> None:
    facts = [*EVERY_KIND, *some_facts(50)]
    await world.send(*facts[:40])
    await world.seal(span_events=15)
    await world.send(*facts[40:])
    matches = ["m1", "m2", "m3", EVERY_KIND[1]["match"], "plain"]

    async def told(match: str, newest_first: bool) -> list[Any]:
        found: list[Any] = []
        after: tuple[int | None, str | None] = (None, None)
        while rows := await page_of_events(world.engine.pool, world.game, match, after, 3, newest_first):
            after = rows[-1]["at"], rows[-1]["id"]
            names = ("seq", "id", "type", "at", "received_at")
            found += [(*(row[name] for name in names), json.loads(row["body"])) for row in rows]
        return found

    async def pages() -> list[Any]:
        found: list[Any] = []
        for match in matches:
            ends = [await told(match, newest_first) for newest_first in (False, True)]
            assert ends[0] == ends[1][::-1]
            found += ends[0]
            found.append(await count_events(world.engine.pool, world.game, match))
        return found

    before = await pages()
    assert len(await world.remove()) == 3
    assert await pages() == before
    assert len(before) > 10


async def test_the_match_of_an_event_is_found_wherever_it_lies(world: World) -> None:
    facts = some_facts(30)
    await world.send(*facts[:25])
    await world.seal(span_events=10)
    await world.remove()
    await world.send(*facts[25:])
    for fact in facts:
        for match in (None, fact["match"]):
            found = await history.match_of(world.connection, world.game, fact["id"], match)
            assert found == fact["match"]
        assert await history.match_of(world.connection, world.game, fact["id"], "another") is None
    assert await history.match_of(world.connection, world.game, "nobody sent this", None) is None


async def test_half_here_and_half_there(world: World) -> None:
    facts = some_facts(60)
    await world.send(*facts[:40])
    await world.seal(span_events=15)
    await world.send(*facts[40:])
    before = await everything(world)
    assert len(await world.remove()) == 3
    assert await everything(world) == before


async def test_own_facts_stay_and_removed_ids_are_remembered(world: World) -> None:
    await make_season(world.engine, "kinds", "spring", "Spring", 0, 1_000)
    await world.send(*EVERY_KIND)
    await world.seal()
    await world.remove()
    assert [row["type"] for row in await world.log()] == ["season.set"]
    receipt = await world.engine.ingest_body("kinds", b'{"type": "left", "id": "left", "player": "bob"}')
    assert (receipt.accepted, receipt.duplicates) == (0, 1)


async def test_young_spans_stay(world: World) -> None:
    await world.send(*some_facts(3))
    await world.seal()
    now = world.engine.now()
    assert await remove_old(world.connection, world.location, "kinds", now - 10**9, now) == []
    assert len(await world.log()) == 3


@pytest.mark.parametrize("damage", ["missing", "another", "shorter"])
async def test_a_damaged_file_is_named_and_its_events_stay(world: World, damage: str, tmp_path: Path) -> None:
    await world.send(*EVERY_KIND)
    (span,) = await world.seal()
    file = tmp_path / "archive" / span.files[-1].path
    content = file.read_bytes()
    if damage == "missing":
        os.remove(file)
    else:
        file.write_bytes(content[:-1] if damage == "shorter" else content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ArchiveDamaged, match=file.name):
        await world.remove()
    assert len(await world.log()) == len(EVERY_KIND)
    file.write_bytes(content)
    assert len(await world.remove()) == 1
    file.write_bytes(content[:-1])
    with pytest.raises(ArchiveDamaged, match=str(file)):
        await everything(world)


async def test_an_event_type_that_comes_again_must_read_what_files_alone_have_of_it(world: World) -> None:
    seen = KINDS + '\n[events.seen]\nplayer = "player"\nhow = "int"\n'
    await world.engine.put_definition("kinds", seen)
    await world.send({"type": "seen", "id": "s", "at": "2026-01-01T00:00:00Z", "player": "ann", "how": 3})
    await world.engine.put_definition("kinds", KINDS)
    await world.seal()
    await world.remove()
    assert await world.log() == []
    with pytest.raises(DefinitionError, match="is str and was int"):
        await world.engine.put_definition("kinds", seen.replace('how = "int"', 'how = "str"'))
    await world.engine.put_definition("kinds", seen)
