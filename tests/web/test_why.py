"""Numbers say why they are what they are, wherever they stand."""

import re

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.web.conftest import has_loaded, log_in, visiting, why
from tests.web.site import Golf, Site


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    await site.account("why_ann@example.org", "why_ann", "Ann")
    await golf.play("why_ann", "why_bob", times=5)
    await golf.play("why_bob", "why_ann", times=2)


async def answers(number: Locator, events: int) -> None:
    """A click opens the events behind it: as many as rows under the head."""
    await number.click()
    dialog = number.page.get_by_role("dialog")
    await expect(dialog.get_by_role("table").first.get_by_role("row")).to_have_count(events + 1)
    await number.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_the_own_row(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        await log_in(visit.page, "why_ann@example.org")
        await visit.page.goto(f"{golf.path}/b/wins")
        mine = visit.page.get_by_role("complementary", name="You")
        await answers(why(mine, "Wins", "Ann"), 5)


async def test_a_profile(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"/p/why_ann?game={golf.name}&column=games_won&every=day")
        await has_loaded(page)
        await answers(why(page.get_by_role("region", name="Standings"), "Wins", "Ann"), 5)
        await answers(why(page.get_by_role("region", name="Percentiles of Ann"), "Wins", "Ann"), 5)
        await answers(page.locator(".point-dot").first, 5)
        await page.get_by_text("As a table").click()
        day = page.get_by_role("region", name=re.compile("over time$"))
        await answers(day.get_by_role("button", name=re.compile(r"^Win.* of Ann, \d{4}-\d\d-\d\d: ")).first, 5)
        await page.get_by_role("region", name="Standings").get_by_role("link", name="Wins").first.click()
        await expect(page).to_have_url(re.compile(f"{golf.path}/b/wins"))


async def test_a_comparison(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        await visit.page.goto(f"/p/why_ann/vs/why_bob?game={golf.name}")
        shapes = visit.page.get_by_role("region", name="Percentiles of both")
        await answers(why(shapes, "Wins", "why_bob"), 2)
