"""A dry run of any change to any game tells, to the last award and standing, what the change then does."""

import json
import os
import random
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from kleos.core.definition.changes import compare
from kleos.core.definition.load import load
from kleos.core.definition.model import AWARD_GRANTED, Manual
from kleos.core.errors import NotFound
from kleos.core.windows import iso
from kleos.definitions.answers import Preview
from kleos.definitions.preview import preview
from kleos.engine import catalog
from kleos.engine.catalog import Origin
from kleos.engine.engine import Engine
from kleos.log.archive.location import Location
from kleos.log.archive.manifest import set_location
from kleos.log.archive.retention import remove_old
from kleos.log.archive.seal import seal
from kleos.moderation.asked import Ban
from kleos.moderation.corrections import Corrections
from kleos.sheets.verify import snapshot
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.laws.random_games import RandomGame
from tests.laws.stories import PLAYERS
from tests.laws.world import NOW, Clock

STORIES: Final = int(os.environ.get("KLEOS_SOAK", "4"))
Awards = dict[tuple[str, str], str]


async def test_what_is_told_is_what_happens(database: Database, tmp_path: Path) -> None:
    async with Engine.open(database, clock=Clock(NOW)) as engine:
        async with engine.pool.acquire() as connection:
            await set_location(connection, str(tmp_path / "archive"))
        for number in range(STORIES):
            seed = random.randrange(2**32)
            print(f"seed {seed}")
            await check_a_change(engine, f"game_{number}", random.Random(seed), str(tmp_path / "archive"))


async def check_a_change(engine: Engine, game: str, rng: random.Random, archive: str) -> None:
    made = RandomGame(rng)
    before, after = made.variant(), made.variant() if rng.random() < 0.5 else made.source()
    await engine.put_definition(game, before)
    await play(engine, game, made, rng)
    await archive_some(engine, game, rng, archive)
    if rng.random() < 0.5:
        ban = Ban(player=rng.choice(PLAYERS), reason="a test")
        with suppress(NotFound):  # who has not played is nobody
            await Corrections(engine).make(game, ban, "a moderator")
    told = await preview_of(engine, game, after)
    held = await awards(engine, game)
    await engine.put_definition(game, after, origin=Origin(NOW + 1))
    holds = await awards(engine, game)
    check_awards(told, held, holds, set(engine.game(game).definition.achievements))
    again = await preview_of(engine, game, before)
    for board in told.boards:
        if board.kind != "lost":
            standings = [each for each in again.boards if each.board == board.board]
            assert all(each.before == board.after for each in standings), (board, standings)
    assert told.measured in (0, told.players)


async def play(engine: Engine, game: str, made: RandomGame, rng: random.Random) -> None:
    achievements = engine.game(game).definition.achievements
    facts = [
        fact
        for fact in made.facts(rng.choice((10, 60, 150)))
        if fact["type"] != AWARD_GRANTED
        or (fact["achievement"] in achievements and isinstance(achievements[fact["achievement"]].condition, Manual))
    ]
    receipt = await engine.ingest_body(game, json.dumps(facts).encode())
    assert not receipt.rejected


async def archive_some(engine: Engine, game: str, rng: random.Random, archive: str) -> None:
    if rng.random() < 0.5:
        connection = await open_connection(engine.database.dsn)
        location, now = Location.at(archive), engine.now()
        await seal(connection, location, engine.game(game), catalog.lock_of(game), now, span_events=20)
        await remove_old(connection, location, game, now + 1, now)
        await connection.close()


async def preview_of(engine: Engine, game: str, source: str) -> Preview:
    in_force, definition = engine.game(game), load(source, game)
    changes = compare(in_force.definition, definition)
    async with engine.pool.acquire() as connection, snapshot(connection):
        return await preview(connection, in_force, definition, changes, Origin(NOW + 1))


async def awards(engine: Engine, game: str) -> Awards:
    rows = await engine.pool.fetch(
        "SELECT DISTINCT ON (a.player, a.achievement) i.id, a.achievement, a.at, a.event FROM kleos.awards a"
        " JOIN kleos.identities i USING (player) WHERE a.game = $1",
        game,
    )
    return {(row["id"], row["achievement"]): f"{iso(row['at'])} {row['event']}" for row in rows}


def check_awards(told: Preview, held: Awards, holds: Awards, there: set[str]) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    effects: dict[tuple[str, str], str] = {}
    for place in held.keys() | holds.keys():
        was, is_now = held.get(place), holds.get(place)
        if was != is_now:
            effect = "gained" if was is None else "lost" if is_now is None else "redated"
            counts[place[1], effect] += 1
            effects[place] = effect
    listed: dict[tuple[str, str], Any] = {
        (each.achievement, effect): getattr(each, effect)
        for each in told.achievements
        for effect in ("gained", "lost", "redated")
        if getattr(each, effect)
    }
    assert listed == dict(counts)
    for each in told.achievements:
        for example in each.examples:
            assert effects[example.player, each.achievement] == example.effect
        changed = sum(count for (name, _), count in counts.items() if name == each.achievement)
        assert len(each.examples) == (min(changed, 5) if each.achievement in there else 0)
