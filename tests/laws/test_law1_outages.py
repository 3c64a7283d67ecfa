"""Law 1 while the database is away, hangs, or dies in mid-commit: clear refusals, nothing half done, no restart."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from kleos.engine.engine import Engine
from kleos.server.app import create_app
from kleos.server.serving import listen, running
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.laws.cluster import FAST, IMMEDIATE, Cluster, cluster
from tests.laws.load import (
    HEADERS,
    KEY,
    LOOK_AGAIN_S,
    Ledger,
    check_everything,
    check_log,
    check_ranks,
    detail_of_503,
    loading,
    until_ready,
)
from tests.laws.proxy import ANY_LINE, Cut, Proxy

TIMEOUT_S: Final = 1.0
LONGEST_ANSWER_S: Final = 10.0
"""Far less than for ever; a statement, its cancelling and a connection may each take the time limit."""

ROUTES: Final = (
    ("GET", "/v1/games", None),
    ("GET", "/v1/games/golf", None),
    ("GET", "/v1/games/golf/definition?version=1", None),
    ("GET", "/v1/games/golf/seasons", None),
    ("GET", "/v1/games/golf/quarantine", None),
    ("GET", "/v1/games/golf/matches", None),
    ("GET", "/v1/games/golf/matches/m1", None),
    ("GET", "/v1/games/golf/matches/m1/events", None),
    ("GET", "/v1/games/golf/achievements", None),
    ("GET", "/v1/games/golf/sheets/career", None),
    ("GET", "/v1/games/golf/boards", None),
    ("GET", "/v1/games/golf/boards/wins", None),
    ("GET", "/v1/games/golf/boards/wins?window=2020-W01", None),
    ("GET", "/v1/games/arcade/boards/total_score/players/a1", None),
    ("GET", "/v1/games/arcade/boards/total_score/players/a1/around", None),
    ("POST", "/v1/games/golf/boards/wins/lookup", {"players": ["g1"]}),
    ("GET", "/v1/players", None),
    ("GET", "/v1/players/g1", None),
    ("GET", "/v1/players/g1/stats?game=golf", None),
    ("GET", "/v1/players/g1/achievements?game=golf", None),
    ("GET", "/v1/players/g1/matches", None),
    ("GET", "/v1/players/g1/trends?game=golf&sheet=career&columns=games_won", None),
    ("GET", "/v1/players/g1/charts/form?game=golf", None),
    ("GET", "/v1/players/g1/compare?with=g2&game=golf", None),
    ("PUT", "/v1/players/g1", {"name": "One"}),
    ("POST", "/v1/games/golf/seasons", {"name": "s1", "title": "S", "starts_at": "2030-01-01T00:00:00Z",
                                        "ends_at": "2030-02-01T00:00:00Z"}),
    ("PUT", "/v1/games/golf/definition", None),
    ("POST", "/v1/games/quest/achievements/prologue/grant", {"player": "g1"}),
    ("POST", "/v1/games/arcade/events?effects=true", {"type": "score_submitted", "player": "a1", "score": 1.0,
                                                      "game_mode": "classic"}),
)  # fmt: skip


@dataclass(slots=True)
class World:
    """A server in this process on a PostgreSQL that tests stop."""

    cluster: Cluster
    engine: Engine
    dsn: str
    url: str
    http: httpx.AsyncClient

    async def ask(self, method: str, path: str, body: Any) -> httpx.Response:
        async with asyncio.timeout(LONGEST_ANSWER_S):
            if path.endswith("/definition"):
                source = self.engine.game("golf").definition.source + "\n# a remark\n"
                return await self.http.put(path, content=source, headers=HEADERS)
            return await self.http.request(method, path, json=body, headers=HEADERS)


@asynccontextmanager
async def serving(used: Cluster, url: str, dsn: str) -> AsyncIterator[World]:
    async with Database.open(url=url, pool_size=6, timeout_s=TIMEOUT_S) as database:
        app = create_app(lambda: Engine.open(database), KEY)
        async with running(app, listen("127.0.0.1", 0)) as place, httpx.AsyncClient(base_url=place) as http:
            http.timeout = httpx.Timeout(60.0)
            await until_ready(http)
            yield World(used, app.state.engine, dsn, place, http)


@pytest.fixture(scope="module")
async def used(reachable_dir: Path) -> AsyncIterator[Cluster]:
    folder = reachable_dir / "outages"
    folder.mkdir(mode=0o755)
    async with cluster(folder) as made:
        yield made


@pytest.fixture(scope="module")
async def world(used: Cluster) -> AsyncIterator[World]:
    async with serving(used, used.url, used.url) as made:
        yield made


async def some_events(world: World, ledger: Ledger, batches: int = 6) -> None:
    for name, who in (("golf", {"g1", "g2"}), ("arcade", {"a1"})):
        while not who <= {player for event in ledger.sent[name].values() for player in players_of(event)}:
            assert await ledger.send(world.http, name, ledger.batch(name)) is not None, ledger.refused
    for n in range(batches):
        game = ("golf", "arcade")[n % 2]
        receipt = await ledger.send(world.http, game, ledger.batch(game))
        assert receipt is not None, ledger.refused


def players_of(event: dict[str, Any]) -> set[str]:
    return {event["player"]} if "player" in event else set(event.get("scores") or event["totals"])


async def until_taken(world: World, ledger: Ledger) -> None:
    """Waits until events are taken again; what is refused on the way was refused clearly."""
    async with asyncio.timeout(20):
        for game in ("golf", "arcade"):
            while await ledger.send(world.http, game, ledger.batch(game)) is None:
                await asyncio.sleep(LOOK_AGAIN_S)


async def check_so_far(world: World, ledger: Ledger) -> None:
    await check_ranks(world.url, world.dsn)
    await check_log(world.dsn, ledger)


async def ask_every_route(world: World) -> list[str]:
    """Each answers soon: from memory, or with a clear 503. Gives the paths that were refused."""
    refused = []
    answers = await asyncio.gather(*(world.ask(*route) for route in ROUTES))
    for (method, path, _), response in zip(ROUTES, answers, strict=True):
        if response.status_code != 200:
            assert detail_of_503(response)
            refused.append(f"{method} {path}")
    return refused


async def check_away(world: World) -> None:
    refused = await ask_every_route(world)
    assert "POST /v1/games/arcade/events?effects=true" in refused
    assert "PUT /v1/players/g1" in refused
    assert "GET /v1/games/golf/boards/wins" not in refused, "what is in memory is still answered"
    ready = await world.http.get("/ready")
    assert ready.status_code == 503
    assert ready.json()["database"] == "unreachable"
    assert ready.json()["trouble"]
    assert (await world.http.get("/health")).status_code == 200


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """One for the module: totals are of everything that was ever sent."""
    return Ledger(random.Random(7))


@pytest.mark.parametrize("how", [FAST, IMMEDIATE])
async def test_the_database_goes_away_and_comes_back(world: World, ledger: Ledger, how: Any) -> None:
    await some_events(world, ledger)
    await until_ready(world.http)
    async with loading(world.url, ledger):
        await world.cluster.stop(how)
        try:
            await check_away(world)
        finally:
            await world.cluster.start()
        await until_taken(world, ledger)
    assert world.engine.guard.is_held
    await check_so_far(world, ledger)


async def test_a_database_that_hangs(world: World, ledger: Ledger) -> None:
    await some_events(world, ledger)
    await until_ready(world.http)
    with world.cluster.frozen():
        await check_away(world)
        batch = ledger.batch("golf")
        async with asyncio.timeout(LONGEST_ANSWER_S):
            assert await ledger.send(world.http, "golf", batch) is None
    await until_taken(world, ledger)
    await check_so_far(world, ledger)


async def holding_a_row(world: World, connection: Any) -> None:
    """Locks the rows that a run of the player a1 changes."""
    await connection.execute("SELECT * FROM arcade.career FOR UPDATE")


async def waiting_commit(connection: Any) -> int:
    """The process id of the backend in which a commit waits for a row."""
    statement = """
        SELECT pid FROM pg_stat_activity
        WHERE application_name = 'kleos' AND wait_event_type = 'Lock' AND datname = 'kleos' AND pid <> pg_backend_pid()
    """
    async with asyncio.timeout(10):
        while (pid := await connection.fetchval(statement)) is None:
            await asyncio.sleep(LOOK_AGAIN_S)
    return int(pid)


@pytest.mark.parametrize("how", ["terminated", "cancelled", "too long"])
async def test_killed_in_mid_commit(world: World, ledger: Ledger, how: str) -> None:
    await some_events(world, ledger)
    await until_ready(world.http)
    killer = await open_connection(world.dsn)
    holder = await open_connection(world.dsn)
    batch = ledger.batch("arcade")
    async with holder.transaction():
        await holding_a_row(world, holder)
        sending = asyncio.create_task(ledger.send(world.http, "arcade", batch))
        pid = await waiting_commit(killer)
        if how != "too long":
            function = "pg_terminate_backend" if how == "terminated" else "pg_cancel_backend"
            assert await killer.fetchval(f"SELECT {function}($1)", pid)
        assert await sending is None
    assert ledger.refused[-1]
    sent = [event["id"] for event in batch]
    logged = "SELECT count(*) FROM kleos.events WHERE game = 'arcade' AND id = ANY($1::text[])"
    assert await killer.fetchval(logged, sent) == 0
    receipt = await again(lambda: ledger.send(world.http, "arcade", batch))
    assert receipt["accepted"] == len(batch)
    await killer.close()
    await holder.close()
    await check_so_far(world, ledger)


async def again(send: Callable[[], Awaitable[dict[str, Any] | None]]) -> dict[str, Any]:
    """Sends until it is answered, as a game would."""
    async with asyncio.timeout(20):
        while (receipt := await send()) is None:
            await asyncio.sleep(LOOK_AGAIN_S)
    return receipt


@pytest.fixture(scope="module")
async def proxy(used: Cluster, reachable_dir: Path) -> AsyncIterator[Proxy]:
    connection = await open_connection(used.url)
    await connection.execute("CREATE DATABASE lost")
    await connection.close()
    folder = reachable_dir / "proxy"
    folder.mkdir()
    async with Proxy(used.sockets, folder, "lost") as made:
        yield made


@pytest.fixture(scope="module")
async def proxied(used: Cluster, proxy: Proxy) -> AsyncIterator[World]:
    """A server whose line to its database can be cut."""
    async with serving(used, proxy.url, used.url.replace("/kleos?", "/lost?", 1)) as made:
        yield made


@pytest.fixture(scope="module")
def story() -> Ledger:
    return Ledger(random.Random(8))


async def answer_is_lost(
    world: World, proxy: Proxy, cut: Cut, request: Callable[[], Awaitable[Any]], after_text: bytes = ANY_LINE
) -> Any:
    """Makes a request whose COMMIT is cut off; where PostgreSQL gets it later, not before the server waits for it."""
    proxy.was_cut.clear()
    proxy.release.clear()
    proxy.after_text = after_text
    proxy.cut = cut
    answer = await request()
    assert proxy.was_cut.is_set()
    if cut == "early":
        watcher = await open_connection(world.dsn)
        async with asyncio.timeout(10):
            while not await watcher.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
                await asyncio.sleep(LOOK_AGAIN_S)
        await watcher.close()
        proxy.release.set()
    return answer


CUTS: Final = pytest.mark.parametrize("cut", ["before", "after", "early"])


@CUTS
async def test_nobody_knows_how_a_commit_ended(proxied: World, proxy: Proxy, story: Ledger, cut: Cut) -> None:
    """Whether it happened or not, memory holds what the database holds, and sending again is safe."""
    await some_events(proxied, story)
    await until_ready(proxied.http)
    batch = story.batch("arcade")
    assert await answer_is_lost(proxied, proxy, cut, lambda: story.send(proxied.http, "arcade", batch)) is None
    await until_taken(proxied, story)
    await check_ranks(proxied.url, proxied.dsn)
    receipt = await story.send(proxied.http, "arcade", batch)
    assert receipt is not None
    assert receipt["duplicates" if cut != "before" else "accepted"] == len(batch)
    await check_so_far(proxied, story)


@CUTS
async def test_nobody_knows_whether_a_profile_changed(proxied: World, proxy: Proxy, story: Ledger, cut: Cut) -> None:
    await some_events(proxied, story, 2)
    player = next(iter(story.sent["arcade"].values()))["player"]
    path, name = f"/v1/players/{player}", f"Named {cut}"
    assert (await proxied.http.put(path, json={"name": "Before"}, headers=HEADERS)).status_code == 200
    response = await answer_is_lost(
        proxied, proxy, cut, lambda: proxied.http.put(path, json={"name": name}, headers=HEADERS)
    )
    assert detail_of_503(response)
    expected = "Before" if cut == "before" else name
    async with asyncio.timeout(10):
        while (await proxied.http.get(path)).json()["name"] != expected:
            await asyncio.sleep(LOOK_AGAIN_S)
    await check_so_far(proxied, story)


@CUTS
async def test_nobody_knows_whether_a_season_was_made(proxied: World, proxy: Proxy, story: Ledger, cut: Cut) -> None:
    await some_events(proxied, story)
    year = {"before": 2031, "after": 2032, "early": 2033}[cut]
    season = {
        "name": f"y{year}",
        "title": "T",
        "starts_at": f"{year}-01-01T00:00:00Z",
        "ends_at": f"{year}-02-01T00:00:00Z",
    }
    response = await answer_is_lost(
        proxied,
        proxy,
        cut,
        lambda: proxied.http.post("/v1/games/golf/seasons", json=season, headers=HEADERS),
        after_text=b"INSERT INTO kleos.seasons",
    )
    assert detail_of_503(response)
    await until_taken(proxied, story)
    known = {one["name"] for one in (await proxied.http.get("/v1/games/golf/seasons")).json()["seasons"]}
    assert (season["name"] in known) == (cut != "before")
    await check_so_far(proxied, story)


async def test_after_all_this_everything_is_counted_once(
    world: World, ledger: Ledger, proxied: World, story: Ledger
) -> None:
    assert ledger.refused
    assert story.refused
    await check_everything(world.url, world.dsn, ledger)
    await check_everything(proxied.url, proxied.dsn, story)
