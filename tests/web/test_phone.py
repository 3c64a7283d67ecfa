"""What fits on a phone of 360 by 740 pixels, and what must not be out of sight there."""

import re
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.web.conftest import has_loaded, log_in, row, visiting, why
from tests.web.site import Golf, Site

PHONE: Final[dict[str, Any]] = {"viewport": {"width": 360, "height": 740}}
CROWD: Final = tuple(f"phone_{number}" for number in range(8))


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    await site.account("phone_ann@example.org", "phone_ann", "Ann")
    await golf.play("phone_ann", *CROWD, times=5)


async def edges(of: Locator) -> tuple[float, float, float, float]:
    """Left, top, right and bottom."""
    box = await of.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


async def test_six_rows_of_a_board_stand_above_the_own(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url, **PHONE) as visit:
        page = visit.page
        await log_in(page, "phone_ann@example.org")
        await page.goto(f"{golf.path}/b/wins")
        await has_loaded(page)
        mine = page.get_by_role("complementary", name="You")
        await expect(why(mine, "Wins", "Ann")).to_be_visible()
        _, top, _, bottom = await edges(mine)
        assert bottom - top < 56, "one line"
        assert (await edges(row(page, 6)))[3] <= top + 1
        await expect(page.get_by_role("button", name="Week")).to_be_hidden()
        await page.get_by_role("button", name="All time").click()
        await page.get_by_role("button", name="Week").click()
        await expect(page).to_have_url(re.compile("window=week"))
        await page.get_by_role("button", name="Earlier").click()
        await expect(page).to_have_url(re.compile(r"window=\d{4}-W\d\d"))
        await expect(page.get_by_text("Nobody stands here yet")).to_be_visible()
        await page.get_by_role("button", name="Later").click()
        await expect(page).to_have_url(re.compile("window=week"))
        await page.get_by_placeholder("Find a player here").fill("phone_3")
        await page.get_by_role("button", name="Find", exact=True).click()
        await expect(page.get_by_text("phone_3: rank")).to_be_visible()


async def test_values_of_a_comparison_keep_to_their_sides(site: Site, browser: Browser) -> None:
    run = {"type": "score_submitted", "game_mode": "classic", "duration_ms": 172_000}
    await site.tell("arcade", *({**run, "player": f"phone_{n}", "score": 13_919 - 100 * n} for n in (0, 1)))
    async with visiting(browser, site.url, **PHONE) as visit:
        page = visit.page
        await page.goto("/p/phone_0/vs/phone_1?game=arcade")
        table = page.get_by_role("region", name="Head to head: table").first
        first, second = (why(table, "Best score", f"phone_{n}") for n in (0, 1))
        await expect(first).to_have_text("13,919")
        _, top, right, bottom = await edges(first)
        left, mark_top, _, mark_bottom = await edges(first.locator("xpath=following-sibling::*"))
        assert left >= right
        assert top <= (mark_top + mark_bottom) / 2 <= bottom, "the mark stands in the line of its number"
        assert await first.evaluate("number => getComputedStyle(number).textAlign") == "left"
        assert await second.evaluate("number => getComputedStyle(number).textAlign") == "right"
        await expect(page.get_by_text(re.compile("phone_0 leads 3, phone_1 0, 2 even"))).to_be_visible()


async def test_the_totals_of_a_scorecard_stay_in_sight(site: Site, golf: Golf, browser: Browser) -> None:
    rounds = [event | {"id": f"phone-round-{n}"} for n in range(9) for event in golf.game(*CROWD[:3], match="long")[:1]]
    await site.tell(golf.name, *rounds, golf.game(*CROWD[:3], match="long")[1])
    async with visiting(browser, site.url, **PHONE) as visit:
        page = visit.page
        await page.goto(f"{golf.path}/m/long")
        card = page.get_by_role("region", name="Scorecard: table")
        totals = card.get_by_role("columnheader", name="Totals")
        await expect(totals).to_be_visible()
        assert (await edges(totals))[2] <= (await edges(card))[2]


async def test_names_at_a_radar_stand_outside_it(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url, **PHONE) as visit:
        page = visit.page
        await page.goto(f"/p/phone_ann?game={golf.name}")
        grid = page.locator(".recharts-polar-grid-concentric").first
        names = page.locator(".recharts-polar-angle-axis text")
        await expect(names).to_have_count(6)
        _, top, _, bottom = await edges(grid)
        assert (await edges(names.filter(has_text="Win").filter(has_text="rate")))[3] <= top
        assert (await edges(names.filter(has_text="streak")))[1] >= bottom


async def test_what_a_number_came_to_is_in_sight(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url, **PHONE) as visit:
        page = visit.page
        await page.goto(f"{golf.path}/b/wins")
        await why(row(page, 1), "Wins", "Ann").click()
        events = page.get_by_role("dialog").get_by_role("region", name="Wins: events")
        await expect(events.get_by_role("row")).to_have_count(6)
        assert await events.evaluate("events => events.scrollWidth <= events.clientWidth")


async def test_what_is_live_stands_above_the_games(site: Site, golf: Golf, browser: Browser) -> None:
    await site.tell(golf.name, golf.game(*CROWD[:2], match="phone-running")[0])
    async with visiting(browser, site.url, **PHONE) as visit:
        page = visit.page
        await page.goto("/")
        live = page.get_by_role("region", name="Live now")
        await expect(live.get_by_role("link").first).to_be_visible()
        assert (await edges(live))[3] < (await edges(page.get_by_role("heading", name="Games")))[1]
