"""What the server does with requests before and around any game: keys, bodies, and failures of every kind."""

import asyncio
import gzip
import socket
import zlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
import zstandard
from litestar import Litestar, Request, get, post
from litestar.params import FromPath, FromQuery

from kleos.core.errors import BadInput, Conflict, DefinitionError, NotFound, Problem, Unavailable
from kleos.server.bodies import MAX_BODY_BYTES, read_body
from kleos.server.errors import PROBLEM_JSON, to_response
from kleos.server.serving import listen, running

ERRORS: dict[str, Exception] = {
    "not_found": NotFound("board", "winz", ["wins", "losses"]),
    "bad": BadInput("it is no number", "limit"),
    "conflict": Conflict("there is a season called spring already"),
    "away": Unavailable("the disk is full", 3.0),
    "definition": DefinitionError([Problem("golf.toml", "sheets.career", "key", "no such field", "use `player`")]),
    "bug": ZeroDivisionError("secret detail"),
    "database": asyncpg.CannotConnectNowError("starting up"),
    "refused_connection": ConnectionRefusedError("no one there"),
}


@post("/body", status_code=200)
async def body(request: Request[Any, Any, Any]) -> dict[str, int]:
    return {"size": len(await read_body(request))}


@get("/number/{text:str}", sync_to_thread=False)
def number(text: FromPath[str], limit: FromQuery[int] = 1) -> dict[str, Any]:
    return {"text": text, "limit": limit}


@get("/fail/{name:str}", sync_to_thread=False)
def fail(name: FromPath[str]) -> None:
    raise ERRORS[name]


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(
        [body, number, fail],
        exception_handlers={Exception: to_response},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,
    )
    async with (
        running(app, listen("127.0.0.1", 0)) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as client,
    ):
        yield client


def problem_of(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM_JSON
    said: dict[str, Any] = response.json()
    assert said["status"] == status
    assert said["type"].startswith("urn:kleos:problem:")
    assert said["title"]
    assert said["detail"]
    return said


async def test_unknown_route_is_a_problem(client: httpx.AsyncClient) -> None:
    assert "/nowhere/at/all" in problem_of(await client.get("/nowhere/at/all"), 404)["detail"]


async def test_wrong_method_says_what_works(client: httpx.AsyncClient) -> None:
    response = await client.delete("/number/1")
    assert "DELETE" in problem_of(response, 405)["detail"]
    assert "GET" in response.headers["allow"]
    assert "POST" not in response.headers["allow"]


async def test_bad_parameter_is_named(client: httpx.AsyncClient) -> None:
    said = problem_of(await client.get("/number/1?limit=many"), 400)
    assert said["where"] == "limit"


@pytest.mark.parametrize("path", ["/number/%ff", "/%00", "/number/%", "/number/a%2Fb", "//", "/number/..%2f..%2fetc"])
async def test_odd_paths_never_break_it(client: httpx.AsyncClient, path: str) -> None:
    request = client.build_request("GET", "/")
    request.url = httpx.URL(str(client.base_url) + path)
    response = await client.send(request)
    assert response.status_code in (200, 400, 404), response.text
    if response.status_code != 200:
        problem_of(response, response.status_code)


async def test_what_is_not_http_gets_a_problem(client: httpx.AsyncClient) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port or 80), timeout=5) as raw:
        raw.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(raw, b"\x00\x01nonsense\r\n\r\n")
        said = b""
        while part := await asyncio.wait_for(loop.sock_recv(raw, 65536), 5):
            said += part
    head, _, content = said.partition(b"\r\n\r\n")
    assert b" 400 " in head.split(b"\r\n")[0]
    assert PROBLEM_JSON.encode() in head
    assert msgspec.json.decode(content)["status"] == 400


async def test_unknown_name_comes_with_what_exists(client: httpx.AsyncClient) -> None:
    said = problem_of(await client.get("/fail/not_found"), 404)
    assert said["known"] == ["wins", "losses"]
    assert said["did_you_mean"] == "wins"
    assert "winz" in said["detail"]


async def test_errors_have_their_statuses(client: httpx.AsyncClient) -> None:
    assert problem_of(await client.get("/fail/bad"), 400)["where"] == "limit"
    assert "spring" in problem_of(await client.get("/fail/conflict"), 409)["detail"]


