"""A game whose ids are its own: its pages lead to its player, not to the one whom other games know by that id."""

import re

from playwright.async_api import Browser, expect

from tests.web.conftest import has_loaded, line_of, log_in, visiting
from tests.web.site import Golf, Site

ARENA = """
title = "Arena"
identities = "own"

[events.won]
player = "player"

[sheets.career]
key = ["player"]
windows = ["all"]

[[sheets.career.on]]
event = "won"
wins = "count()"

[boards.wins]
sheet = "career"
by = "wins desc"
"""


async def test_links_lead_to_the_player_of_the_game(site: Site, browser: Browser) -> None:
    toml = {"Content-Type": "application/toml"}
    async with site.http() as client:
        (await client.put("/v1/games/arena/definition", content=ARENA, headers=toml)).raise_for_status()
        shared, own = {"name": "Ann of all games"}, {"name": "Ann of the arena"}
        (await client.put("/v1/players/ann", json=shared)).raise_for_status()
        (await client.put("/v1/players/ann", params={"namespace": "arena"}, json=own)).raise_for_status()
    await Golf(site, "golf", "Six-Card Golf").play("ann", "bob")
    await site.tell("arena", *({"type": "won", "id": f"won-{number}", "player": "ann"} for number in range(3)))
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto("/g/arena/b/wins")
        await page.get_by_role("link", name="Ann of the arena").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Ann of the arena")
        await expect(page.get_by_role("button", name=re.compile(r"^Wins of Ann of the arena: 3")).first).to_be_visible()
        await page.goto("/p/ann")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Ann of all games")


async def test_who_has_the_same_id_elsewhere_is_not_you(site: Site, browser: Browser) -> None:
    toml = {"Content-Type": "application/toml"}
    await site.account("eve@example.org", "own_eve", "Eve")
    async with site.http() as client:
        (await client.put("/v1/games/arena/definition", content=ARENA, headers=toml)).raise_for_status()
    await site.tell("arena", {"type": "won", "id": "won-eve", "player": "own_eve"})
    async with visiting(browser, site.url) as visit:
        await log_in(visit.page, "eve@example.org")
        await visit.page.goto("/g/arena/b/wins")
        line = line_of(visit.page, "own_eve")
        await expect(line).to_be_visible()
        await has_loaded(visit.page)
        await expect(visit.page.get_by_role("complementary", name="You")).to_have_count(0)
        await expect(line).not_to_contain_text("you")


async def test_nothing_of_such_a_game_is_about_who_has_the_same_id_elsewhere(site: Site, browser: Browser) -> None:
    toml = {"Content-Type": "application/toml"}
    await site.account("ian@example.org", "own_ian", "Ian")
    async with site.http() as client:
        (await client.put("/v1/games/arena/definition", content=ARENA, headers=toml)).raise_for_status()
        for player, name in (("own_ian", "Ian of the arena"), ("zed", "Zed Zedder")):
            put = await client.put(f"/v1/players/{player}", params={"namespace": "arena"}, json={"name": name})
            put.raise_for_status()
    await site.tell("arena", *({"type": "won", "id": f"won-{who}", "player": who} for who in ("own_ian", "zed")))
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await log_in(page, "ian@example.org")
        await page.goto("/p/own_ian?game=arena")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Ian of the arena")
        await page.goto("/p/zed?game=arena")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Zed Zedder")
        await expect(page.get_by_role("link", name="Compare with me")).to_have_count(0)
        await page.get_by_role("button", name="Compare").click()
        await page.get_by_role("combobox", name="Compare with another player").fill("Ian of")
        await page.get_by_role("option", name="Ian of the arena").click()
        await expect(page).to_have_url(f"{site.url}/p/zed/vs/own_ian?game=arena")
        await page.goto("/g/arena/b/wins")
        await page.get_by_label("On this board").fill("Zed")
        await page.get_by_role("button", name="Find", exact=True).click()
        await expect(page.get_by_role("main").get_by_role("status").filter(has_text="Zed Zedder")).to_be_visible()
        await page.get_by_role("combobox", name="Find a player or a match").fill("Zed Z")
        await page.get_by_role("option", name="Zed Zedder").click()
        await expect(page).to_have_url(f"{site.url}/p/zed?game=arena")
