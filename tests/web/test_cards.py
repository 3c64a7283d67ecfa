"""Pictures and heads of shared links, and the built files, from a real server."""

import io
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from PIL import Image

from kleos.core.windows import iso
from kleos.players.change import set_hidden
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_connection
from kleos.web.files import BUILT
from tests.server.conftest import NOW_US, Clock, Server, serving

NASTY = '"><script>alert(1)</script>'
PNG = "image/png"
pytestmark = pytest.mark.skipif(not (BUILT / "index.html").is_file(), reason="`make web` has not been run")


@pytest.fixture(scope="module")
async def server(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[Server]:
    name = f"web_{uuid4().hex[:12]}"
    connection = await open_connection(postgres.dsn)
    await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    async with serving(postgres.dsn.replace("/kleos?", f"/{name}?", 1), Clock()) as server:
        await score(server, "ann", 500.0)
        await score(server, "bob", 9_000.0)
        await score(server, "eve", 100.0)
        yield server
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()


async def score(server: Server, player: str, points: float) -> None:
    event = {"type": "score_submitted", "player": player, "score": points, "game_mode": "classic", "at": iso(NOW_US)}
    receipt = await server.send("arcade", [event])
    assert receipt["accepted"] == 1


async def picture(server: Server, path: str) -> bytes:
    response = await server.http.get(path)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == PNG
    assert response.headers["cache-control"] == "public, max-age=60"
    with Image.open(io.BytesIO(response.content)) as image:
        image.load()
        assert image.size == (1200, 630)
    return response.content


async def test_every_kind_of_card_decodes(server: Server) -> None:
    drawn = {
        await picture(server, "/cards/p/ann.png"),
        await picture(server, "/cards/g/arcade/b/best_score/ann.png"),
        await picture(server, "/cards/g/arcade/b/mode_best/ann.png?game_mode=classic&window=week"),
        await picture(server, "/cards/g/arcade/a/first_run/ann.png"),
    }
    assert len(drawn) == 4


async def test_a_card_changes_with_the_standing_and_only_then(server: Server) -> None:
    path = "/cards/g/arcade/b/best_score/ann.png"
    second = await picture(server, path)
    assert await picture(server, path) == second
    await score(server, "ann", 1_000.0)
    assert await picture(server, path) != second


@pytest.mark.parametrize("name", [NASTY, "李小龍 البطل", "🎉", "W" * 128, "\u202e\u200d", "Ω\u0301 é"])
async def test_a_name_of_any_script_is_drawn_and_escaped(server: Server, name: str) -> None:
    await server.put("/v1/players/ann", {"name": name})
    await picture(server, "/cards/p/ann.png")
    document = (await server.http.get("/p/ann")).text
    assert "<script>alert" not in document
    assert "og:title" in document


ARENA = """
title = "Arena"
identities = "own"

[events.won]
player = "player"

[sheets.career]
key = ["player"]

[[sheets.career.on]]
event = "won"
wins = "count()"

[boards.wins]
sheet = "career"
by = "wins desc"
"""


async def test_a_link_to_the_player_of_a_game_with_its_own_shows_that_one(server: Server) -> None:
    await server.engine.put_definition("arena", ARENA)
    await server.send("arena", [{"type": "won", "player": "bob"}, {"type": "won", "player": "zed"}])
    named = await server.http.put(
        "/v1/players/bob", params={"namespace": "arena"}, json={"name": "Bob of the arena"}, headers=server.headers
    )
    assert named.status_code == 200, named.text
    document = (await server.http.get("/p/bob?game=arena")).text
    assert '<meta property="og:title" content="Bob of the arena · Arena" />' in document
    assert f'content="{server.url}/cards/p/bob.png?game=arena"' in document
    assert await picture(server, "/cards/p/bob.png?game=arena") != await picture(server, "/cards/p/bob.png")
    both = (await server.http.get("/p/bob/vs/zed?game=arena")).text
    assert '<meta property="og:title" content="Bob of the arena vs zed" />' in both
    for path in ("/p/bob", "/p/bob?game=arcade"):
        assert "Bob of the arena" not in (await server.http.get(path)).text
    await server.refused("GET", "/cards/p/zed.png", 404)


async def test_an_id_that_is_a_number_is_told_however_the_address_says_it(server: Server) -> None:
    await server.engine.put_definition("numbers", ARENA)
    await server.send("numbers", [{"type": "won", "player": "100003"}])
    for player in ("100003", "%22100003%22"):
        document = (await server.http.get(f"/g/numbers/b/wins?player={player}")).text
        assert '<meta property="og:title" content="100003 · 1st of 1" />' in document
        assert "/cards/g/numbers/b/wins/100003.png" in document


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/p/bob",
        "/g/arcade/b/best_score?player=bob",
        "/cards/p/bob.png",
        "/cards/g/arcade/b/best_score/bob.png",
        "/cards/g/arcade/a/first_run/bob.png",
        "/kleos-board.js",
    ],
)
async def test_the_head_alone_is_answered(server: Server, path: str) -> None:
    head, whole = await server.http.head(path), await server.http.get(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "cache-control"):
        assert head.headers[name] == whole.headers[name]


