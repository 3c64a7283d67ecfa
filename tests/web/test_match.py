"""The page of a match."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import Browser, expect

from tests.web.conftest import has_loaded, light, visiting
from tests.web.site import Golf, Site

SHOWN = 50


async def test_a_long_match_that_runs_shows_what_is_new(site: Site, golf: Golf, browser: Browser) -> None:
    now = datetime.now(UTC)

    def round_ended(number: int, score: int) -> dict[str, object]:
        at = (now - timedelta(seconds=600 - number)).isoformat()
        scores = {"match_ann": score, "match_bob": 9}
        fact = {"type": "round_ended", "id": f"long-{number}", "match": "long", "at": at, "scores": scores}
        return {**fact, "winner": "match_ann", "finisher": "match_ann"}

    await site.tell(golf.name, *(round_ended(number, 3) for number in range(60)))
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto(f"{golf.path}/m/long")
        await has_loaded(page)
        await expect(light(page)).to_have_text("Live")
        events = page.get_by_role("region", name="What happened").get_by_role("listitem")
        await expect(events).to_have_count(SHOWN)
        await site.tell(golf.name, round_ended(60, 47))
        await expect(events.first).to_contain_text("47")
        await page.get_by_role("button", name="What came before").click()
        await expect(events).to_have_count(61)


async def test_a_card_is_whole_however_many_events_are_shown(site: Site, golf: Golf, browser: Browser) -> None:
    """Of what is shown no event may be a round."""
    await site.define("shots", SHOTS)
    shots = [{"type": "shot", "id": f"shot-{number:03}", "match": "m", "player": "match_ann"} for number in range(80)]
    rounds = [{"type": "round", "id": f"a-{n}", "match": "m", "scores": {"match_ann": 3 + n}} for n in range(2)]
    await site.tell("shots", *rounds, *shots)
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto("/g/shots/m/m")
        card = page.get_by_role("region", name="Scorecard", exact=True)
        await expect(card.get_by_role("row").filter(has_text="match_ann")).to_contain_text("34")


SHOTS = """
title = "Shots"

[events.shot]
player = "player"

[events.round]
scores = "map[player, int]"

[sheets.career]
key = ["player"]

[[sheets.career.on]]
event = "shot"
shots = "count()"
"""
