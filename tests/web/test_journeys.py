"""What people do on the UI, in a real browser against a real server."""

import re
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.web.conftest import PATIENCE_MS, Site, log_in, visiting

expect.set_options(timeout=PATIENCE_MS)

WIDE: Final = "𝕎" * 60 + "漢" * 68
ARABIC: Final = "سارة العبّاسي"
EMOJI: Final = "👩‍👩‍👧‍👦🏳️‍🌈🧙🏽‍♀️"


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site) -> None:
    """Ann has won most: six games against Bob and Cem; everybody has the five that the boards ask for."""
    for number in range(6):
        await site.tell("golf", *site.game("ann", "bob", "cem", minutes_ago=100 - number))
    await site.tell("golf", *site.game("bob", "ann", "cem", minutes_ago=50))
    async with site.http() as client:
        for player, name in (("ann", "Ann"), ("bob", "Bob"), ("cem", WIDE), ("eve", ARABIC), ("fay", EMOJI)):
            (await client.put(f"/v1/players/{player}", json={"name": name})).raise_for_status()


def row(page: Page, place: int) -> str:
    return f"[role=row][aria-rowindex='{place + 1}']"


async def test_a_newcomer_finds_the_best_player_and_why(site: Site, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto("/")
        await page.get_by_role("link", name="Six-Card Golf").click()
        await page.get_by_role("heading", name="Wins").get_by_role("link").click()
        first = page.locator(row(page, 1))
        await expect(first).to_contain_text("Ann")
        await expect(first).to_contain_text("6")
        await first.get_by_role("button", name=re.compile(r"^Wins of Ann: .*why\?$")).click()
        why = page.get_by_role("dialog")
        await expect(why).to_contain_text("6")
        events = why.get_by_role("row")
        await expect(events).to_have_count(7)  # the heading, and the six games that she won
        await page.keyboard.press("Escape")
        await expect(why).to_be_hidden()
        await first.get_by_role("link", name="Ann").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Ann")


async def test_a_board_changes_while_it_is_watched(site: Site, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto("/g/golf/b/wins")
        await expect(page.locator(row(page, 2))).to_contain_text("Bob")
        await expect(page.get_by_role("banner").get_by_role("status")).to_have_text("Live")
        for _ in range(6):
            await site.tell("golf", *site.game("bob", "ann", "cem"))
        await expect(page.locator(row(page, 1))).to_contain_text("Bob")
        await expect(page.locator(row(page, 1))).to_contain_text("7")


async def test_somebody_logs_in_is_pinned_and_gets_an_award(site: Site, browser: Browser) -> None:
    await site.account("dee@example.org", "dee", "Dee")
    for _ in range(5):
        await site.tell("golf", *site.game("ann", "dee"))
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await log_in(page, "dee@example.org")
        await page.goto("/g/golf/b/wins")
        mine = page.get_by_role("complementary", name="You")
        await expect(mine).to_contain_text("Dee")
        await expect(page.locator("[data-player=dee].board-row-own")).to_be_visible()
        await site.tell("golf", *site.game("dee", "ann"))
        await expect(page.get_by_text("Achievement unlocked").first).to_be_visible()
        await expect(page.get_by_text("First Victory")).to_be_visible()


async def test_a_score_is_submitted_and_ranked(site: Site, browser: Browser) -> None:
    await site.account("gus@example.org", "gus", "Gus")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await log_in(page, "gus@example.org")
        await page.goto("/g/arcade/play")
        await expect(page.get_by_text("your first score gives you one")).to_be_visible()
        await page.get_by_label("Score", exact=True).fill("1250.5")
        await page.get_by_label("Game mode", exact=True).select_option("survival")
        await page.get_by_role("button", name="Submit").click()
        await expect(page.get_by_text("Counted")).to_be_visible()
        card = page.get_by_role("region", name="Your rank")
        await expect(card).to_contain_text("#1")
        await expect(card).to_contain_text("Top 1 %")


async def test_the_server_restarts_while_a_board_is_open(site: Site, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto("/g/golf/b/wins")
        light = page.get_by_role("banner").get_by_role("status")
        await expect(light).to_have_text("Live")
        await page.evaluate(
            "window.unloaded = false; addEventListener('beforeunload', () => { window.unloaded = true })"
        )
        site.stop()
        await expect(light).to_have_text(re.compile("Not live|Connecting"))
        await expect(page.locator(row(page, 1))).to_be_visible()
        site.start()
        await expect(light).to_have_text("Live")
        for _ in range(9):
            await site.tell("golf", *site.game("cem", "ann", "bob"))
        await expect(page.locator("[data-player=cem]")).to_contain_text("9")
        assert await page.evaluate("unloaded") is False


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
async def test_no_name_makes_a_page_scroll_sideways(site: Site, browser: Browser, width: int) -> None:
    async with visiting(browser, site.url, viewport={"width": width, "height": 800}) as visit:
        page = visit.page
        for path in ("/", "/g/golf", "/g/golf/b/wins", "/g/golf/achievements", "/p/cem", "/p/eve", "/p/fay", "/me"):
            await page.goto(path)
            await expect(page.get_by_role("heading", level=1)).to_be_visible()
            await expect(page.get_by_role("status", name=re.compile("^Loading"))).to_have_count(0)
            wider = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider <= 0, f"{path} is {wider} pixels too wide at {width}"


async def test_a_game_that_nobody_has_played_says_what_would_fill_it(site: Site, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto("/g/quest")
        await expect(page.get_by_text("Nobody stands here yet").first).to_be_visible()
        await expect(page.get_by_text("No match has ended yet")).to_be_visible()


async def test_what_is_not_there_is_said_to_be_missing(site: Site, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        for path, said in (("/g/chess", "No such game"), ("/g/golf/b/losses", "No such board")):
            await page.goto(path)
            await expect(page.get_by_role("alert")).to_contain_text(said)
