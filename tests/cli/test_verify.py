"""`kleos verify`: beside a server that runs, without one, and where something is not as the log has it."""

import asyncio
from pathlib import Path

from kleos.store.embedded import running_dsn
from kleos.store.pool import open_connection
from tests.cli.conftest import LISTENS, Served, Start, kleos, ndjson, runs


def execute(dsn: str, statement: str) -> None:
    async def run() -> None:
        connection = await open_connection(dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


def test_beside_a_server_and_without_one(start: Start, data_dir: Path) -> None:
    env = {"KLEOS_ADMIN_KEY": "a-key-of-enough-letters"}
    server = start("serve", "--data", str(data_dir), "--port", "0", env=env)
    url = server.until(LISTENS)[1]
    content = ndjson(runs(300))
    sent = kleos("import", "arcade", "-", "--url", url, "--key", env["KLEOS_ADMIN_KEY"], given=content)
    assert sent.code == 0, sent.err
    beside = kleos("verify", "arcade", env={"KLEOS_DATA": str(data_dir)})
    assert (beside.code, beside.err) == (0, "")
    assert beside.out.startswith("arcade: no difference (300 events, ")
    assert server.end().code == 0

    assert running_dsn(data_dir) is None
    alone = kleos("verify", "--all", "--data", str(data_dir), "--json")
    assert alone.code == 0
    verdicts = {verdict["name"]: verdict for verdict in alone.json}
    assert {"arcade", "golf", "quest", "battle_royale", "players"} <= set(verdicts)
    assert verdicts["arcade"]["events"] == 300
    assert verdicts["arcade"]["cells"] > 1000
    assert all(verdict["different"] == 0 for verdict in alone.json)


def test_a_cell_that_was_tampered_with(start: Start, data_dir: Path) -> None:
    server = start("serve", "--data", str(data_dir), "--port", "0", env={"KLEOS_ADMIN_KEY": "a-key-of-enough-letters"})
    url = server.until(LISTENS)[1]
    content = ndjson(runs(20, players=2))
    kleos("import", "arcade", "-", "--url", url, "--key", "a-key-of-enough-letters", given=content)
    dsn = running_dsn(data_dir)
    assert dsn is not None
    execute(dsn, 'UPDATE "arcade"."career" SET total_score_millionths = 1 WHERE "window" = \'2026-03\'')
    result = kleos("verify", "arcade", "--data", str(data_dir))
    assert result.code == 1
    assert "arcade.career window=2026-03 player=p0 total_score: stored 1e-06, expected 100.0" in result.out
    assert "arcade: 6 differences (20 events" in result.out
    few = kleos("verify", "arcade", "--data", str(data_dir), "--show", "1")
    assert "… and 5 more" in few.out
    found = kleos("verify", "arcade", "--database", dsn, "--json").json
    assert found["different"] == 6
    (cell,) = [
        each for each in found["differences"] if each["column"] == "total_score" and each["key"]["player"] == "p0"
    ]
    assert (cell["table"], cell["stored"], cell["expected"]) == ("arcade.career", 1e-6, 100.0)


def test_what_cannot_be_verified(served: Served, tmp_path: Path) -> None:
    unknown = kleos("verify", "chess", "--data", str(served.data))
    assert (unknown.code, "no game 'chess'" in unknown.err) == (1, True)
    nothing = kleos("verify", "golf", "--data", str(tmp_path / "none"))
    assert (nothing.code, "no database" in nothing.err) == (1, True)
    assert not (tmp_path / "none").exists()
    away = kleos("verify", "golf", "--database", "postgresql://kleos@127.0.0.1:1/kleos")
    assert (away.code, "Traceback" in away.err) == (1, False)
    assert kleos("verify").code == 1
    assert kleos("verify", "golf", "--all").code == 1
