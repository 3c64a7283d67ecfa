"""Players found by their names: on a board, and from the header of every page."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, Request, Route, expect

from tests.web.conftest import has_loaded, line_of, log_in, visiting
from tests.web.site import Golf, Site

ANSWERS_TAKE_S = 0.3


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    """Of those whose name begins so, the first by id does not stand on the board."""
    await site.name(find_a="Orlanda", find_b="Orla Best", find_quick="Quicksilver")
    await golf.play("find_b", "find_c", times=5)
    await golf.play("find_a", "find_d")


async def test_finds_on_a_board_who_stands_there(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"{golf.path}/b/wins")
        await has_loaded(page)
        found = page.get_by_role("main").get_by_role("status").filter(has_text="Orla Best: rank 1 of 2")
        for text in ("Orla", "orla best"):
            await page.get_by_label("On this board").fill(text)
            await page.get_by_role("button", name="Find", exact=True).click()
            await expect(found).to_be_visible()
            await expect(line_of(page, "find_b")).to_be_visible()


async def test_who_knows_the_name_need_not_wait_for_the_answer(site: Site, browser: Browser) -> None:
    async def slowly(route: Route) -> None:
        await asyncio.sleep(ANSWERS_TAKE_S)  # the network's time, not the test's
        await route.continue_()

    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto("/")
        await has_loaded(page)
        await page.route("**/v1/players?*", slowly)
        await _search(page, "Quicksilver")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Quicksilver")
        await _search(page, "nobody of this name")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("No such player")


async def test_typing_costs_a_player_nothing_of_the_own_limit(site: Site, browser: Browser) -> None:
    await site.account("typ@example.org", "find_typ", "Typ")
    async with visiting(browser, site.url) as visit:
        page, asked = visit.page, list[str]()

        def note(request: Request) -> None:
            if "/v1/players?" in request.url or "/v1/matches?" in request.url:
                asked.append(request.headers.get("authorization", ""))

        await log_in(page, "typ@example.org")
        await page.goto("/")
        await has_loaded(page)
        page.on("request", note)
        await _search(page, "Quicksil")
        await expect(page.get_by_role("option", name="Quicksilver")).to_be_visible()
        assert set(asked) == {""}
        assert len(asked) < len("Quicksil")


async def _search(page: Page, text: str) -> None:
    await page.get_by_role("combobox", name="Find a player or a match").click()
    await page.keyboard.type(text)
