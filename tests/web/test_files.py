"""The built UI as browsers get it: kept for ever where it may be, compressed, under a strict policy."""

import gzip
import re

import httpx
import pytest
import zstandard

from kleos.web.files import BUILT
from tests.web.conftest import Site


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


async def test_the_first_page_is_under_200_kb_of_script(site: Site) -> None:
    """Everything that home loads, compressed with gzip: the entry, what it preloads, the page and what moves it."""
    scripts = [path for path in (BUILT / "assets").glob("*.js") if re.match(r"(index|HomePage|motion)-", path.name)]
    assert len(scripts) >= 3
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in scripts) < 200_000


async def test_what_is_not_there(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.url, timeout=60) as client:
        assert (await client.get("/assets/none.js")).status_code == 404
        assert (await client.get("/assets/..%2f..%2ffiles.py")).status_code == 404
        unknown = await client.get("/embed/golf/none")
        assert (unknown.status_code, unknown.headers["access-control-allow-origin"]) == (404, "*")
        known = await client.get("/embed/golf/wins")
        assert known.json() == {"title": "Wins", "unit": "", "decimals": 0}
        assert (await client.get("/kleos-board.js")).headers["access-control-allow-origin"] == "*"
