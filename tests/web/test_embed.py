"""`<kleos-board>` on a page of somebody else."""

from typing import Final

import pytest
from playwright.async_api import Browser, Route, expect

from tests.web.conftest import visiting
from tests.web.foreign import fan_page
from tests.web.site import Golf, Site

NASTY: Final = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    await site.name(embed_ann="Ann", embed_bob=NASTY)
    await golf.play("embed_ann", "embed_bob", "embed_cem", times=5)


async def test_is_live_on_a_foreign_page(golf: Golf, browser: Browser) -> None:
    async with fan_page(golf) as url, visiting(browser, url) as visit:
        page = visit.page
        await page.goto("/")
        board = page.locator("kleos-board").first
        lines = board.get_by_role("listitem")
        await expect(board.get_by_role("heading", name="Wins")).to_be_visible()
        await expect(lines).to_have_count(2)
        await expect(lines.nth(0)).to_have_text("1Ann5")
        await expect(lines.nth(1)).to_contain_text(NASTY)  # a name is never markup
        assert await board.evaluate("board => getComputedStyle(board).backgroundColor") == "rgb(1, 2, 3)"
        await golf.play("embed_bob", "embed_ann", times=6)
        await expect(lines.nth(0)).to_have_text(f"1{NASTY}6")
        await board.evaluate("board => board.setAttribute('board', 'knockouts')")
        await expect(board.get_by_role("heading", name="Knockouts")).to_be_visible()


async def test_says_what_is_wrong_with_it(golf: Golf, browser: Browser) -> None:
    async with fan_page(golf) as url, visiting(browser, url) as visit:
        page = visit.page
        await page.goto("/")
        status = page.locator("kleos-board").nth(1).get_by_role("status")
        await expect(status).to_have_text(f"There is no board none of a game {golf.name}.")
        for place, said in ((2, "fortnight"), (3, "colour"), (4, "none is open now")):
            board = page.locator("kleos-board").nth(place)
            await expect(board.get_by_role("status")).to_contain_text(said)
            colour = "board => getComputedStyle(board.shadowRoot.querySelector('.status')).color"
            assert await board.evaluate(colour) == "rgb(4, 5, 6)"


async def test_what_an_earlier_attribute_asked_for_does_not_come_later(golf: Golf, browser: Browser) -> None:
    async with fan_page(golf) as url, visiting(browser, url) as visit:
        page, held = visit.page, list[Route]()
        await page.goto("/")
        board = page.locator("kleos-board").first
        await expect(board.get_by_role("heading", name="Wins")).to_be_visible()
        heading = "board => getComputedStyle(board.shadowRoot.querySelector('.heading a')).color"
        assert await board.evaluate(heading) == "rgb(7, 8, 9)"
        await page.route("**/embed/*/knockouts", lambda route: held.append(route))
        await board.evaluate("board => board.setAttribute('board', 'knockouts')")
        await expect(board.get_by_role("heading", name="Wins")).to_have_count(0)
        await board.evaluate("board => board.setAttribute('board', 'win_rate')")
        await expect(board.get_by_role("heading", name="Win rate")).to_be_visible()
        for route in held:
            await route.continue_()
        await golf.play("embed_ann", "embed_bob")
        await expect(board.get_by_role("heading", name="Win rate")).to_be_visible()
