"""A board that changes while it is watched."""

import re
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.web.conftest import light, line_of, log_in, visiting, why
from tests.web.site import Golf, Site

WATCHER: Final = "live@example.org"
CHANGES: Final = 20
TRAVELS_MS: Final = 250
READ_AGAIN_MS: Final = 6_000
WATCH: Final = """
() => {
  window.journeys = {};
  const look = () => {
    for (const animation of document.getAnimations()) {
      const player = animation.effect.target.dataset?.player;
      if (player) journeys[player] = animation.effect.getComputedTiming().duration;
    }
    requestAnimationFrame(look);
  };
  look();
}
"""
"""Notes how long each row travels, in milliseconds."""


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    """Each of the tests has two players of its own, of whom the first leads by one."""
    await site.account(WATCHER, "live_d1", "First d")
    for letter in "abcd":
        await site.name(**{f"live_{letter}1": f"First {letter}", f"live_{letter}2": f"Second {letter}"})
        for leader, times in ((1, 4), (2, 3)):
            await golf.play(f"live_{letter}{leader}", f"live_{letter}{3 - leader}", times=times)


async def overtake(golf: Golf, letter: str) -> None:
    """The second passes the first, in one commit."""
    events = [event for _ in range(2) for event in golf.game(f"live_{letter}2", f"live_{letter}1")]
    await golf.site.tell(golf.name, *events)


async def watch(page: Page, golf: Golf, letter: str) -> None:
    """Opens the board and sees the two change places."""
    first, second = f"live_{letter}1", f"live_{letter}2"
    await page.goto(f"{golf.path}/b/wins")
    await expect(light(page)).to_have_text("Live")
    before = int(await line_of(page, first).get_attribute("aria-rowindex") or 0)
    assert int(await line_of(page, second).get_attribute("aria-rowindex") or 0) > before
    await page.evaluate(WATCH)
    await overtake(golf, letter)
    await expect(line_of(page, second)).to_contain_text(re.compile("▲.*up"))
    await expect(line_of(page, first)).to_contain_text(re.compile("▼.*down"))
    ahead, behind = [int(await line_of(page, player).get_attribute("aria-rowindex") or 0) for player in (second, first)]
    assert ahead < behind


async def test_rows_travel_to_their_new_places(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        await watch(visit.page, golf, "a")
        for player in ("live_a1", "live_a2"):
            await visit.page.wait_for_function("player => player in journeys", arg=player)
            assert await visit.page.evaluate("player => journeys[player]", player) == TRAVELS_MS
        await expect(why(line_of(visit.page, "live_a2"), "Wins", "Second a")).to_contain_text("5")


async def test_who_wants_less_motion_sees_rows_at_their_new_places_at_once(
    site: Site, golf: Golf, browser: Browser
) -> None:
    async with visiting(browser, site.url, reduced_motion="reduce") as visit:
        await watch(visit.page, golf, "b")
        assert await visit.page.evaluate("journeys") == {}
        assert await visit.page.evaluate("document.getAnimations().length") == 0


async def test_what_somebody_reads_stays_while_rows_travel(site: Site, golf: Golf, browser: Browser) -> None:
    """A dialog that was opened in a row, and the focus, which is in the row that falls."""
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"{golf.path}/b/wins")
        await expect(light(page)).to_have_text("Live")
        number = why(line_of(page, "live_c1"), "Wins", "First c")
        await number.click()
        dialog = page.get_by_role("dialog", name="Wins of First c")
        await expect(dialog.get_by_role("row")).to_have_count(5)
        await overtake(golf, "c")
        await expect(line_of(page, "live_c1").locator("text=▼")).to_have_count(1)
        assert await dialog.evaluate("dialog => dialog.matches(':modal')")
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await expect(number).to_be_focused()
        await golf.site.tell(golf.name, *(golf.game("live_c1", "live_c2") + golf.game("live_c1", "live_c2")))
        await expect(line_of(page, "live_c1").locator("text=▲")).to_have_count(1)
        await overtake(golf, "c")
        await expect(line_of(page, "live_c1").locator("text=▼")).to_have_count(1)
        await expect(number).to_be_focused()


async def test_watching_a_busy_game_asks_for_little(site: Site, golf: Golf, browser: Browser) -> None:
    """The feed says what has changed. A player may ask a hundred times a minute, and must not spend that by looking."""
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await log_in(page, WATCHER)
        await page.goto(golf.path)
        first = page.get_by_role("list").filter(has_text="Second d").first
        await expect(first).to_be_visible()
        await expect(light(page)).to_have_text("Live")
        asked: list[str] = []
        named: list[str] = []
        refused: list[int] = []
        page.on("request", lambda request: asked.append(request.url) if "/boards/" in request.url else None)
        page.on("request", lambda request: named.append(request.url) if "authorization" in request.headers else None)
        page.on("response", lambda response: refused.append(response.status) if response.status >= 400 else None)
        for _ in range(CHANGES):
            await golf.play("live_d2", "live_d1")
        wins = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Wins", exact=True))
        await expect(wins.get_by_role("listitem").filter(has_text="Second d")).to_contain_text(str(CHANGES + 3))
        assert asked == []
        assert [each for each in named if f"/v1/games/{golf.name}" in each] == []
        assert refused == []


CROWD: Final = 120
TWICE: Final = """
() => {
  const rows = [...document.querySelectorAll("[role=row][data-player]")].map((row) => row.dataset.player);
  return rows.filter((player, at) => rows.indexOf(player) !== at);
}
"""


async def test_nobody_stands_twice_where_what_the_feed_tells_ends(site: Site, golf: Golf, browser: Browser) -> None:
    """The feed tells fewer lines than a page reads at once: who climbs among them still stands where they stood."""
    crowd = [f"crowd_{number:03}" for number in range(CROWD)]
    for start in range(0, CROWD, 40):
        events = [
            event
            for number in range(start, start + 40)
            for _ in range(5 + (CROWD - number) // 4)
            for event in golf.game(crowd[number], "crowd_loser")[1:]
        ]
        await site.tell(golf.name, *events)
    async with visiting(browser, site.url, viewport={"width": 1280, "height": 800}) as visit:
        page = visit.page
        await page.goto(f"{golf.path}/b/wins")
        await expect(light(page)).to_have_text("Live")
        await expect(line_of(page, crowd[0])).to_be_visible()  # from here on the list is as long as it is
        await page.evaluate("scrollTo(0, 56 * 44)")
        await expect(line_of(page, crowd[60])).to_be_visible()
        for turn in range(25):
            climbers = (crowd[55 + turn % 20], crowd[32 + turn % 16])
            await site.tell(
                golf.name, *(each for who in climbers for _ in range(6) for each in golf.game(who, "crowd_loser")[1:])
            )
            assert await page.evaluate(TWICE) == []
        await page.wait_for_timeout(READ_AGAIN_MS)
        assert await page.evaluate(TWICE) == []
