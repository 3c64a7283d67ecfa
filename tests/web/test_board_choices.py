"""What chooses among the lines of a board, and what leads to it from elsewhere."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, expect

from tests.web.conftest import has_loaded, line_of, visiting
from tests.web.site import Golf, Site


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    """Ann has won five yesterday and Bob six now; they are of two regions."""
    async with site.http() as client:
        for player, name, region in (("choice_ann", "Ann", "eu"), ("choice_bob", "Bob", "na")):
            put = await client.put(f"/v1/players/{player}", json={"name": name, "region": region})
            assert put.is_success, put.text
    await golf.play("choice_ann", "choice_bob", times=5, minutes_ago=24 * 60)
    await golf.play("choice_bob", "choice_ann", times=6, score=2)


async def test_a_region_is_chosen(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"{golf.path}/b/wins")
        await expect(line_of(page, "choice_ann")).to_contain_text("2")
        await page.get_by_label("Region").select_option("eu (1)")
        await expect(line_of(page, "choice_bob")).to_have_count(0)
        await expect(line_of(page, "choice_ann")).to_contain_text("1")
        await page.reload()
        await expect(line_of(page, "choice_ann")).to_be_visible()
        await expect(line_of(page, "choice_bob")).to_have_count(0)
        await page.get_by_label("Region").select_option("Everybody")
        await expect(line_of(page, "choice_bob")).to_be_visible()


async def test_a_board_of_the_past(site: Site, golf: Golf, browser: Browser) -> None:
    then = (datetime.now(UTC) - timedelta(hours=12)).isoformat()
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"{golf.path}/b/wins?as_of={then.replace('+00:00', 'Z')}")
        await expect(line_of(page, "choice_ann")).to_contain_text("5")
        await expect(page.get_by_label("As of")).not_to_have_attribute("aria-valuetext", "Now, live")
        await page.get_by_role("button", name="Back to now").click()
        await expect(page).not_to_have_url(re.compile("as_of"))
        await expect(line_of(page, "choice_bob")).to_contain_text("6")


async def test_a_link_is_shared(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url, permissions=["clipboard-read", "clipboard-write"]) as visit:
        page = visit.page
        await page.goto(f"/p/choice_ann?game={golf.name}")
        await page.get_by_role("button", name="Share: Ann on Kleos").click()
        await expect(page.get_by_text("Link copied")).to_be_visible()
        link = await page.evaluate("navigator.clipboard.readText()")
        assert link == f"{site.url}/p/choice_ann?game={golf.name}"


async def test_a_record_names_who_holds_it(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(golf.path)
        await has_loaded(page)
        records = page.get_by_role("region", name="Records")
        await expect(records.get_by_role("listitem").filter(has_text="Best round")).to_contain_text(
            re.compile("Bob.*2")
        )
