"""No page, and no dialog, has anything that axe finds wrong, in either theme."""

import re
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.cli.conftest import KEY
from tests.conftest import REPOSITORY
from tests.web.conftest import Visit, has_loaded, light, line_of, log_in, row, visiting, why
from tests.web.site import Golf, Site

AXE: Final = REPOSITORY / "web" / "node_modules" / "axe-core" / "axe.min.js"
RUN: Final = "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)"
PAGES: Final = (
    "/",
    "{game}",
    "{game}/b/wins",
    "{game}/b/wins?player=axe_bob&window=week",
    "{game}/m/{name}-1",
    "{game}/achievements",
    "{game}/insight",
    "/g/arcade/play",
    "/g/quest",
    "/p/axe_ann",
    "/p/axe_ann?game={name}",
    "/p/axe_ann/vs/axe_bob",
    "/manage",
    "/me",
)
MISSING: Final = (
    "/g/nothing",
    "/g/nothing/b/wins",
    "{game}/b/nothing",
    "{game}/m/nothing",
    "/p/nobody",
    "/p/nobody/vs/axe_bob",
)
PAGES_FOR_SOME: Final = (
    "{game}/b/wins",
    "/g/arcade/play",
    "/me",
    "/manage",
    "/manage?show=keys",
    "/manage?show=jobs",
    "/manage?show=audit",
    "/manage/{name}/quarantine",
    "/manage/{name}/corrections",
    "/manage/{name}/seasons",
    "/manage/{name}/definition",
    "/manage/{name}/jobs",
    "{game}/insight",
)
ADDRESS: Final = "axe@example.org"


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    await site.account(ADDRESS, "axe_bob", "Bob")
    await site.name(axe_ann="Ann")
    await golf.play("axe_ann", "axe_bob", times=6, minutes_ago=30)
    await site.tell("arcade", {"type": "score_submitted", "player": "axe_bob", "score": 5, "game_mode": "timed"})
    async with site.http() as client:
        doubtful = golf.game("axe_ann", "axe_bob", score=99)[:1]
        assert (await client.post(f"/v1/games/{golf.name}/events", json=doubtful)).json()["quarantined"] == 1
        void = {"kind": "void", "match": f"{golf.name}-2", "reason": "a test"}
        assert (await client.post(f"/v1/games/{golf.name}/corrections", json=void)).is_success
        assert (await client.post(f"/v1/games/{golf.name}/jobs", json={"kind": "verify"})).is_success
        season = {"name": "axe", "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-02-01T00:00:00Z"}
        assert (await client.post(f"/v1/games/{golf.name}/seasons", json=season)).is_success


@pytest.fixture(scope="module")
async def guest(site: Site, browser: Browser) -> AsyncIterator[Visit]:
    """The policy of the pages would keep axe out as it keeps out everybody else's script."""
    async with visiting(browser, site.url, bypass_csp=True, color_scheme="dark") as visit:
        yield visit


@pytest.fixture(scope="module")
async def player(site: Site, browser: Browser) -> AsyncIterator[Visit]:
    """Somebody logged in, with a key that opens every page."""
    async with visiting(browser, site.url, bypass_csp=True, color_scheme="light") as visit:
        await log_in(visit.page, ADDRESS)
        kept = f'{{"state": {{"key": "{KEY}"}}, "version": 0}}'
        await visit.page.evaluate("key => sessionStorage.setItem('kleos-tab-key', key)", kept)
        yield visit


AWARDS: Final = "() => document.querySelector('[aria-live=polite].fixed')?.textContent ?? ''"
AT_REST: Final = """
() => [...document.querySelectorAll("[aria-live=polite].fixed > *")].every((e) => getComputedStyle(e).opacity === "1")
"""


async def violations(page: Page) -> list[str]:
    """Of a page at rest: an award that came or went meanwhile was half of either for a while."""
    while True:
        await page.wait_for_function(AT_REST)
        awards = await page.evaluate(AWARDS)
        found: list[dict[str, Any]] = await page.evaluate(RUN)
        await page.wait_for_function(AT_REST)
        if not found or await page.evaluate(AWARDS) == awards:
            return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


async def check_both_themes(page: Page) -> None:
    await page.add_script_tag(path=str(AXE))
    for _ in range(2):
        theme = await page.evaluate("document.documentElement.dataset.theme")
        assert await violations(page) == [], theme
        # Of what it would be after a page load; the switch may be under a dialog.
        other = "light" if theme == "dark" else "dark"
        await page.evaluate("theme => { document.documentElement.dataset.theme = theme }", other)


