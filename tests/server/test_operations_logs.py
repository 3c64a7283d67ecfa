"""The log: every request once, with its id; stack traces there and nowhere else; never a secret."""

import io
import json
import logging
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import get

from kleos.server.logs import LineWriter, LogHandler, RequestLines, configure_logs
from tests.cli.conftest import KEY as CLI_KEY
from tests.cli.conftest import LISTENS, Start, start
from tests.server.watched import EVENTS, HEADERS, KEY, score, watched

__all__ = ["start"]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What every logger writes."""
    root, kleos = logging.getLogger(), logging.getLogger("kleos")
    handlers, levels = root.handlers[:], (root.level, kleos.level)
    stream = io.StringIO()
    configure_logs("json", "info", ["a-password-of-the-database"], stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    kleos.setLevel(levels[1])
    logging.captureWarnings(False)


def entries(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@get("/fails", sync_to_thread=False)
def fails() -> None:
    raise RuntimeError("Bearer abcdef0123456789 was here")


async def test_a_line_for_each_request_with_its_id_and_the_template_of_its_path(database_url: str) -> None:
    async with watched(database_url) as server:
        await server.send(score("ada"))
        mine = await server.http.get("/v1/games/arcade/boards/total_score", headers={"X-Request-ID": "trace:7/a"})
        none = await server.http.get("/nowhere?token=x")
        unauthorised = await server.http.post(EVENTS, json=[], headers={"Authorization": "Bearer of-nobody-at-all"})
        lines = server.lines
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", "/v1/games/{game}/events", 200),
        ("GET", "/v1/games/{game}/boards/{board}", 200),
        ("GET", "(none)", 404),
        ("POST", "/v1/games/{game}/events", unauthorised.status_code),
    ]
    assert mine.headers["x-request-id"] == lines[1]["request_id"] == "trace:7/a"
    assert none.headers["x-request-id"] == lines[2]["request_id"]
    assert len({line["request_id"] for line in lines}) == 4
    for line in lines:
        assert 0 < line["ms"] < 30_000
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", line["at"])
        assert line["logger"] == "kleos.requests"


@pytest.mark.parametrize("id", ["", "a b", "x" * 129, "<script>", 'a"b', "a,b"])
async def test_an_id_that_is_not_sane_is_not_taken(database_url: str, id: str) -> None:
    async with watched(database_url) as server:
        answer = await server.http.get("/health", headers={"X-Request-ID": id})
        (line,) = server.lines
    assert answer.headers["x-request-id"] == line["request_id"] != id


async def test_of_quick_requests_a_part_and_of_failures_all(database_url: str) -> None:
    async with watched(database_url, lines_percent=10, more_routes=[fails]) as server:
        for _ in range(50):
            await server.http.get("/health")
        for _ in range(5):
            assert (await server.http.get("/v1/games/nope")).status_code == 404
        statuses = [line["status"] for line in server.lines]
        assert statuses == [200] * 5 + [404] * 5
        assert (await server.http.get("/fails")).status_code == 500
        failure = server.lines[-1]
    assert (failure["status"], failure["level"]) == (500, "error")


async def test_slow_ones_always(database_url: str) -> None:
    async with watched(database_url, lines_percent=0, slow_s=0.0) as server:
        await server.http.get("/health")
        assert len(server.lines) == 1
    async with watched(database_url, lines_percent=0) as server:
        await server.http.get("/health")
        assert server.lines == []


async def test_a_stack_trace_goes_to_the_log_with_the_request_s_id_and_never_into_an_answer(
    database_url: str, log: io.StringIO
) -> None:
    async with watched(database_url, more_routes=[fails]) as server:
        answer = await server.http.get("/fails", headers={"X-Request-ID": "it-fails"})
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "RuntimeError" not in answer.text
    (entry,) = [entry for entry in entries(log) if entry["level"] == "error"]
    assert entry["request_id"] == "it-fails"
    assert "Traceback (most recent call last)" in entry["exception"]
    assert 'raise RuntimeError("Bearer' in entry["exception"]
    assert "abcdef0123456789" not in log.getvalue()


TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "message, secret",
    [
        ("Authorization: Bearer s3cr3t-value-of-some-length", "s3cr3t-value"),
        ("{'authorization': 'Bearer s3cr3t-value'}", "s3cr3t-value"),
        ("the token {TOKEN} was refused", TOKEN),
        ("postgresql://kleos:hunter2-and-more@db:5432/games is away", "hunter2"),
        ('{"password": "correct-horse", "name": "ada"}', "correct-horse"),
        ("/v1/auth/callback?refresh_token=abcdefgh&state=1", "abcdefgh"),
        ("key kleos_0123456789abcdefghijklmnopqrstuv was revoked", "0123456789abcdef"),
        ("the database said: a-password-of-the-database", "a-password"),
    ],
)
def test_secrets_are_blotted_out(log: io.StringIO, message: str, secret: str) -> None:
    message = message.replace("{TOKEN}", TOKEN)
    logging.getLogger("kleos.of.tests").info(message)
    logging.getLogger("kleos.of.tests").info("%s", {"said": message})
    try:
        raise ValueError(message)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("it failed")
    assert len(entries(log)) == 3
    assert log.getvalue().count("[secret]") >= 3
    assert secret not in log.getvalue()


def test_what_is_no_secret_stays(log: io.StringIO) -> None:
    said = "kleos_requests_total of https://games.example:8000/v1 rose; the tokens of ada@example.org are kept"
    logging.getLogger("kleos.of.tests").warning(said)
    (entry,) = entries(log)
    assert entry["event"] == said
    assert (entry["level"], entry["logger"]) == ("warning", "kleos.of.tests")


def test_for_people_it_is_no_json(log: io.StringIO) -> None:
    stream = io.StringIO()
    configure_logs("console", "info", (), stream)
    logging.getLogger("kleos.of.tests").info("it begins")
    assert "it begins" in stream.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(stream.getvalue())


async def test_lines_come_without_being_asked_for() -> None:
    import asyncio

    stream = io.StringIO()
    lines = RequestLines("json", stream)
    lines.tell("GET", "/health", 200, 0.001, "one")
    async with asyncio.timeout(10):
        while not stream.getvalue():
            await asyncio.sleep(0.01)
    assert json.loads(stream.getvalue())["request_id"] == "one"
    console = io.StringIO()
    people = RequestLines("console", console)
    people.tell("GET", "/health", 200, 0.001, "one")
    people.flush()
    assert "/health" in console.getvalue()


async def test_who_does_not_read_the_log_holds_nobody_up() -> None:
    read, write = os.pipe()
    with os.fdopen(write, "w") as out:
        lines = RequestLines("json", out)
        for number in range(2_000):  # some 400 kB, into a pipe that holds 64
            lines.tell("GET", "/v1/games/{game}/boards/{board}", 200, 0.001, str(number))
        lines.flush()
        assert lines.dropped > 0
        got = os.read(read, 1 << 20)
        lines.tell("GET", "/health", 200, 0.001, "later")
        lines.flush()
    with os.fdopen(read) as rest:
        said = [json.loads(line) for line in (got.decode() + rest.read()).splitlines()]
    assert len(said) == 2_001 - lines.dropped
    assert said[-1]["request_id"] == "later"


def test_a_log_that_nobody_reads_holds_nobody_up() -> None:
    read, write = os.pipe()
    with os.fdopen(write, "w") as out:
        handler = LogHandler(LineWriter(out))
        handler.setFormatter(logging.Formatter("%(message)s"))
        for number in range(100):  # 500 kB, into a pipe that holds 64
            handler.handle(logging.LogRecord("kleos", logging.INFO, "", 0, f"{number} {'x' * 5_000}", (), None))
        got = os.read(read, 1 << 20)
        handler.handle(logging.LogRecord("kleos", logging.INFO, "", 0, "later", (), None))
    with os.fdopen(read) as rest:
        said = (got.decode() + rest.read()).splitlines()
    assert 5 < len(said) < 20
    assert said[-1] == "later"
    assert said[0] == f"0 {'x' * 5_000}"


def test_the_command_writes_json_alone_and_no_key(start: Start, data_dir: Path) -> None:
    env = {"KLEOS_ADMIN_KEY": CLI_KEY, "KLEOS_LOG_FORMAT": "json"}
    process = start("serve", "--data", str(data_dir), "--port", "0", env=env)
    url = process.until(LISTENS)[1]
    headers = {"Authorization": f"Bearer {CLI_KEY}"}
    assert httpx.post(f"{url}{EVENTS}", json=[score("ada")], headers=headers).status_code == 200
    assert httpx.get(f"{url}/v1/games?key={CLI_KEY}", headers={"Cookie": f"key={CLI_KEY}"}).status_code == 200
    ended = process.end(signal.SIGTERM)
    assert ended.code == 0
    said = [json.loads(line) for line in ended.err.splitlines()]
    routes = [entry["route"] for entry in said if entry["event"] == "request"]
    assert routes == ["/v1/games/{game}/events", "/v1/games"]
    assert CLI_KEY not in ended.err
    assert KEY not in ended.err
    assert HEADERS["Authorization"] not in ended.err
