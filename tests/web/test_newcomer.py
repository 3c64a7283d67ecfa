"""Somebody who comes for the first time: who is best, in what, and why."""

import re
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.web.conftest import has_loaded, light, row, visiting, why
from tests.web.site import Golf, Site

AXES: Final = {"Win rate", "Average score", "Wins", "Best streak", "Knockouts", "Perfect rounds"}
GAMES: Final = 6


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    """Ann wins six of seven games against Bob and Cem; Bob, with a round without a point, takes fewer a round."""
    await site.name(newcomer_ann="Ann", newcomer_bob="Bob", newcomer_cem="Cem")
    for number in range(GAMES):
        await golf.play("newcomer_ann", "newcomer_bob", "newcomer_cem", score=8, minutes_ago=100 - number)
    await golf.play("newcomer_bob", "newcomer_ann", "newcomer_cem", score=0, minutes_ago=50)


async def test_finds_the_best_player_and_why(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto("/")
        await page.get_by_role("link", name=golf.title).click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text(golf.title)  # home has boards as well
        await page.get_by_role("heading", name="Wins", exact=False).get_by_role("link").first.click()
        first = row(page, 1)
        await expect(first).to_contain_text("Ann")
        await why(first, "Wins", "Ann").click()
        dialog = page.get_by_role("dialog", name="Wins of Ann")
        await expect(dialog.get_by_role("row")).to_have_count(1 + GAMES)  # the heading, and the games that she won
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await first.get_by_role("link", name="Ann").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Ann")


async def test_goes_from_a_number_to_the_match_that_gave_it(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"{golf.path}/b/wins")
        await why(row(page, 1), "Win rate", "Ann").click()
        dialog = page.get_by_role("dialog", name="Win rate of Ann")
        await expect(dialog).to_contain_text("85.7 %")
        await expect(dialog).to_contain_text("100 * games_won / games_played")
        await expect(dialog.get_by_role("region", name="Wins: events").get_by_role("row")).to_have_count(1 + GAMES)
        await dialog.get_by_role("link").first.click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Match of")
        await expect(dialog).to_have_count(0)
        happened = page.get_by_role("region", name="What happened")
        await expect(happened.get_by_role("listitem")).to_have_count(2)


async def test_sees_the_shape_of_a_player(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto("/p/newcomer_ann")
        await page.get_by_role("navigation", name="Games played").get_by_role("link", name=golf.title).click()
        await expect(page.locator(".recharts-radar-polygon path")).to_have_count(2)  # the middle, and Ann
        assert await _axes(page) == AXES
        table = page.get_by_role("region", name="Percentiles of Ann")
        assert {await each.inner_text() for each in await table.get_by_role("rowheader").all()} == AXES
        perfect = table.get_by_role("row", name=re.compile("^Perfect rounds"))
        await expect(perfect.get_by_role("cell")).to_have_text(re.compile(r"^0\s*67$"))  # Bob is better, Cem is equal
        wins = table.get_by_role("row", name=re.compile("^Wins"))
        await expect(wins.get_by_role("cell")).to_have_text(re.compile(r"^6\s*100$"))


async def test_compares_two_players(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto("/p/newcomer_ann")
        await page.get_by_role("button", name="Compare").click()
        await page.get_by_role("combobox", name="Compare with another player").fill("newcomer_bo")
        await page.get_by_role("option", name="Bob").click()
        await expect(page).to_have_url(re.compile("/p/newcomer_ann/vs/newcomer_bob"))
        lines = page.locator(".recharts-radar-polygon path")
        await expect(lines).to_have_count(3)  # the middle, and both
        strokes = {await each.get_attribute("stroke-dasharray") for each in await lines.all()}
        assert len(strokes) == 3, "a colour alone tells them apart"
        assert await _axes(page) == AXES
        shapes = page.get_by_role("region", name="Percentiles of both")
        assert [await each.inner_text() for each in await shapes.get_by_role("columnheader").all()][1:] == [
            "Ann",
            "Bob",
        ]
        duel = page.get_by_role("region", name=re.compile("head to head$"))
        await expect(duel).to_contain_text(re.compile(r"Ann leads \d+, Bob 2"))
        wins = duel.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Wins", exact=True))
        await expect(wins.get_by_role("cell").nth(0)).to_contain_text("leads")
        average = duel.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Average score"))
        await expect(average).to_contain_text("less is better")
        await expect(average.get_by_role("cell").nth(1)).to_contain_text("leads")
        met = page.get_by_role("list", name="Matches both played")
        await expect(met.get_by_role("listitem")).to_have_count(GAMES + 1)


async def test_finds_a_player_or_a_match_from_any_page(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"{golf.path}/insight")
        await has_loaded(page)
        finder = page.get_by_role("combobox", name="Find a player or a match")
        await finder.fill("newcomer_c")
        await page.get_by_role("option", name="Cem").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Cem")
        await finder.fill(f"{golf.name}-1")
        await page.get_by_role("option", name=f"{golf.name}-1 match").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Match of")


async def test_watches_a_profile_change(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"/p/newcomer_cem?game={golf.name}")
        await expect(light(page)).to_have_text("Live")
        await expect(why(page, "Games", "Cem")).to_contain_text("7")
        await golf.play("newcomer_dan", "newcomer_cem")
        await expect(why(page, "Games", "Cem")).to_contain_text("8")


async def _axes(page: Page) -> set[str]:
    """The names at the ends of the axes; one stands in as many lines as it has words."""
    names = page.locator(".recharts-polar-angle-axis-tick text")
    await names.first.wait_for()
    return {" ".join(await each.locator("tspan").all_text_contents()) for each in await names.all()}
