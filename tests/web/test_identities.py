"""A game whose ids are its own: its pages lead to its player, not to the one whom other games know by that id."""

import re

from playwright.async_api import Browser, expect

from tests.web.conftest import visiting
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
