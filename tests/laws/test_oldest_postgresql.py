"""The oldest PostgreSQL that Kleos uses does all that ours does: one dialect, no newer statement."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx
import pytest

from kleos.core.windows import from_datetime
from kleos.engine.engine import Engine
from kleos.engine.seasons import make_season
from kleos.server.app import create_app
from kleos.server.serving import listen, running
from kleos.store.database import OLDEST_VERSION, Database
from tests.laws.cluster import cluster
from tests.laws.load import KEY, Ledger, check_everything, send_everything_again, until_ready

PROGRAMS: Final = Path(f"/usr/lib/postgresql/{OLDEST_VERSION}/bin")
COLUMN: Final = 'knockouts      = "count(player == finisher)"'


@asynccontextmanager
async def _opened(engine: Engine) -> AsyncIterator[Engine]:
    yield engine


def moment(text: str) -> int:
    return from_datetime(datetime.fromisoformat(text))


@pytest.mark.skipif(
    not (PROGRAMS / "initdb").exists(),
    reason=f"needs PostgreSQL {OLDEST_VERSION} as Debian packs it (apt install postgresql-{OLDEST_VERSION})",
)
async def test_everything_works_on_the_oldest(data_dir: Path) -> None:
    ledger = Ledger(random.Random(15))
    async with (
        cluster(data_dir, PROGRAMS) as old,
        Database.open(url=old.url) as database,
        Engine.open(database) as engine,
        running(create_app(lambda: _opened(engine), KEY), listen("127.0.0.1", 0)) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        assert (
            await database.pool.fetchval("SELECT current_setting('server_version_num')::int / 10000") == OLDEST_VERSION
        )
        for _ in range(15):
            batches = [(game, ledger.batch(game)) for game in ("golf", "arcade", "golf")]
            await asyncio.gather(*(ledger.send(http, game, batch) for game, batch in batches))
        assert ledger.answered == sum(len(sent) for sent in ledger.sent.values())
        await make_season(
            engine,
            "golf",
            "all_of_it",
            "All of it",
            moment("2020-01-01T00:00:00+00:00"),
            moment("2100-01-01T00:00:00+00:00"),
        )
        source = engine.game("golf").definition.source
        assert COLUMN in source
        await engine.put_definition("golf", source.replace(COLUMN, COLUMN + '\ncheap_rounds = "count(score < 5)"'))
        await until_ready(http)
        season = (await http.get("/v1/games/golf/boards/wins", params={"window": "all_of_it"})).json()
        whole = (await http.get("/v1/games/golf/boards/wins", params={"window": "all"})).json()
        assert season["entries"] == whole["entries"]
        cheap = (await http.get("/v1/games/golf/sheets/career", params={"order": "cheap_rounds desc"})).json()
        rounds = [event["scores"] for event in ledger.sent["golf"].values() if "scores" in event]
        best = max(
            sum(scores.get(player, 99) < 5 for scores in rounds) for player in {p for scores in rounds for p in scores}
        )
        assert cheap["rows"][0]["values"]["cheap_rounds"] == best > 0
        await send_everything_again(url, ledger)
        await check_everything(url, old.url, ledger)
