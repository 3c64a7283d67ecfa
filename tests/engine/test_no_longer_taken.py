"""A definition in force that an earlier Kleos took, and this one does not: its game waits, all others are served."""

import httpx
import pytest

from kleos.core.errors import DefinitionError
from kleos.engine.catalog import read_game
from kleos.engine.engine import Engine
from kleos.server.app import create_app
from kleos.server.serving import listen, running
from kleos.store.database import Database
from tests.engine.darts import PLAIN, play
from tests.laws.world import NOW, Clock

KEY = "kleos_the-key-of-these-tests"


async def test_its_game_is_not_served_and_nothing_of_it_is_lost(database: Database) -> None:
    clock = Clock(NOW)
    async with Engine.open(database, clock=clock) as engine:
        await engine.put_definition("darts", PLAIN)
        await play(engine, ("ann", 100, -1))
    looser = PLAIN.replace("max(score)", "max(points)")
    await database.pool.execute("UPDATE kleos.definitions SET source = $1 WHERE game = 'darts'", looser)

    app = create_app(lambda: Engine.open(database, clock=clock), KEY)
    key = {"Authorization": f"Bearer {KEY}"}
    async with running(app, listen("127.0.0.1", 0)) as url, httpx.AsyncClient(base_url=url, headers=key) as http:
        games = (await http.get("/v1/games")).json()["games"]
        assert sorted(game["game"] for game in games) == ["arcade", "battle_royale", "golf", "quest"]
        for asked in (
            http.get("/v1/games/darts"),
            http.get("/v1/games/darts/sheets/career"),
            http.post("/v1/games/darts/events", json=[{"type": "leg", "player": "ann", "score": 1}]),
            http.put("/v1/games/darts/definition", content=PLAIN, headers={"Content-Type": "application/toml"}),
        ):
            answer = await asked
            assert (answer.status_code, "points" in answer.json()["detail"]) == (503, True), answer.text
    async with database.pool.acquire() as connection:
        with pytest.raises(DefinitionError):
            await read_game(connection, "darts")

    await database.pool.execute("UPDATE kleos.definitions SET source = $1 WHERE game = 'darts'", PLAIN)
    async with Engine.open(database, clock=clock) as engine:
        assert engine.game("darts").definition.source == PLAIN
        assert await engine.pool.fetchval("SELECT count(*) FROM kleos.events WHERE game = 'darts'") == 1
        await play(engine, ("ann", 120, 0))
