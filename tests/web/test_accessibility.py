"""No page has anything that axe finds wrong, in either theme."""

from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, expect

from tests.conftest import REPOSITORY
from tests.web.conftest import PATIENCE_MS, Site, visiting

AXE: Final = REPOSITORY / "web" / "node_modules" / "axe-core" / "axe.min.js"
PAGES: Final = (
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
    "/me",
)
RUN: Final = "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)"


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site) -> None:
    for number in range(6):
        await site.tell("golf", *site.game("ann", "bob", minutes_ago=60 - number))


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("path", PAGES)
async def test_axe_finds_nothing(site: Site, browser: Browser, path: str, theme: str) -> None:
    # The policy of the page would keep axe out as it keeps out everybody else's script.
    async with visiting(browser, site.url, color_scheme=theme, bypass_csp=True) as visit:
        page = visit.page
        await page.goto(path)
        await expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)
        await expect(page.locator("[role=status][aria-label^=Loading]")).to_have_count(0, timeout=PATIENCE_MS)
        await page.add_script_tag(path=str(Path(AXE)))
        violations: list[dict[str, Any]] = await page.evaluate(RUN)
        said = [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in violations]
        assert said == []
