"""What players are shown as: asked of the database once at the start, kept in step by every card that is kept."""

import pytest

from kleos.players.directory import Card, Directory
from kleos.store.database import Database

ADD = """
WITH made AS (INSERT INTO kleos.identities (namespace, id) VALUES ('', $1) RETURNING player)
INSERT INTO kleos.players (player, name) SELECT player, $2 FROM made RETURNING player
"""


@pytest.fixture
async def ann(database: Database) -> int:
    await database.pool.execute(ADD, "p2", None)
    number: int = await database.pool.fetchval(ADD, "p1", "Ann")
    return number


@pytest.mark.parametrize("read_first", [True, False])
async def test_names_are_shown_and_ids_where_there_is_none(database: Database, ann: int, read_first: bool) -> None:
    directory = Directory(database.pool)
    if read_first:
        await directory.read_names()
    shown = await directory.shown_names("", ["p1", "p2", "nobody"])
    assert shown == {"p1": "Ann", "p2": "p2", "nobody": "nobody"}
    assert await directory.shown_names("other", ["p1"]) == {"p1": "p1"}


async def test_a_kept_card_changes_the_name_and_takes_it_away(database: Database, ann: int) -> None:
    directory = Directory(database.pool)
    await directory.read_names()
    directory.keep("", [Card(ann, "p1", True, "Anne")])
    assert await directory.shown_names("", ["p1"]) == {"p1": "Anne"}
    directory.keep("", [Card(ann, "p1", True)])
    assert await directory.shown_names("", ["p1"]) == {"p1": "p1"}


async def test_who_is_forgotten_is_asked_of_the_database_again(database: Database, ann: int) -> None:
    directory = Directory(database.pool)
    await directory.read_names()
    await database.pool.execute("UPDATE kleos.players SET name = 'Anna' WHERE player = $1", ann)
    directory.forget(ann)
    assert await directory.shown_names("", ["p1"]) == {"p1": "Anna"}


async def test_names_that_are_known_ask_no_database(database: Database, ann: int) -> None:
    directory = Directory(database.pool)
    await directory.read_names()
    database.pool.terminate()
    assert await directory.shown_names("", ["p1", "p2"]) == {"p1": "Ann", "p2": "p2"}
