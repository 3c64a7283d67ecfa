"""The built UI as browsers get it: kept for ever where it may be, compressed, under a strict policy."""

import gzip
import re
from typing import Final

import httpx
import pytest
import zstandard
from playwright.async_api import Browser, Response

from kleos.web.files import BUILT
from tests.conftest import REPOSITORY
from tests.web.conftest import visiting
from tests.web.site import Site

FIRST_PAGE_BYTES: Final = 200_000


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    if not BUILT.is_dir():
        pytest.skip("needs the UI: make web")


async def test_the_document_is_fresh_and_its_policy_strict(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.url, timeout=60) as client:
        for path in ("/", "/index.html", "/g/golf/b/wins", "/p/any%2Fbody", "/manage", "/me"):
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert answer.headers["cache-control"] == "no-cache"
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
        again = await client.get("/", headers={"If-None-Match": (await client.get("/")).headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_scripts_are_kept_for_ever_and_compressed(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.url, timeout=60) as client:
        document = (await client.get("/")).text
        scripts = re.findall(r'src="(/assets/[^"]+\.js)"', document)
        assert scripts
        plain = await client.get(scripts[0], headers={"Accept-Encoding": "identity"})
        assert "immutable" in plain.headers["cache-control"]
        assert "content-encoding" not in plain.headers
        for encoding in ("gzip", "zstd"):
            request = client.build_request("GET", scripts[0], headers={"Accept-Encoding": encoding})
            answer = await client.send(request, stream=True)
            raw = b"".join([part async for part in answer.aiter_raw()])
            assert answer.headers["content-encoding"] == encoding
            unpacked = gzip.decompress(raw) if encoding == "gzip" else zstandard.decompress(raw)
            assert unpacked == plain.content


async def test_the_first_page_is_under_200_kb_of_script(site: Site, browser: Browser) -> None:
    """Every script that home loads until it is at rest, compressed with gzip: shared and lazy pieces too."""
    async with visiting(browser, site.url) as visit:
        loaded: list[Response] = []
        visit.page.on("response", lambda response: loaded.append(response))
        await visit.page.goto("/")
        await visit.page.get_by_role("link", name="Six-Card Golf").wait_for()
        await visit.page.wait_for_load_state("networkidle")
        scripts = {each.url: await each.body() for each in loaded if each.request.resource_type == "script"}
    sizes = {url.rpartition("/")[2]: len(gzip.compress(body, 9)) for url, body in scripts.items()}
    assert len(sizes) > 2
    assert sum(sizes.values()) < FIRST_PAGE_BYTES, sizes


async def test_what_is_not_there(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.url, timeout=60) as client:
        assert (await client.get("/assets/none.js")).status_code == 404
        assert (await client.get("/assets/..%2f..%2ffiles.py")).status_code == 404
        unknown = await client.get("/embed/golf/none")
        assert (unknown.status_code, unknown.headers["access-control-allow-origin"]) == (404, "*")
        known = await client.get("/embed/golf/wins")
        assert known.json() == {"title": "Wins", "unit": "", "decimals": 0}
        assert (await client.get("/kleos-board.js")).headers["access-control-allow-origin"] == "*"


ADDRESSES: Final = (
    "/",
    "/g/golf",
    "/g/golf/b/wins",
    "/g/golf/m/match-1",
    "/g/golf/achievements",
    "/g/golf/insight",
    "/g/arcade/play",
    "/p/ann",
    "/p/ann/vs/bob",
    "/manage",
    "/manage/golf/quarantine",
    "/me",
)


async def test_every_page_names_what_it_will_ask_for(site: Site) -> None:
    """Each route of the UI has an address here, and each address its own script, which is there."""
    router = (REPOSITORY / "web" / "src" / "router.tsx").read_text()
    pages = re.findall(r'import\("\./pages/\w+/(\w+)"\)', router)
    found: dict[str, str] = {}
    async with httpx.AsyncClient(base_url=site.url, timeout=60) as client:
        for address in ADDRESSES:
            document = (await client.get(address)).text
            scripts = re.findall(r'rel="modulepreload" crossorigin href="(/assets/[^"]+)"', document)
            fonts = re.findall(r'as="font"[^>]* href="([^"]+)"', document)
            assert len(fonts) == 1
            for path in {*scripts, *fonts}:
                assert (await client.get(path)).status_code == 200, path
            found |= {page: address for page in pages if any(f"/{page}-" in path for path in scripts)}
        unknown = (await client.get("/g/golf/nothing/here")).text
    assert set(found) == set(pages)
    assert 'as="fetch"' not in unknown


async def test_what_a_page_names_is_asked_for_once(site: Site, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        asked: list[str] = []
        visit.page.on("request", lambda request: asked.append(request.url.removeprefix(site.url)))
        await visit.page.goto("/g/golf")
        await visit.page.get_by_role("heading", level=1).wait_for()
        await visit.page.wait_for_load_state("networkidle")
    assert "/v1/games/golf" in asked
    assert [path for path in asked if asked.count(path) > 1 and "favicon" not in path] == []
