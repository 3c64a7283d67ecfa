"""`kleos serve`: what it prints, what it refuses, and how it stops."""

import json
import re
import signal
from pathlib import Path

import httpx
import pytest

from kleos.server.serving import listen
from kleos.store.database import place_of
from tests.cli.conftest import KEY, LISTENS, Result, Start, kleos

ADMIN_KEY = re.compile(r"Admin key, shown this once: (\S+)")


def refused(result: Result, *said: str) -> None:
    """It ended with a sentence, not with a traceback."""
    assert result.code == 1, result
    assert "Traceback" not in result.err
    assert result.err.count("kleos: ") == 1, result.err
    for words in said:
        assert words in result.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_where_it_is_and_the_key_once_and_stops_cleanly(
    start: Start, data_dir: Path, number: signal.Signals
) -> None:
    first = start("serve", "--data", str(data_dir), "--port", "0")
    key = first.until(ADMIN_KEY)[1]
    url = first.until(LISTENS)[1]
    assert str(data_dir) in first.said
    event = {"type": "score_submitted", "player": "ada", "score": 1.0, "game_mode": "ranked"}
    headers = {"Authorization": f"Bearer {key}"}
    answer = httpx.post(f"{url}/v1/games/arcade/events", json=event, headers=headers)
    assert answer.json()["accepted"] == 1
    ended = first.end(number)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "Stopped.")
    assert "Traceback" not in ended.err

    second = start("serve", "--data", str(data_dir), "--port", "0")
    url = second.until(LISTENS)[1]
    answer = httpx.post(f"{url}/v1/games/arcade/events", json=event, headers=headers)
    assert answer.json()["accepted"] == 1
    ended = second.end(number)
    assert ended.code == 0
    assert "Admin key" not in ended.out


def test_it_tells_programs_in_one_line(start: Start, data_dir: Path) -> None:
    keys = []
    for _ in range(2):
        server = start("serve", "--data", str(data_dir), "--port", "0", "--json")
        told = json.loads(server.until(r"\A{.*}\n")[0])
        assert httpx.get(f"{told['address']}/health").is_success
        assert (told["data"], "arcade" in told["games"]) == (str(data_dir), True)
        keys.append(told["admin_key"])
        ended = server.end()
        assert (ended.code, len(ended.out.splitlines())) == (0, 1)
        assert ended.err.endswith("Stopped.\n")
    assert keys[0].startswith("kleos_")
    assert keys[1] is None


def test_a_worker_tells_programs_in_one_line(start: Start, database_url: str) -> None:
    worker = start("worker", "--json", env={"KLEOS_DATABASE_URL": database_url})
    assert json.loads(worker.until(r"\A{.*}\n")[0]) == {"data": place_of(database_url)}


def test_a_port_that_is_taken(data_dir: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        refused(kleos("serve", "--data", str(data_dir), "--port", str(port)), f"127.0.0.1:{port}", "in use")


def test_an_address_that_is_not_ours(data_dir: Path) -> None:
    refused(kleos("serve", "--data", str(data_dir), "--host", "192.0.2.1", "--port", "0"), "192.0.2.1")


def test_a_data_directory_in_use(start: Start, data_dir: Path) -> None:
    first = start("serve", "--data", str(data_dir), "--port", "0")
    first.until(LISTENS)
    refused(kleos("serve", "--data", str(data_dir), "--port", "0"), str(data_dir), str(first.popen.pid))


def test_another_server_on_the_same_database(start: Start, database_url: str) -> None:
    first = start("serve", "--port", "0", env={"KLEOS_DATABASE_URL": database_url, "KLEOS_ADMIN_KEY": KEY})
    first.until(LISTENS)
    refused(kleos("serve", "--port", "0", env={"KLEOS_DATABASE_URL": database_url}), "another Kleos")
    assert first.end().code == 0


def test_every_problem_of_every_definition(data_dir: Path, database_url: str) -> None:
    games = data_dir / "games"
    games.mkdir()
    (games / "one.toml").write_text("titel = 'One'\n[events.x]\na = 'integer'\n")
    (games / "two.toml").write_text("[boards.top]\nsheet = 'nowhere'\n")
    result = kleos("serve", "--port", "0", "--games", str(games), env={"KLEOS_DATABASE_URL": database_url})
    refused(result, "one.toml", "titel", "integer", "two.toml", "nowhere")


def test_a_folder_of_games_that_is_not_there(data_dir: Path) -> None:
    refused(kleos("serve", "--data", str(data_dir), "--games", str(data_dir / "none")), "is no folder")


def test_settings_that_are_wrong_are_all_named(data_dir: Path) -> None:
    result = kleos("serve", "--data", str(data_dir), env={"KLEOS_PORT": "http", "KLEOS_POOL_SIZE": "0"})
    refused(result, "KLEOS_PORT", "KLEOS_POOL_SIZE")


def test_a_signal_while_it_waits_for_the_database(start: Start) -> None:
    with listen("127.0.0.1", 0) as mute:  # takes connections, and never says a word
        port = mute.getsockname()[1]
        url = f"postgresql://kleos@127.0.0.1:{port}/kleos"
        waiting = start("serve", "--port", "0", env={"KLEOS_DATABASE_URL": url})
        mute.settimeout(60)
        asked, _ = mute.accept()
        with asked:
            ended = waiting.end()
    assert (ended.code, ended.out) == (0, "Stopped before it was ready.\n")
    assert "Traceback" not in ended.err
