"""Pictures of every page in its four states, in both themes, on a desk and on a phone: ``make screenshots``.

    make screenshots ARGS="--pages home,board --states full"

They are for looking at; they lie in ``web/screenshots/<page>-<state>-<theme>-<device>.png``.
"""

import argparse
import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.async_api import BrowserContext, Page, Route, TimeoutError, expect

from tests.cli.conftest import KEY
from tests.web.conftest import log_in
from web.audit.site import ADDRESS, OTHER, OWN, OWN_NAME, ROYALE, RUNNING, empty_site, fill, opened_browser

SHOTS: Final = Path(__file__).resolve().parent.parent / "screenshots"
DEVICES: Final = {"desk": (1280, 800), "phone": (360, 740)}
THEMES: Final = ("dark", "light")
STATES: Final = ("empty", "full", "loading", "error")
SETTLED_MS: Final = 1_200
"""What moves has come to rest, and what is told over the feed has arrived."""
PATIENCE_MS: Final = 20_000
ANSWERS: Final = "**/v1/**"
REFUSAL: Final = '{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"The database is away."}'


@dataclass(frozen=True, slots=True)
class Shown:
    """``full`` is an address of the page with data; ``empty`` one that nothing has filled yet. Of what is endless only
    what the screen shows is taken; the rest is whole."""

    full: str
    empty: str | None = None
    as_manager: bool = False
    logged_in: bool = False
    is_endless: bool = False
    do: Callable[[Page], Awaitable[None]] | None = None


async def _why(page: Page) -> None:
    await page.get_by_role("button", name="Wins of").first.click()
    await page.get_by_role("dialog").get_by_role("row").nth(1).wait_for()


PAGES: Final = {
    "home": Shown("/", "/"),
    "game": Shown("/g/golf", "/g/quest"),
    "board": Shown("/g/golf/b/wins", "/g/golf/b/wins", is_endless=True),
    "board-own": Shown("/g/golf/b/avg_score?window=month", logged_in=True, is_endless=True),
    "board-part": Shown("/g/arcade/b/mode_best", is_endless=True),
    "board-why": Shown("/g/golf/b/wins", is_endless=True, do=_why),
    "player": Shown(f"/p/{OWN}", f"/p/{OWN}"),
    "player-game": Shown(f"/p/{OWN}?game=golf", f"/p/{OWN}?game=golf"),
    "comparison": Shown(f"/p/{OWN}/vs/{OTHER}", f"/p/{OWN}/vs/{OTHER}"),
    "match": Shown("/g/golf/m/golf-299", "/g/golf/m/nothing"),
    "match-running": Shown(f"/g/golf/m/{RUNNING}"),
    "match-royale": Shown(f"/g/battle_royale/m/{ROYALE}"),
    "achievements": Shown("/g/golf/achievements", "/g/golf/achievements"),
    "insight": Shown("/g/golf/insight", "/g/quest/insight"),
    "manage": Shown("/manage", "/manage", as_manager=True),
    "manage-locked": Shown("/manage"),
    "manage-keys": Shown("/manage?show=keys", "/manage?show=keys", as_manager=True),
    "manage-jobs": Shown("/manage?show=jobs", "/manage?show=jobs", as_manager=True),
    "manage-audit": Shown("/manage?show=audit", "/manage?show=audit", as_manager=True),
    "manage-quarantine": Shown("/manage/golf/quarantine", "/manage/golf/quarantine", as_manager=True),
    "manage-corrections": Shown("/manage/golf/corrections", "/manage/golf/corrections", as_manager=True),
    "manage-seasons": Shown("/manage/golf/seasons", "/manage/golf/seasons", as_manager=True),
    "manage-definition": Shown("/manage/golf/definition", as_manager=True),
    "me": Shown("/me", None, logged_in=True),
    "me-guest": Shown("/me", "/me"),
    "play": Shown("/g/arcade/play", "/g/arcade/play", logged_in=True),
}


async def main() -> None:
    asked = _arguments()
    pages = {name: PAGES[name] for name in asked.pages} if asked.pages else PAGES
    states: tuple[str, ...] = tuple(asked.states or STATES)
    if not asked.pages and not asked.states:
        shutil.rmtree(SHOTS, ignore_errors=True)
    SHOTS.mkdir(exist_ok=True)
    with empty_site() as site:
        async with opened_browser() as browser:
            await site.account(ADDRESS, OWN, OWN_NAME)  # before somebody else plays under this id
            for state in STATES:
                if state == "full" and set(states) != {"empty"}:
                    await fill(site)
                if state not in states:
                    continue
                guest = await browser.new_context(base_url=site.url)
                member = await _member(await browser.new_context(base_url=site.url))
                manager = await _manager(await browser.new_context(base_url=site.url))
                for name, shown in pages.items():
                    address = shown.empty if state == "empty" else shown.full
                    if address is not None:
                        who = manager if shown.as_manager else member if shown.logged_in else guest
                        await _take(who, name, address, state, shown)
                for context in (guest, member, manager):
                    await context.close()


async def _take(context: BrowserContext, name: str, address: str, state: str, shown: Shown) -> None:
    page = await context.new_page()
    try:
        if state == "loading":
            await page.route(ANSWERS, _hold)
        if state == "error":
            await page.route(ANSWERS, _refuse)
        await page.goto(address)
        await _until(page, state)
        if shown.do is not None and state == "full":
            await shown.do(page)
        for device, (width, height) in DEVICES.items():
            await page.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                await page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
                await page.wait_for_timeout(SETTLED_MS if theme == THEMES[0] else SETTLED_MS / 4)
                path = SHOTS / f"{name}-{state}-{theme}-{device}.png"
                await page.screenshot(path=path, full_page=not shown.is_endless)
        print(name, state, flush=True)
    except TimeoutError as error:
        print(f"{name} {state}: NOT TAKEN: {error.message.splitlines()[0]}", flush=True)
    finally:
        await page.unroute_all(behavior="ignoreErrors")
        await page.close()


async def _until(page: Page, state: str) -> None:
    if state == "loading":
        await page.wait_for_timeout(SETTLED_MS)
        return
    if state == "error":
        await page.get_by_role("alert").or_(page.get_by_label("Password")).first.wait_for(timeout=PATIENCE_MS)
    await expect(page.locator("[role=status][aria-label^=Loading]")).to_have_count(0, timeout=PATIENCE_MS)


async def _hold(route: Route) -> None:
    """Never answered."""


async def _refuse(route: Route) -> None:
    await route.fulfill(status=503, content_type="application/problem+json", body=REFUSAL)


async def _member(context: BrowserContext) -> BrowserContext:
    page = await context.new_page()
    await log_in(page, ADDRESS)
    await page.close()
    return context


async def _manager(context: BrowserContext) -> BrowserContext:
    """One who has pasted the key of the server, as every new tab of theirs finds it."""
    kept = f'{{"state":{{"key":"{KEY}"}},"version":0}}'
    await context.add_init_script(f"sessionStorage.setItem('kleos-tab-key', '{kept}')")
    return context


def _arguments() -> argparse.Namespace:
    def listed(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--pages", type=listed, help=f"only these of {', '.join(PAGES)}")
    parser.add_argument("--states", type=listed, help=f"only these of {', '.join(STATES)}")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
