"""A dry run tells what putting the definition then does: held against what it did."""

import asyncio
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from kleos.cli.app import run
from kleos.core.definition.load import load
from kleos.core.windows import iso
from kleos.definitions.preview import preview
from kleos.engine.catalog import Origin
from kleos.engine.engine import Engine
from kleos.sheets.verify import snapshot
from kleos.store.database import Database
from tests.engine.darts import AWARDS, DAY_US, PLAIN
from tests.jobs.test_api import KEY
from tests.laws.world import NOW, Clock

PATH = "/v1/games/darts/definition"
BOARDS = """
[boards.legs]
sheet = "career"
by    = "legs desc"
where = "legs >= 2"
"""
GROWN = PLAIN.replace('best  = "max(score)"', 'worst = "min(score)"\nlast  = "last(score)"')
GROWN += '[sheets.career.formulas]\nspread = "last - worst"\n'


async def put(http: httpx.AsyncClient, source: str, **params: Any) -> dict[str, Any]:
    response = await http.put(PATH, content=source, params={"wait_s": 60, **params})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def awards(engine: Engine) -> dict[tuple[str, str], str]:
    rows = await engine.pool.fetch(
        "SELECT i.id, a.achievement, a.at FROM kleos.awards a JOIN kleos.identities i USING (player)"
        " WHERE a.game = 'darts'"
    )
    return {(row["id"], row["achievement"]): iso(row["at"]) for row in rows}


async def test_what_is_told_is_what_happens(served: tuple[httpx.AsyncClient, Engine]) -> None:
    http, engine = served
    told = (await put(http, GROWN + AWARDS + BOARDS, dry_run=True))["preview"]
    assert engine.game("darts").version == 1
    columns = {(each["column"], each["kind"], each["rows"]) for each in told["columns"]}
    assert columns == {("worst", "filled", 2), ("last", "filled", 2), ("spread", "added", 2), ("best", "dropped", 2)}
    first = [{"rank": 1, "player": "ann", "value": 4}]
    assert told["boards"] == [{"board": "legs", "kind": "gained", "before": None, "after": 1, "examples": first}]
    by_name = {each["achievement"]: each for each in told["achievements"]}
    assert {name: each["gained"] for name, each in by_name.items()} == {
        "three": 0,
        "high": 0,
        "given": 0,
        "both": 0,
        "ever": 1,
    }
    dated = iso(NOW - 3 * DAY_US)
    assert by_name["ever"]["examples"] == [{"player": "ann", "effect": "gained", "at": dated, "was_at": None}]
    assert (told["players"], told["measured"], told["cost"]["events"]) == (2, 2, 5)
    done = await put(http, GROWN + AWARDS + BOARDS)
    assert (done["version"], done["job"]) == (2, None)
    assert await awards(engine) == {("ann", "ever"): dated}


async def test_a_new_sheet_is_told_with_the_rows_that_it_then_has(served: tuple[httpx.AsyncClient, Engine]) -> None:
    http, engine = served
    sheet = '[sheets.days]\nkey = ["player"]\nwindows = ["all", "day"]\n'
    sheet += '[[sheets.days.on]]\nevent = "leg"\nthrown = "count()"\n'
    told = (await put(http, PLAIN + sheet, dry_run=True))["preview"]
    await put(http, PLAIN + sheet)
    rows = await engine.pool.fetchval('SELECT count(*) FROM "darts"."days"')
    assert rows > 2
    assert told["columns"] == [{"sheet": "days", "column": "thrown", "kind": "filled", "rows": rows}]


async def test_what_is_lost_and_dated_anew_is_told_too(served: tuple[httpx.AsyncClient, Engine]) -> None:
    http, engine = served
    easy = '[achievements.a]\nsheet = "career"\nwhen = "legs >= 1"\n[achievements.b]\nevent = "leg"\nwhen = "true"\n'
    easy = easy.replace('when = "true"', 'when = "score >= 1"')
    await put(http, PLAIN + BOARDS + easy)
    assert len(await awards(engine)) == 4
    hard = '[achievements.a]\nsheet = "career"\nwhen = "legs >= 2"\n'
    told = (await put(http, PLAIN + BOARDS.replace("legs >= 2", "legs >= 1") + hard, dry_run=True))["preview"]
    by_name = {each["achievement"]: each for each in told["achievements"]}
    assert (by_name["a"]["kind"], by_name["a"]["lost"], by_name["a"]["redated"]) == ("changed", 1, 1)
    assert {each["effect"] for each in by_name["a"]["examples"]} == {"lost", "redated"}
    assert (by_name["b"]["kind"], by_name["b"]["lost"]) == ("lost", 2)
    first = [{"rank": 1, "player": "ann", "value": 4}, {"rank": 2, "player": "bob", "value": 1}]
    assert told["boards"] == [{"board": "legs", "kind": "changed", "before": 1, "after": 2, "examples": first}]


