"""The built UI as browsers get it: kept for ever where it may be, compressed, under a strict policy."""

import gzip
import json
import re
from base64 import b64encode
from hashlib import sha256
from typing import Any, Final

import httpx
import pytest
import zstandard
from playwright.async_api import Browser, Response

from kleos.web.files import BUILT
from tests.conftest import REPOSITORY
from tests.web.conftest import visiting
from tests.web.site import Site

FIRST_PAGE_BYTES: Final = 200_000
MOST_SCRIPTS: Final = 6
PHONE: Final = {"viewport": {"width": 412, "height": 823}, "is_mobile": True, "has_touch": True}
DESK: Final = {"viewport": {"width": 1280, "height": 900}}


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


async def test_the_only_script_in_a_document_is_named_by_its_hash(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.url, timeout=60) as client:
        answer = await client.get("/g/golf")
    policy = answer.headers["content-security-policy"]
    inline = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    assert len(inline) == 1
    assert f"script-src 'self' 'sha256-{b64encode(sha256(inline[0].encode()).digest()).decode()}';" in policy


async def test_a_script_that_comes_into_a_document_later_does_not_run(site: Site, browser: Browser) -> None:
    context = await browser.new_context(base_url=site.url)
    page = await context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Security Policy" in message.text else None)
    await page.goto("/")
    await page.evaluate(
        "() => { const added = document.createElement('script'); added.textContent = 'window.ran = true';"
        " document.head.append(added); }"
    )
    assert await page.evaluate("() => window.ran") is None
    assert len(refused) == 1
    await context.close()


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


@pytest.mark.parametrize("address", ["/", "/g/golf/b/wins", "/p/ann"])
async def test_a_page_waits_for_few_scripts(site: Site, address: str) -> None:
    """Six at a time is what a browser asks a server for."""
    async with httpx.AsyncClient(base_url=site.url, timeout=60) as client:
        document = (await client.get(address)).text
    scripts = re.findall(r'(?:rel="modulepreload" crossorigin href|<script type="module" crossorigin src)="', document)
    assert 2 <= len(scripts) <= MOST_SCRIPTS


async def test_a_document_carries_the_shape_of_its_page(site: Site, browser: Browser) -> None:
    """Until its script is there: the page's own outline, in the right theme, with nothing to press and to hear."""
    for theme, ground in (("dark", "rgb(15, 15, 30)"), ("light", "rgb(247, 247, 252)")):
        async with visiting(browser, site.url, color_scheme=theme, **PHONE) as visit:
            page = visit.page
            await page.route("**/assets/*.js", lambda route: route.abort())
            await page.goto("/g/golf/b/wins")
            assert await page.locator("#root > [inert] header").is_visible()
            assert await page.locator("#root > [inert] main").is_visible()
            assert await page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == ground
            assert await page.get_by_role("link").count() == 0
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement === document.body")


async def test_without_scripts_the_page_says_where_the_numbers_are(site: Site, browser: Browser) -> None:
    async with visiting(browser, site.url, java_script_enabled=False) as visit:
        await visit.page.goto("/")
        assert await visit.page.locator("noscript > p").is_visible()
        assert not await visit.page.locator("#root header").is_visible()


OBSERVED: Final = """
() => {
  window.shifted = [];
  const note = (list) => window.shifted.push(
    ...list.getEntries().map((entry) => ({
      value: entry.value,
      by: entry.sources.map((source) => source.node?.className ?? String(source.node?.nodeName)),
    })),
  );
  new PerformanceObserver(note).observe({ type: "layout-shift", buffered: true });
}
"""
DRESSED: Final = "() => [...document.querySelectorAll('link[rel=stylesheet]')].every((link) => link.sheet)"
OUTLINE: Final = """
() => ["header", "main", "header svg", "header button"].map((part) => {
  const { x, y, width } = document.querySelector(`#root ${part}`).getBoundingClientRect();
  return [part, Math.round(x), Math.round(y), Math.round(width)];
})
"""


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("address", ["/", "/g/golf/b/wins", "/p/nobody"])
async def test_nothing_moves_when_the_script_takes_the_place_of_the_shape(
    site: Site, browser: Browser, address: str, device: dict[str, Any]
) -> None:
    """What the answers bring comes later: here they are held back until the page stands."""
    async with visiting(browser, site.url, **device) as visit:
        page = visit.page
        await page.add_init_script(f"({OBSERVED})()")
        await page.route("**/v1/**", lambda route: None)
        held: list[Any] = []
        await page.route("**/assets/index-*.js", lambda route: held.append(route))
        await page.goto(address, wait_until="commit")
        await page.locator("#root > [inert] main").wait_for()
        await page.wait_for_function(DRESSED)
        await page.evaluate("document.fonts.ready")
        before = await page.evaluate(OUTLINE)
        for route in held:
            await route.continue_()
        await page.locator("#root > :not([inert]) main").wait_for()
        assert await page.evaluate(OUTLINE) == before
        shifted = json.loads(await page.evaluate("JSON.stringify(window.shifted)"))
    assert sum(each["value"] for each in shifted) < 0.001, shifted
