"""Players found by their names: on a board, and from the header of every page."""

import pytest
from playwright.async_api import Browser, expect

from tests.web.conftest import has_loaded, line_of, visiting
from tests.web.site import Golf, Site


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    """Of those whose name begins so, the first by id does not stand on the board."""
    await site.name(find_a="Annabel", find_b="Ann Best", find_quick="Quicksilver")
    await golf.play("find_b", "find_c", times=5)
    await golf.play("find_a", "find_d")


async def test_finds_on_a_board_who_stands_there(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"{golf.path}/b/wins")
        await has_loaded(page)
        found = page.get_by_role("main").get_by_role("status").filter(has_text="Ann Best: rank 1 of 2")
        for text in ("Ann", "ann best"):
            await page.get_by_label("On this board").fill(text)
            await page.get_by_role("button", name="Find", exact=True).click()
            await expect(found).to_be_visible()
            await expect(line_of(page, "find_b")).to_be_visible()
