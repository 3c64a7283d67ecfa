"""Pages that say that they are live: what stands on them follows the feed."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.web.conftest import has_loaded, light, visiting
from tests.web.site import Golf, Site


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    await site.name(pages_ann="Ann", pages_bob="Bob")
    await golf.play("pages_ann", "pages_bob", times=2)


async def test_the_page_of_a_game_follows_what_is_played(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(golf.path)
        await has_loaded(page)
        await expect(light(page)).to_have_text("Live")
        finished = page.get_by_role("list", name="Finished matches").get_by_role("listitem")
        await expect(finished).to_have_count(2)
        await golf.play("pages_ann", "pages_bob", score=-5)
        await site.tell(golf.name, *golf.game("pages_ann", "pages_bob")[:1])
        await expect(finished).to_have_count(3)
        await expect(page.get_by_role("region", name="Running now")).to_contain_text("running")
        records = page.get_by_role("region", name="Records")
        await expect(records.get_by_role("listitem").filter(has_text="Best round")).to_contain_text("-5")
        await expect(page.get_by_role("region", name="Latest awards")).to_contain_text("Below Zero")


async def test_a_comparison_follows_both(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"/p/pages_cem/vs/pages_dee?game={golf.name}")
        await golf.play("pages_cem", "pages_dee", times=2)
        await page.reload()
        await has_loaded(page)
        await expect(light(page)).to_have_text("Live")
        duel = page.get_by_role("region", name=re.compile("head to head$"))
        wins = duel.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Wins", exact=True))
        await expect(wins).to_contain_text("2")
        await golf.play("pages_cem", "pages_dee", times=3)
        await expect(wins).to_contain_text("5")