@pytest.mark.parametrize("name", ["away", "database", "refused_connection"])
async def test_what_is_away_can_be_tried_again(client: httpx.AsyncClient, name: str) -> None:
    response = await client.get(f"/fail/{name}")
    assert problem_of(response, 503)["retry_after_s"] >= 1
    assert int(response.headers["retry-after"]) >= 1


async def test_a_definition_lists_every_mistake(client: httpx.AsyncClient) -> None:
    said = problem_of(await client.get("/fail/definition"), 422)
    assert said["problems"] == [
        {
            "file": "golf.toml",
            "table": "sheets.career",
            "key": "key",
            "message": "no such field",
            "mend": "use `player`",
        }
    ]


async def test_a_bug_tells_nothing_of_itself(client: httpx.AsyncClient) -> None:
    response = await client.get("/fail/bug")
    problem_of(response, 500)
    assert "secret" not in response.text
    assert "Traceback" not in response.text


async def send(client: httpx.AsyncClient, content: bytes, encoding: str | None = None) -> httpx.Response:
    return await client.post("/body", content=content, headers={"Content-Encoding": encoding} if encoding else {})


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "GZIP", None])
@pytest.mark.parametrize("size", [0, 10, 1_000_000])
async def test_bodies_are_inflated(client: httpx.AsyncClient, encoding: str | None, size: int) -> None:
    plain = bytes(range(256)) * (size // 256 + 1)
    plain = plain[:size]
    packed = plain
    if encoding is not None:
        packed = zstandard.compress(plain) if encoding == "zstd" else gzip.compress(plain)
    assert (await send(client, packed, encoding)).json() == {"size": size}


async def test_several_members_make_one_body(client: httpx.AsyncClient) -> None:
    assert (await send(client, gzip.compress(b"ab") + gzip.compress(b"cde"), "gzip")).json() == {"size": 5}
    assert (await send(client, zstandard.compress(b"ab") + zstandard.compress(b"cde"), "zstd")).json() == {"size": 5}


async def test_a_body_of_17_mib_is_refused(client: httpx.AsyncClient) -> None:
    problem_of(await send(client, b" " * (17 * 1024 * 1024)), 413)


async def test_a_body_of_16_mib_is_taken(client: httpx.AsyncClient) -> None:
    assert (await send(client, b" " * MAX_BODY_BYTES)).json() == {"size": MAX_BODY_BYTES}


async def test_a_chunked_body_is_counted(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b" " * 1024 * 1024

    problem_of(await client.post("/body", content=chunks()), 413)


def gzip_bomb(size: int) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b"\0" * (1024 * 1024)
    return b"".join(squeeze.compress(zeros) for _ in range(size >> 20)) + squeeze.flush()


def zstd_bomb(size: int, says_its_size: bool) -> bytes:
    squeeze = zstandard.ZstdCompressor(level=3).compressobj(size=size if says_its_size else -1)
    zeros = b"\0" * (1024 * 1024)
    return b"".join(squeeze.compress(zeros) for _ in range(size >> 20)) + squeeze.flush()


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "zstd of unknown size"])
async def test_a_bomb_is_refused(client: httpx.AsyncClient, encoding: str) -> None:
    size = 256 << 20
    bomb = gzip_bomb(size) if encoding == "gzip" else zstd_bomb(size, encoding == "zstd")
    assert len(bomb) < MAX_BODY_BYTES
    problem_of(await send(client, bomb, encoding.split()[0]), 413)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
async def test_broken_streams_are_refused(client: httpx.AsyncClient, encoding: str) -> None:
    plain = bytes(range(256)) * 100
    whole = gzip.compress(plain) if encoding == "gzip" else zstandard.compress(plain)
    for broken in (b"no stream at all", whole[:-5], whole[: len(whole) // 2], whole + b"rest", b""):
        assert problem_of(await send(client, broken, encoding), 400)["where"] == "Content-Encoding"


async def test_an_unknown_encoding_is_refused(client: httpx.AsyncClient) -> None:
    response = await send(client, b"abc", "br")
    problem_of(response, 415)
    assert "zstd" in response.headers["accept-encoding"]
