"""The arcade page: a player submits scores and sees where they lead."""

import re
from importlib import resources
from typing import Final

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.cli.conftest import KEY
from tests.web.conftest import log_in, visiting
from tests.web.site import Site

GAME: Final = "arcade_play"
ARCADE: Final = (resources.files("kleos.games") / "arcade.toml").read_text("utf-8")


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site) -> None:
    """Nine players of 1000 to 9000 points in all."""
    await site.define(GAME, ARCADE)
    runs = [
        {"type": "score_submitted", "id": f"play-{n}", "player": f"play_{n}", "score": 1000 * n, "game_mode": "classic"}
        for n in range(1, 10)
    ]
    await site.tell(GAME, *runs)


async def submit(page: Page, score: str, mode: str) -> None:
    # What comes in above moves the button, also between the two halves of a click.
    await expect(page.get_by_role("status", name=re.compile("^Loading"))).to_have_count(0)
    await page.get_by_label("Score", exact=True).fill(score)
    await page.get_by_label("Game mode", exact=True).select_option(mode)
    await page.get_by_role("button", name="Submit").click()


def fact(card: Locator, label: str | re.Pattern[str]) -> Locator:
    return card.locator("div").filter(has=card.page.get_by_text(label, exact=True)).locator("dd")


async def test_a_score_is_submitted_and_ranked(site: Site, browser: Browser) -> None:
    await site.account("gus@example.org", "play_gus", "Gus")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"/g/{GAME}/play")
        await expect(page.get_by_text("Log in to submit a score")).to_be_visible()
        await log_in(page, "gus@example.org")
        await page.goto(f"/g/{GAME}")
        await page.get_by_role("link", name="Submit a score").click()
        await expect(page.get_by_text("your first score gives you one")).to_be_visible()
        await submit(page, "4500.5", "survival")
        await expect(page.get_by_text("Counted")).to_be_visible()
        card = page.get_by_role("region", name="Your rank")
        await expect(fact(card, "Rank")).to_have_text("#6")
        await expect(fact(card, "Total score")).to_have_text("4,501 points")
        await expect(fact(card, "Runs")).to_have_text("1")
        await expect(fact(card, "Percentile")).to_have_text("50.0 %")  # just under the better half: of no tier
        await submit(page, "5000", "classic")
        await expect(fact(card, "Rank")).to_have_text("#1")
        await expect(fact(card, "Total score")).to_have_text("9,501 points")
        await expect(fact(card, "Runs")).to_have_text("2")
        await expect(fact(card, "Percentile")).to_have_text("100.0 % Top 1 %")
        await card.get_by_role("button", name="Your Total score").click()
        await expect(page.get_by_role("dialog").get_by_role("row")).to_have_count(3)


async def test_another_passes_while_one_looks(site: Site, browser: Browser) -> None:
    await site.account("hal@example.org", "play_hal", "Hal")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await log_in(page, "hal@example.org")
        await page.goto(f"/g/{GAME}/play")
        await submit(page, "90000", "ranked")
        card = page.get_by_role("region", name="Your rank")
        await expect(fact(card, "Rank")).to_have_text("#1")
        run = {"type": "score_submitted", "id": "play-pass", "player": "play_9", "score": 99_000, "game_mode": "ranked"}
        await site.tell(GAME, run)
        await expect(fact(card, "Rank")).to_have_text("#2")


async def test_a_score_that_does_not_count_says_so(site: Site, browser: Browser) -> None:
    await site.account("ivo@example.org", "play_ivo", "Ivo")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await log_in(page, "ivo@example.org")
        await page.goto(f"/g/{GAME}/play")
        await submit(page, "-1", "timed")
        await expect(page.get_by_role("alert")).to_contain_text("set aside")
        await expect(page.get_by_text("your first score gives you one")).to_be_visible()


async def test_a_score_whose_answer_was_lost_counts_once(site: Site, browser: Browser) -> None:
    await site.account("jan@example.org", "play_jan", "Jan")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await log_in(page, "jan@example.org")
        await page.goto(f"/g/{GAME}/play")
        lost: list[str] = []

        async def lose_the_first(route: Route) -> None:
            if lost:
                await route.continue_()
            else:
                lost.append((await route.fetch()).status_text)
                await route.abort()

        await page.route(f"**/v1/games/{GAME}/events", lose_the_first)
        await submit(page, "123", "classic")
        await expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
        await page.get_by_role("button", name="Submit").click()
        await expect(page.get_by_text("Counted")).to_be_visible()
        await page.get_by_role("button", name="Submit").click()  # the same score again is another
        card = page.get_by_role("region", name="Your rank")
        await expect(fact(card, "Runs")).to_have_text("2")
        await page.reload()
        await expect(fact(card, "Runs")).to_have_text("2")


async def test_a_key_of_the_tab_does_not_stand_for_the_player(site: Site, browser: Browser) -> None:
    await site.account("kay@example.org", "play_kay", "Kay")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await log_in(page, "kay@example.org")
        await page.goto("/manage")
        await page.get_by_label("API key").fill(KEY)
        await page.get_by_role("button", name="Use this key").click()
        await page.get_by_role("link", name="My profile").or_(page.get_by_role("link", name="Kay")).first.wait_for()
        await page.goto("/me")
        await expect(page.get_by_role("region", name="Account")).to_contain_text("kay@example.org")
        await page.goto(f"/g/{GAME}/play")
        await submit(page, "100", "classic")
        await expect(page.get_by_text("Counted")).to_be_visible()
        await expect(page.get_by_role("region", name="Your rank")).to_contain_text("100")