async def check_page(visit: Visit, golf: Golf, path: str) -> None:
    page = visit.page
    await page.goto(path.format(game=golf.path, name=golf.name))
    await expect(page.locator("h1, [role=alert]").first).to_be_attached()
    await expect(page.locator("[role=status][aria-label^=Loading]")).to_have_count(0)
    await check_both_themes(page)


@pytest.mark.parametrize("path", PAGES)
async def test_pages(guest: Visit, golf: Golf, path: str) -> None:
    await check_page(guest, golf, path)


@pytest.mark.parametrize("path", MISSING)
async def test_what_is_not_there(guest: Visit, golf: Golf, path: str) -> None:
    await check_page(guest, golf, path)
    await expect(guest.page.get_by_role("alert").get_by_role("heading", level=1)).to_be_visible()


async def test_what_cannot_be_loaded(guest: Visit, golf: Golf) -> None:
    page = guest.page
    await page.route("**/v1/games/**", lambda route: route.abort())
    try:
        await page.goto(f"{golf.path}/b/wins")
        await expect(page.get_by_role("alert").get_by_role("button", name="Try again")).to_be_visible()
        await check_both_themes(page)
    finally:
        await page.unroute("**/v1/games/**")


@pytest.mark.parametrize("path", PAGES_FOR_SOME)
async def test_pages_of_who_is_logged_in(player: Visit, golf: Golf, path: str) -> None:
    await check_page(player, golf, path)


async def test_the_reason_of_a_number(guest: Visit, golf: Golf) -> None:
    page = guest.page
    await page.goto(f"{golf.path}/b/wins")
    await why(row(page, 1), "Win rate", "Ann").click()
    await expect(page.get_by_role("dialog").get_by_role("row").nth(1)).to_be_visible()
    await check_both_themes(page)


async def test_a_board_that_moves_and_an_award(player: Visit, golf: Golf) -> None:
    page = player.page
    await page.goto(f"{golf.path}/b/wins")
    await expect(light(page)).to_have_text("Live")
    await golf.play("axe_cem", "axe_bob", times=9)
    await golf.play("axe_bob", "axe_cem")
    await expect(page.get_by_text("Achievement unlocked").first).to_be_visible()
    await expect(line_of(page, "axe_cem")).to_be_visible()
    await check_both_themes(page)


async def test_the_effect_of_a_correction(player: Visit, golf: Golf) -> None:
    page = player.page
    await page.goto(f"/manage/{golf.name}/corrections?match={golf.name}-1")
    await page.get_by_role("button", name="Show the effect").click()
    await expect(page.get_by_role("dialog").get_by_role("region", name="Ranks that move")).to_be_visible()
    await check_both_themes(page)


async def test_the_effect_of_a_definition(player: Visit, golf: Golf) -> None:
    page = player.page
    await page.goto(f"/manage/{golf.name}/definition")
    editor = page.get_by_role("textbox", name=re.compile("TOML$"))
    text = await editor.input_value()
    await editor.fill(text.replace('when  = "games_won >= 10"', 'when  = "games_one >= 3"'))
    await page.get_by_role("button", name="Check", exact=True).click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await check_both_themes(page)
    await editor.fill(text.replace('when  = "games_won >= 10"', 'when  = "games_won >= 3"'))
    await page.get_by_role("button", name="Check", exact=True).click()
    await expect(page.get_by_label("What would change")).to_contain_text("gain it")
    await check_both_themes(page)


async def test_what_the_search_finds(guest: Visit) -> None:
    page = guest.page
    await page.goto("/")
    await has_loaded(page)
    await page.get_by_role("combobox", name="Find a player or a match").fill("axe")
    await expect(page.get_by_role("option").first).to_be_visible()
    await check_both_themes(page)


async def test_the_theme_is_switched_and_kept(site: Site, browser: Browser) -> None:
    async with visiting(browser, site.url, color_scheme="dark") as visit:
        page = visit.page
        await page.goto("/")
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        await page.get_by_role("button", name="Use the light theme").click()
        await expect(page.locator("html")).to_have_attribute("data-theme", "light")
        await page.reload()
        await expect(page.get_by_role("button", name="Use the dark theme")).to_be_visible()
        await expect(page.locator("html")).to_have_attribute("data-theme", "light")