async def test_what_cannot_be_is_told_with_its_reason(served: tuple[httpx.AsyncClient, Engine]) -> None:
    http, _ = served
    told = await put(http, PLAIN.replace('score  = "int"', 'score  = "int"\nround = "int"'), dry_run=True)
    assert told["preview"] is None
    (problem,) = told["problems"]
    assert "round" in problem
    refused = await http.put(PATH, content=PLAIN.replace('score  = "int"', 'score  = "int"\nround = "int"'))
    assert refused.status_code == 422


async def test_a_new_game_has_nothing_to_measure(served: tuple[httpx.AsyncClient, Engine]) -> None:
    http, _ = served
    told = (await http.put("/v1/games/bowls/definition", content=PLAIN, params={"dry_run": True})).json()
    assert (told["version"], told["preview"], told["refold"]) == (None, None, ["career", "awards"])


async def test_a_part_of_the_players_stands_for_all(database: Database) -> None:
    rng = random.Random(5)
    async with Engine.open(database, clock=Clock(NOW)) as engine:
        await engine.put_definition("darts", PLAIN)
        events: list[Mapping[str, Any]] = [
            {"id": f"{n}", "type": "leg", "player": f"p{n % 300}", "score": rng.randint(0, 180), "at": iso(NOW)}
            for n in range(900)
        ]
        await engine.ingest_body("darts", json.dumps(events).encode())
        new = '[sheets.other]\nkey = ["player"]\n[[sheets.other.on]]\nevent = "leg"\nthrown = "count()"\n'
        definition = PLAIN + BOARDS + new + '[achievements.two]\nsheet = "career"\nwhen = "legs >= 2"\n'
        async with engine.pool.acquire() as connection, snapshot(connection):
            game = engine.game("darts")
            _, changes = await engine.put_definition("darts", definition, dry_run=True)
            told = await preview(connection, game, load(definition, "darts"), changes, Origin(NOW), -1, within_s=0)
        assert (told.players, told.measured) == (300, 50)
        assert told.achievements[0].gained == 50
        assert told.boards[0].after == 50
        assert [(each.sheet, each.rows) for each in told.columns] == [("other", None)]


async def test_the_command_line_tells_it_in_words(
    served: tuple[httpx.AsyncClient, Engine], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    http, engine = served
    file = tmp_path / "darts.toml"
    file.write_text(GROWN + AWARDS + BOARDS)
    where = ("--url", str(http.base_url).rstrip("/"), "--key", KEY)
    assert await asyncio.to_thread(run, ["plan", str(file), *where]) == 0
    said = capsys.readouterr().out
    for words in (
        "version 1 would become 2",
        "+ career.worst: filled (2 rows)",
        "- career.best: dropped (2 rows)",
        "+ legs: gained, standings – → 1",
        "+ ever: 1 gained",
        "ann gains it, of",
        "+ three: nobody",
        "5 events to fold",
    ):
        assert words in said, said
    assert await asyncio.to_thread(run, ["plan", str(file), *where, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["preview"]["measured"] == 2
    file.write_text(PLAIN.replace('score  = "int"', 'score  = "str"'))
    assert await asyncio.to_thread(run, ["plan", str(file), *where]) == 1
    file.write_text(PLAIN.replace('key = ["player"]', 'key = ["score"]'))
    assert await asyncio.to_thread(run, ["plan", str(file), *where]) == 1
    assert "refused" in capsys.readouterr().err
    file.write_text(PLAIN)
    assert await asyncio.to_thread(run, ["plan", str(file), *where]) == 0
    assert "nothing changes" in capsys.readouterr().out
    assert engine.game("darts").version == 1
