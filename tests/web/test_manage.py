"""A manager puts right what counts: each step shows what it would change before it is done, and can be undone."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.web.conftest import Visit, light, line_of, log_in, row, visiting, why
from tests.web.site import Golf, Site

MANAGER: Final = "mona@example.org"
CHEAT: Final = "the-cheat"


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    """Ann leads with six wins; Cyd has five and a sixth that was no honest one, in fewer games."""
    await site.account(MANAGER, "manage_mona", "Mona", "manager")
    await site.name(manage_ann="Ann", manage_cyd="Cyd")
    await golf.play("manage_ann", "manage_bob", times=6, minutes_ago=90)
    await golf.play("manage_bob", "manage_ann", minutes_ago=80)
    await golf.play("manage_cyd", "manage_bob", times=5, minutes_ago=70)
    await golf.play("manage_cyd", "manage_bob", match=CHEAT, minutes_ago=60)


@asynccontextmanager
async def managing(site: Site, golf: Golf, browser: Browser) -> AsyncIterator[tuple[Visit, Page]]:
    """A manager who has the board of wins open in a second tab, live."""
    async with visiting(browser, site.url) as visit:
        await log_in(visit.page, MANAGER)
        board = await visit.context.new_page()
        await board.goto(f"{golf.path}/b/wins")
        await expect(light(board)).to_have_text("Live")
        await board.evaluate("window.stayed = true")
        yield visit, board
        assert await board.evaluate("window.stayed") is True, "the board changes without a reload"


async def carry_out(page: Page, verb: str, reason: str) -> Locator:
    """Gives the reason and does it; answers the dialog, which says what became of it."""
    dialog = page.get_by_role("dialog")
    done = dialog.get_by_role("button", name=verb, exact=True)
    await expect(done).to_be_disabled()  # nothing is done without a reason
    await dialog.get_by_label("Why").fill(reason)
    await done.click()
    await expect(dialog.get_by_role("status")).to_contain_text("Done: correction")
    return dialog


def move(page: Page, board: str, player: str) -> Locator:
    """What the dialog says of the rank of a player on a board over all time."""
    ranks = page.get_by_role("region", name="Ranks that move")
    return ranks.get_by_role("row", name=re.compile(rf"^{board} · all {player} "))


async def test_voids_the_match_of_a_cheater_and_undoes_it(site: Site, golf: Golf, browser: Browser) -> None:
    async with managing(site, golf, browser) as (visit, board):
        page = visit.page
        await expect(row(board, 1)).to_contain_text("Cyd")  # as many wins as Ann, at a better rate
        await page.goto(f"{golf.path}/b/wins")
        await why(row(page, 1), "Wins", "Cyd").click()
        await page.get_by_role("dialog").get_by_role("link").last.click()
        await page.get_by_role("link", name="Void this match").click()
        await expect(page.get_by_label("Match", exact=True)).to_have_value(CHEAT)
        await page.get_by_role("button", name="Show the effect").click()

        await expect(page.get_by_role("dialog")).to_contain_text("2 events")
        await expect(move(page, "Wins", "manage_cyd")).to_contain_text(re.compile("1.*▼ 2"))
        await expect(row(board, 1)).to_contain_text("Cyd")  # nothing has been done yet
        dialog = await carry_out(page, "Void a match", "Two accounts of one person")
        await expect(row(board, 1)).to_contain_text("Ann")
        await expect(why(line_of(board, "manage_cyd"), "Wins", "Cyd")).to_contain_text("5")
        await dialog.get_by_role("button", name="Close").click()

        made = page.get_by_role("list", name="Corrections").get_by_role("listitem").first
        await expect(made).to_contain_text(f"Voided match {CHEAT}")
        await expect(made).to_contain_text("Two accounts of one person")
        await made.get_by_role("button", name="Undo").click()
        await expect(move(page, "Wins", "manage_cyd")).to_contain_text(re.compile("2.*▲ 1"))
        await carry_out(page, "Undo it", "They are sisters")
        await expect(row(board, 1)).to_contain_text("Cyd")
        await expect(why(line_of(board, "manage_cyd"), "Wins", "Cyd")).to_contain_text("6")
        await page.keyboard.press("Escape")
        await expect(made).to_contain_text("Undone by")
        await expect(made).to_contain_text("They are sisters")


async def test_bans_a_player_and_ends_the_ban(site: Site, golf: Golf, browser: Browser) -> None:
    async with managing(site, golf, browser) as (visit, board):
        page = visit.page
        await page.goto(f"/manage/{golf.name}/corrections")
        await page.get_by_label("What to do").select_option("ban")
        await page.get_by_label("Player (the id by which games know them)").fill("manage_ann")
        await page.get_by_role("button", name="Show the effect").click()
        await expect(move(page, "Wins", "manage_ann")).to_contain_text("off the board")
        dialog = await carry_out(page, "Ban a player", "Insults")
        await expect(line_of(board, "manage_ann")).to_have_count(0)
        await dialog.get_by_role("button", name="Close").click()
        await page.get_by_label("What to do").select_option("unban")
        await page.get_by_role("button", name="Show the effect").click()
        await expect(move(page, "Wins", "manage_ann")).to_contain_text(re.compile("off the board.*▲ 2"))
        await carry_out(page, "End a ban", "Apologised")
        await expect(line_of(board, "manage_ann")).to_contain_text("Ann")


async def test_who_is_not_there_cannot_be_banned(site: Site, golf: Golf, browser: Browser) -> None:
    async with managing(site, golf, browser) as (visit, _):
        page = visit.page
        await page.goto(f"/manage/{golf.name}/corrections")
        await page.get_by_label("What to do").select_option("ban")
        await page.get_by_label("Player (the id by which games know them)").fill("manage_nobody")
        await page.get_by_role("button", name="Show the effect").click()
        refused = page.get_by_role("dialog").get_by_role("alert")
        await expect(refused).to_contain_text("This cannot be done")
        await expect(refused).to_contain_text("manage_nobody")


async def test_accepts_an_event_from_the_quarantine(site: Site, golf: Golf, browser: Browser) -> None:
    doubtful = golf.game("manage_zoe", "manage_bob", match="doubtful", score=61)[:1]
    async with site.http() as client:
        answer = await client.post(f"/v1/games/{golf.name}/events", json=doubtful)
        assert answer.json()["quarantined"] == 1
    async with managing(site, golf, browser) as (visit, _):
        page = visit.page
        await page.goto("/manage")
        await page.get_by_role("listitem").filter(has_text=golf.title).get_by_label("In quarantine: 1").click()
        waiting = page.get_by_role("list", name="Events in quarantine").get_by_role("listitem")
        await expect(waiting).to_have_count(1)
        await expect(waiting).to_contain_text("impossible score")
        await waiting.get_by_text("The event").click()
        await expect(waiting).to_contain_text('"manage_zoe": 61')
        await waiting.get_by_role("button", name="Accept").click()
        await expect(page.get_by_role("dialog")).to_contain_text("1 event")
        await carry_out(page, "Accept it", "It was a jackpot round")
        await page.keyboard.press("Escape")
        await expect(page.get_by_text("Nothing waits")).to_be_visible()
        await page.goto(f"/p/manage_zoe?game={golf.name}")
        await page.get_by_text("more numbers").click()
        await expect(why(page, "Worst round", "manage_zoe")).to_contain_text("61")


async def test_makes_a_season_that_counts_what_was_played_before(site: Site, golf: Golf, browser: Browser) -> None:
    now = datetime.now(UTC)
    async with visiting(browser, site.url, timezone_id="UTC") as visit:
        page = visit.page
        await log_in(page, MANAGER)
        await page.get_by_role("link", name="Manage", exact=True).click()
        await page.get_by_role("link", name=golf.title).click()
        await page.get_by_role("link", name="Seasons").click()
        await expect(page.get_by_text("No season yet")).to_be_visible()
        await page.get_by_role("button", name="Make a season").click()
        form = page.get_by_role("dialog", name="Make a season")
        await form.get_by_label("Name", exact=True).fill("first")
        await form.get_by_label("Title", exact=True).fill("The first season")
        await form.get_by_label("Begins").fill(f"{now - timedelta(days=1):%Y-%m-%dT%H:%M}")
        await form.get_by_label("Ends").fill(f"{now - timedelta(days=2):%Y-%m-%dT%H:%M}")
        await form.get_by_role("button", name="Make it").click()
        await expect(form.get_by_role("alert")).to_be_visible()  # it ends before it begins
        await form.get_by_label("Ends").fill(f"{now + timedelta(days=1):%Y-%m-%dT%H:%M}")
        await form.get_by_role("button", name="Make it").click()
        await expect(form).to_have_count(0)
        made = page.get_by_role("listitem").filter(has_text="The first season")
        await expect(made).to_contain_text("open now")
        await page.goto(f"{golf.path}/b/wins")
        await page.get_by_role("button", name="Season").click()
        await expect(row(page, 1)).to_contain_text("Cyd")
        await expect(page).to_have_url(re.compile("window=season"))
