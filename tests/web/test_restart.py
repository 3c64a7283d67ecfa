"""The server goes away and comes back while somebody looks: said, and mended without a reload."""

import asyncio
import re
import socket

import pytest
from playwright.async_api import Browser, Page, expect

from tests.web.conftest import PATIENCE_MS, light, line_of, log_in, row, visiting, why
from tests.web.foreign import fan_page
from tests.web.site import Golf, Site, run_server


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    await site.name(restart_ann="Ann", restart_bob="Bob")
    await golf.play("restart_ann", "restart_bob", times=5)


async def test_what_changed_meanwhile_is_shown_without_a_reload(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit, fan_page(golf) as foreign:
        board = visit.page
        await _open(board, f"{golf.path}/b/wins")
        glance = await visit.context.new_page()
        await _open(glance, golf.path)
        profile = await visit.context.new_page()
        await _open(profile, f"/p/restart_bob?game={golf.name}")
        reader = await visit.context.new_page()
        await _open(reader, golf.path)
        fan = await visit.context.new_page()
        await fan.goto(foreign)
        embedded = fan.locator("kleos-board").first
        await expect(embedded.get_by_role("listitem").first).to_have_text("1Ann5")

        site.stop()
        for page in (board, glance, profile, reader):
            await expect(light(page)).to_have_text(re.compile("Not live|Connecting"))
        await expect(row(board, 1)).to_contain_text("Ann")  # what was there stays, and can be read
        await expect(embedded.get_by_role("status")).to_have_text("Not live")
        await reader.get_by_role("link", name="Ann").first.click()
        failure = reader.get_by_role("alert")
        await expect(failure).to_contain_text("Could not load player")
        await expect(failure).to_contain_text("The server cannot be reached")
        await expect(failure.get_by_role("button", name="Try again")).to_be_visible()

        await _happen_elsewhere(site, golf)
        site.start()
        for page in (board, glance, profile, reader):
            await expect(light(page)).to_have_text("Live")
        await expect(row(board, 1)).to_contain_text("Bob")
        await expect(why(row(board, 1), "Wins", "Bob")).to_contain_text("7")
        wins = glance.get_by_role("listitem").filter(has=glance.get_by_role("heading", name="Wins", exact=True))
        await expect(wins.get_by_role("listitem").first).to_contain_text(re.compile("Bob.*7"))
        await expect(why(profile, "Wins", "Bob").first).to_contain_text("7")
        await expect(reader.get_by_role("heading", level=1)).to_contain_text("Ann")
        await expect(embedded.get_by_role("listitem").first).to_have_text("1Bob7")
        await expect(embedded.get_by_text("Not live")).to_have_count(0)

        await golf.play("restart_ann", "restart_bob", times=3)
        await expect(why(line_of(board, "restart_ann"), "Wins", "Ann")).to_contain_text("8")
        await expect(wins.get_by_role("listitem").first).to_contain_text(re.compile("Ann.*8"))
        for page in (board, glance, profile, reader):
            assert await page.evaluate("window.stayed") is True


async def test_an_award_that_came_meanwhile_arrives(site: Site, golf: Golf, browser: Browser) -> None:
    await site.account("ray@example.org", "restart_ray", "Ray")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        knows_awards = _snapshot_of(page, "player:restart_ray")
        await log_in(page, "ray@example.org")
        await asyncio.wait_for(knows_awards.wait(), PATIENCE_MS / 1000)
        await expect(light(page)).to_have_text("Live")
        site.stop()
        await expect(light(page)).to_have_text(re.compile("Not live|Connecting"))
        await _happen_elsewhere(site, golf, "restart_ray")
        site.start()
        await expect(light(page)).to_have_text("Live")
        await expect(page.get_by_text("Achievement unlocked").first).to_be_visible()
        await expect(page.get_by_text("First Victory")).to_be_visible()


def _snapshot_of(page: Page, topic: str) -> asyncio.Event:
    """Set once the feed has told the page what there was of a topic before."""
    told = asyncio.Event()

    def hear(frame: str | bytes) -> None:
        text = frame if isinstance(frame, str) else frame.decode()
        if topic in text and '"snapshot"' in text:
            told.set()

    page.on("websocket", lambda socket: socket.on("framereceived", hear))
    return told


async def _open(page: Page, path: str) -> None:
    await page.goto(path)
    await expect(light(page)).to_have_text("Live")
    await expect(page.get_by_text("Bob").first).to_be_visible()
    await page.evaluate("window.stayed = true")


async def _happen_elsewhere(site: Site, golf: Golf, winner: str = "restart_bob") -> None:
    """Seven wins while no page that is open can reach the server: it runs at another address for so long."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    elsewhere = run_server(site.data, port)
    events = [event for _ in range(7) for event in golf.game(winner, "restart_ann")]
    await site.tell(golf.name, *events, url=f"http://127.0.0.1:{port}")
    elsewhere.end()
