"""The merge that PostgreSQL does is the merge of the core."""

import random

from kleos.core.cells import Row, RowKey
from kleos.sheets.merge import SheetWriter
from kleos.sheets.schema import apply_schema
from kleos.store.database import Database
from tests.core.six_folds import DEFINITION, FOLD, PARTS, Fact, folded

PLAYERS = 400
SHEET = DEFINITION.sheets["folds"]
WRITER = SheetWriter.of(DEFINITION, SHEET)
NUMBERS = {"bob": 1, "eve": 2, 1: 1, 2: 2}


def random_fact(rng: random.Random, id: int) -> Fact:
    return Fact(
        at=rng.randint(0, 6),
        id=f"{rng.choice('aé')}{id}",
        flag=rng.random() < 0.6,
        whole=rng.choice((None, -1, 0, 1, 2)),
        part=rng.choice((None, *PARTS)),
        moment=rng.choice((None, 0, 1, 2)),
        other=rng.choice((None, "bob", "eve")),
        word=rng.choice((None, "x", "y")),
    )


def random_facts(rng: random.Random) -> list[Fact]:
    facts = [random_fact(rng, id) for id in range(rng.randint(1, 9))]
    return sorted(facts, key=lambda fact: (fact.at, fact.id))


def keyed(rows: dict[int, Row]) -> list[tuple[RowKey, Row]]:
    return [(("all", player), row) for player, row in sorted(rows.items())]


async def test_spans_merged_by_postgresql_are_the_facts_folded_at_once(database: Database) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    histories = {player: random_facts(rng) for player in range(1, PLAYERS + 1)}
    async with database.pool.acquire() as connection:
        async with connection.transaction():
            await apply_schema(connection, DEFINITION)
        left = dict(histories)
        while left:
            sizes = {player: rng.randint(1, len(facts)) for player, facts in left.items()}
            deltas = keyed({player: folded(facts[: sizes[player]]) for player, facts in left.items()})
            returned = await connection.fetch(WRITER.statements["merge"], *WRITER.arguments(deltas, NUMBERS))
            assert len(returned) == len(deltas)
            left = {player: rest for player, facts in left.items() if (rest := facts[sizes[player] :])}
        whole = {player: folded(facts) for player, facts in histories.items()}
        for row in await connection.fetch('SELECT * FROM "six"."folds"'):
            expected = FOLD.cells.values(whole[row["player"]])
            expected["other_last"] = NUMBERS.get(expected["other_last"])
            assert {name: row[name] for name in expected} == expected, histories[row["player"]]


async def test_a_delta_that_is_not_wholly_after_the_row_does_not_come_back(database: Database) -> None:
    early, same, late = (Fact(at, id, True) for at, id in ((1, "a"), (2, "b"), (2, "c")))
    async with database.pool.acquire() as connection:
        async with connection.transaction():
            await apply_schema(connection, DEFINITION)
        for facts, comes_back in (
            ([same], True),
            ([early], False),
            ([early, late], False),
            ([same], False),
            ([late], True),
        ):
            arguments = WRITER.arguments(keyed({1: folded(facts)}), NUMBERS)
            returned = await connection.fetch(WRITER.statements["merge"], *arguments)
            assert bool(returned) == comes_back, facts
        assert await connection.fetchval('SELECT facts FROM "six"."folds"') == 2
