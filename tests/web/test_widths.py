"""No name is too long, and no page too wide: on a phone, a tablet, a desk and a wall."""

from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.cli.conftest import KEY
from tests.web.conftest import Visit, has_loaded, log_in, row, visiting, why
from tests.web.site import Golf, Site

WIDTHS: Final = (360, 768, 1280, 1920)
WIDE: Final = "𝕎" * 60 + "漢" * 68
ARABIC: Final = "سارة العبّاسي الطويلة الاسم " * 4
EMOJI: Final = "👩‍👩‍👧‍👦🏳️‍🌈🧙🏽‍♀️" * 6
MATCH: Final = "m" * 110
FITS: Final = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
HIGHEST_HEADER_PX: Final = 130
PAGES: Final = (
    "/",
    "{game}",
    "{game}/b/wins",
    "{game}/b/wins?player=wide_cem",
    "{game}/m/{match}",
    "{game}/achievements",
    "{game}/insight",
    "/g/arcade/play",
    "/p/wide_cem",
    "/p/wide_cem?game={name}",
    "/p/wide_eve?game={name}",
    "/p/wide_fay?game={name}",
    "/p/wide_cem/vs/wide_eve",
    "/p/wide_fay/vs/wide_cem",
    "/me",
    "/manage",
    "/manage?show=keys",
    "/manage?show=audit",
    "/manage?show=jobs",
    "/manage/{name}/quarantine",
    "/manage/{name}/corrections",
    "/manage/{name}/seasons",
    "/manage/{name}/definition",
    "/manage/{name}/jobs",
    "/g/none",
    "/g/none/and/further",
)


@pytest.fixture(scope="module")
async def visit(site: Site, golf: Golf, browser: Browser) -> AsyncIterator[Visit]:
    """Somebody of the longest name, with a key that opens every page."""
    assert len(WIDE) == 128
    await site.account("wide@example.org", "wide_cem", WIDE)
    await site.name(wide_eve=ARABIC, wide_fay=EMOJI)
    match = MATCH
    await golf.play("wide_cem", "wide_eve", "wide_fay", times=5)
    await golf.play("wide_fay", "wide_cem", "wide_eve", match=match)
    async with site.http() as client:
        doubtful = golf.game("wide_cem", "wide_eve", match="q" * 110, score=99)[:1]
        assert (await client.post(f"/v1/games/{golf.name}/events", json=doubtful)).json()["quarantined"] == 1
        ban = {"kind": "ban", "player": "wide_eve", "reason": "W" * 200}
        made = (await client.post(f"/v1/games/{golf.name}/corrections", json=ban)).json()["correction"]["correction"]
        undone = await client.post(f"/v1/games/{golf.name}/corrections/{made}/undo", json={"reason": "ok"})
        assert undone.status_code == 200, undone.text
        await client.post("/v1/keys", json={"label": "K" * 200, "games": None, "scopes": ["read"]})
        season = {"name": "s" * 40, "title": "S" * 200}
        span = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-02-01T00:00:00Z"}
        await client.post(f"/v1/games/{golf.name}/seasons", json=season | span)
    async with visiting(browser, site.url) as visit:
        await log_in(visit.page, "wide@example.org")
        kept = f'{{"state": {{"key": "{KEY}"}}, "version": 0}}'
        await visit.page.evaluate("key => sessionStorage.setItem('kleos-tab-key', key)", kept)
        yield visit


async def check_widths(page: Page) -> None:
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        await page.wait_for_function(FITS, timeout=5_000)
        header = await page.get_by_role("banner").bounding_box()
        assert header is not None
        assert header["height"] <= HIGHEST_HEADER_PX, f"the header is {header['height']} px high at {width}"


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_scrolls_sideways(golf: Golf, visit: Visit, path: str) -> None:
    page = visit.page
    await page.goto(path.format(game=golf.path, name=golf.name, match=MATCH))
    await expect(page.locator("h1, [role=alert]").first).to_be_attached()
    await expect(page.locator("[role=status][aria-label^=Loading]")).to_have_count(0)
    await check_widths(page)


async def test_no_dialog_scrolls_sideways(golf: Golf, visit: Visit) -> None:
    page = visit.page
    await page.goto(f"{golf.path}/b/wins")
    await why(row(page, 1), "Wins", WIDE).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("row").nth(1)).to_be_visible()
    await check_widths(page)
    await page.goto(f"/manage/{golf.name}/corrections?match={MATCH}")
    await page.get_by_role("button", name="Show the effect").click()
    await expect(dialog.get_by_label("Why")).to_be_visible()
    await check_widths(page)
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        assert await dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth"), width


async def test_a_name_keeps_to_its_column_and_its_direction(golf: Golf, visit: Visit) -> None:
    page = visit.page
    await page.goto(f"{golf.path}/b/wins")
    await has_loaded(page)
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        for place in (1, 2, 3):
            cells = row(page, place).get_by_role("cell")
            boxes = [await each.bounding_box() for each in await cells.all()]
            shown = [box for box in boxes if box is not None and box["width"] > 0]
            edges = [(box["x"], box["x"] + box["width"]) for box in shown]
            assert all(left[1] <= right[0] + 1 for left, right in pairwise(edges)), (width, edges)
            assert all(box["height"] < 56 for box in shown)
    isolated = row(page, 1).locator("bdi")
    await expect(isolated).to_have_count(1)  # so that a name from right to left does not turn the numbers round


async def test_a_number_is_not_far_from_its_name_on_a_desk(golf: Golf, visit: Visit) -> None:
    page = visit.page
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.goto(f"{golf.path}/b/wins")
    await has_loaded(page)
    cells = [await each.bounding_box() for each in await row(page, 1).get_by_role("cell").all()]
    shown = [box for box in cells if box is not None and box["width"] > 0]
    assert shown[2]["x"] - shown[1]["x"] < 500