async def test_who_is_not_to_be_seen_has_no_card(server: Server) -> None:
    paths = ("/cards/p/eve.png", "/cards/g/arcade/b/best_score/eve.png", "/cards/g/arcade/a/first_run/eve.png")
    for path in paths:
        await picture(server, path)
    await set_hidden(server.engine, "eve", True)
    for path in paths:
        await server.refused("GET", path, 404)
    document = (await server.http.get("/p/eve")).text
    await set_hidden(server.engine, "eve", False)
    assert "/cards/" not in document
    for path in (
        "/cards/p/nobody.png",
        "/cards/p/bob",
        "/cards/g/chess/b/wins/bob.png",
        "/cards/g/arcade/a/runs_100/bob.png",
    ):
        await server.refused("GET", path, 404)


@pytest.mark.parametrize(
    "page, title, picture",
    [
        ("/p/bob", "bob · Arcade", "/cards/p/bob.png"),
        ("/p/bob/vs/eve", "bob vs eve", "/cards/p/bob.png"),
        (
            "/g/arcade/b/best_score?player=bob",
            "bob · 1st of 3",
            "/cards/g/arcade/b/best_score/bob.png",
        ),
        (
            "/p/bob?game=arcade&award=first_run",
            "bob · Achievement: Insert Coin",
            "/cards/g/arcade/a/first_run/bob.png",
        ),
    ],
)
async def test_a_page_says_what_a_link_to_it_shows(server: Server, page: str, title: str, picture: str) -> None:
    response = await server.http.get(page)
    document = response.text
    assert f'<meta property="og:title" content="{title}" />' in document
    assert f'<meta property="og:image" content="{server.url}{picture}" />' in document
    assert '<meta name="twitter:card" content="summary_large_image" />' in document
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert (await server.http.get(picture)).headers["content-type"] == PNG


@pytest.mark.parametrize("page", ["/", "/p/nobody", "/g/chess/b/wins?player=bob", "/me", "/p/%00", "/p/ann/vs"])
async def test_what_there_is_not_has_the_generic_head(server: Server, page: str) -> None:
    response = await server.http.get(page)
    assert response.status_code == 200
    assert '<meta property="og:title" content="Kleos" />' in response.text
    assert "og:image" not in response.text


async def test_a_host_that_is_none_makes_no_address(server: Server) -> None:
    document = (await server.http.get("/p/bob", headers={"Host": 'x"><script>'})).text
    assert "og:image" not in document
    assert "<script>" not in document


async def test_built_files_are_kept_for_good_and_the_page_is_asked_about(server: Server) -> None:
    page = await server.http.get("/", headers={"Accept-Encoding": "gzip"})
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["content-encoding"] == "gzip"
    again = await server.http.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    script = page.text.split('src="/assets/', 1)[1].split('"', 1)[0]
    asset = await server.http.get(f"/assets/{script}", headers={"Accept-Encoding": "gzip"})
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-encoding"] == "gzip"
    assert asset.headers["vary"] == "Accept-Encoding"
