"""A game that nobody has played, and what is not there: every page says what would fill it."""

from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.cli.conftest import KEY
from tests.web.conftest import has_loaded, log_in, visiting
from tests.web.site import Golf, Site

SAID: Final = {
    "{game}": (
        "Nobody stands here yet: it takes Games ≥ 5",
        "No match is running",
        "No match has ended yet",
        "Nobody has earned one yet",
        "The first award will appear here",
    ),
    "{game}/b/wins": ("Nobody stands here yet", "Whoever has Games ≥ 5 appears here"),
    "{game}/b/wins?window=week": ("Nobody stands here yet",),
    "{game}/b/wins?window=season": ("No such window is open now",),
    "{game}/b/wins?as_of=2026-01-01T00:00:00Z": ("Nobody stood here then",),
    "{game}/achievements": ("measured among 0 players", "Win your first game"),
    "{game}/insight": ("Nothing was played in this time", "Nothing to measure yet", "For those who manage this game"),
    "/p/empty_nel": ("Nel has not played yet", "The first event of a game that names this player fills the page"),
    "/p/empty_nel/vs/empty_ned": ("No game that both have played",),
    "/g/quest/play": ("Log in to submit a score",),
    "{game}/play": ("Log in to submit a score",),
}
SAID_TO_MANAGERS: Final = {
    "/manage/{name}/quarantine": ("Nothing waits", "Events that fail a check of the definition are kept here"),
    "/manage/{name}/quarantine?status=refused": ("Nothing here",),
    "/manage/{name}/corrections": ("Nothing was corrected yet", "can be undone"),
    "/manage/{name}/seasons": ("No season yet", "Make a season"),
    "/manage/{name}/jobs": ("No job was ever asked for", "Verify compares them with it"),
    "{game}/insight": ("None in thirty days",),
}  # fmt: skip
MISSING: Final = {
    "/g/chess": "No such game",
    "{game}/b/losses": "No such board",
    "{game}/m/none": "No such match",
    "/p/nobody-of-this-name": "No such player",
    "/p/empty_nel/vs/nobody-of-this-name": "No such player",
    "/p/empty_nel/vs/empty_nel": "These two are the same player",
    "/g/chess/insight": "No such game",
    "/g/chess/achievements": "No such achievements",
    "/manage/{name}/nothing": "There is nothing at this address",
    "/g/chess/and/further": "There is nothing at this address",
}


@pytest.fixture(scope="module", autouse=True)
async def unplayed(site: Site, golf: Golf) -> None:
    await site.name(empty_nel="Nel", empty_ned="Ned")


async def test_every_page_says_what_would_fill_it(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        for path, said in SAID.items():
            await page.goto(path.format(game=golf.path, name=golf.name))
            await has_loaded(page)
            for each in said:
                await expect(page.get_by_role("main"), path).to_contain_text(each)


async def test_the_manage_pages_say_what_would_fill_them(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto("/manage")
        await page.get_by_label("API key").fill(KEY)
        await page.get_by_role("button", name="Use this key").click()
        for path, said in SAID_TO_MANAGERS.items():
            await page.goto(path.format(game=golf.path, name=golf.name))
            await has_loaded(page)
            for each in said:
                await expect(page.get_by_role("main"), path).to_contain_text(each)


async def test_somebody_new_is_told_how_to_begin(site: Site, golf: Golf, browser: Browser) -> None:
    await site.account("ned@example.org", "empty_new", "New")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await log_in(page, "ned@example.org")
        await page.goto("/g/quest/play")
        await expect(page.get_by_text("your first score gives you one")).to_be_visible()
        await page.goto(f"{golf.path}/play")
        await expect(page.get_by_text("Only the game reports its scores")).to_be_visible()


async def test_what_is_not_there_is_said_to_be_missing(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto("/manage")
        await page.get_by_label("API key").fill(KEY)
        await page.get_by_role("button", name="Use this key").click()
        for path, said in MISSING.items():
            await page.goto(path.format(game=golf.path, name=golf.name))
            await expect(page.get_by_role("alert"), path).to_contain_text(said)


async def test_the_first_event_fills_an_empty_board(site: Site, golf: Golf, browser: Browser) -> None:
    """The last of this module: from here on the game is played."""
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"{golf.path}/b/wins")
        await expect(page.get_by_text("Nobody stands here yet")).to_be_visible()
        await expect(page.get_by_role("banner").get_by_role("status")).to_have_text("Live")
        await golf.play("empty_one", "empty_two", times=5)
        await expect(page.locator("[data-player=empty_one]")).to_contain_text("5")
