"""A board of a hundred thousand: scrolled to its very end, with every rank exact."""

import re
from collections.abc import Mapping
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.web.conftest import has_loaded, light, line_of, row, visiting
from tests.web.site import Site

GAME: Final = "long"
PLAYERS: Final = 100_000
AT_ONCE: Final = 5_000
SHARED_AT_THE_END: Final = 3
MOST_ROWS: Final = 80
DEFINITION: Final = """
title = "A very long board"

[events.won]
points = "map[player, int]"

[sheets.career]
key = ["player"]

[[sheets.career.on]]
event = "won"
for   = "player, point in points"
points = "sum(point)"

[boards.most]
title = "Points"
sheet = "career"
by    = "points desc"
"""


def points(number: int) -> int:
    """Of player 1 to 100,000: the two best are equal, the two in the middle, and the three last."""
    if number <= SHARED_AT_THE_END:
        return 1
    return {PLAYERS: PLAYERS - 1, PLAYERS // 2 + 1: PLAYERS // 2}.get(number, number)


def name(number: int) -> str:
    return f"player-{number:06}"


STANDS_STILL: Final = "() => window.before === scrollY || ((window.before = scrollY), false)"


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site) -> None:
    await site.define(GAME, DEFINITION)
    for first in range(1, PLAYERS + 1, AT_ONCE):
        won = {name(number): points(number) for number in range(first, first + AT_ONCE)}
        event: Mapping[str, Any] = {"type": "won", "id": f"won-{first}", "points": won}
        await site.tell(GAME, event)


async def rank_at(page: Page, place: int) -> tuple[str, int]:
    """Who stands at a place, and the rank shown there."""
    line = row(page, place)
    await expect(line.get_by_role("link")).to_be_visible()
    shown = (await line.get_by_role("cell").first.inner_text()).split()[0]
    return str(await line.get_attribute("data-player")), int(shown.replace(",", ""))


async def test_is_scrolled_to_its_end(site: Site, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"/g/{GAME}/b/most")
        await expect(page.get_by_role("table", name="Points")).to_have_attribute("aria-rowcount", str(PLAYERS + 1))
        assert [(await rank_at(page, place))[1] for place in (1, 2, 3)] == [1, 1, 3]
        await page.keyboard.press("End")
        last = [await rank_at(page, place) for place in range(PLAYERS - SHARED_AT_THE_END, PLAYERS + 1)]
        shared = PLAYERS - SHARED_AT_THE_END + 1
        assert last == [(name(4), shared - 1), (name(1), shared), (name(2), shared), (name(3), shared)]
        assert await page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 1")
        assert await page.locator("[role=row]").count() < MOST_ROWS
        await expect(row(page, PLAYERS)).to_be_in_viewport()
        await page.keyboard.press("Home")
        assert (await rank_at(page, 1))[1] == 1


async def test_shares_a_rank_over_the_edge_of_what_is_read_at_once(site: Site, browser: Browser) -> None:
    """Places 50,000 and 50,001 are the last of one page and the first of the next."""
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"/g/{GAME}/b/most")
        await page.get_by_label("On this board").fill(name(PLAYERS // 2))
        await page.get_by_role("button", name="Find", exact=True).click()
        await expect(page.get_by_text(f"{name(PLAYERS // 2)}: rank 50000 of {PLAYERS}")).to_be_visible()
        found = page.locator(".board-row-sought")
        await expect(found).to_be_in_viewport()
        await expect(found).to_contain_text(name(PLAYERS // 2))
        middle = [(await rank_at(page, place))[1] for place in range(PLAYERS // 2 - 1, PLAYERS // 2 + 3)]
        assert middle == [49_999, 50_000, 50_000, 50_002]


async def test_scrolled_by_wheel_it_never_stays_empty(site: Site, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"/g/{GAME}/b/most")
        await has_loaded(page)
        await rank_at(page, 1)
        await page.mouse.move(400, 600)
        for _ in range(10):
            await page.mouse.wheel(0, 100_000)
        await page.wait_for_function("() => scrollY > 900_000")
        await page.wait_for_function(STANDS_STILL, polling=200)
        await expect(page.locator("[role=row] a").first).to_be_visible()
        await expect(page.locator("[role=row][data-player]").first).to_be_visible()
        shown = page.locator("[role=row][data-player]")
        for line in (await shown.all())[:5]:
            place = int(await line.get_attribute("aria-rowindex") or 0) - 1
            assert await rank_at(page, place) == (name(PLAYERS + 1 - place), place)


async def test_a_change_at_its_end_is_seen_there(site: Site, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"/g/{GAME}/b/most")
        await expect(light(page)).to_have_text("Live")
        await rank_at(page, 1)  # or the end is not yet there to be gone to
        await page.keyboard.press("End")
        await expect(row(page, PLAYERS)).to_contain_text(name(3))
        await site.tell(GAME, {"type": "won", "id": "last", "points": {"player-zzz": 0}})
        await expect(page.get_by_role("table", name="Points")).to_have_attribute("aria-rowcount", str(PLAYERS + 2))
        await page.keyboard.press("End")
        assert await rank_at(page, PLAYERS + 1) == ("player-zzz", PLAYERS + 1)


async def test_a_link_to_a_standing_shows_it(site: Site, browser: Browser) -> None:
    sought = name(PLAYERS - 49_999)
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"/g/{GAME}/b/most?player={sought}")
        line = line_of(page, sought)
        await expect(line).to_be_in_viewport()
        await expect(line).to_have_class(re.compile("board-row-sought"))
        await expect(row(page, 50_001)).to_have_attribute("data-player", sought)


async def test_an_id_that_is_a_number_stands_in_the_address_as_it_is(site: Site, browser: Browser) -> None:
    await site.define("digits", DEFINITION)
    digits = "76561198012345679"  # more than a number of JavaScript holds
    await site.tell("digits", {"type": "won", "id": "won", "points": {digits: 3, "1": 2}})
    async with visiting(browser, site.url) as visit:
        page = visit.page
        for player in (digits, f"%22{digits}%22"):
            await page.goto(f"/g/digits/b/most?player={player}")
            await expect(line_of(page, digits)).to_have_class(re.compile("board-row-sought"))
        await page.goto(f"/p/{digits}?game=digits")
        await page.get_by_role("region", name="Standings").get_by_role("link").first.click()
        await expect(page).to_have_url(re.compile(rf"player={digits}$"))
        await expect(line_of(page, digits)).to_have_class(re.compile("board-row-sought"))
