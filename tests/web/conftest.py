"""A real browser on a real server: Debian's Chromium, driven by Playwright."""

import os
import re
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from kleos.web.files import BUILT
from tests.web.site import GOLF, PASSWORD, Golf, Site, run_server

PATIENCE_MS: Final = 60_000
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
expect.set_options(timeout=PATIENCE_MS)


def chromium() -> str:
    """Skips where there is none, or where the UI was not built; fails with `KLEOS_REQUIRE_BROWSER=1`."""
    found = os.environ.get("KLEOS_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    missing = "needs Chromium on the path" if not found else "" if BUILT.is_dir() else "needs the UI: make web"
    if missing:
        if os.environ.get("KLEOS_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    return str(found)


@pytest.fixture(scope="session")
def site(reachable_dir: Path) -> Iterator[Site]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = reachable_dir / f"web-{port}"
    made = Site(f"http://127.0.0.1:{port}", port, data, run_server(data, port))
    yield made
    made.stop()
    shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="module")
async def golf(site: Site, request: pytest.FixtureRequest) -> Golf:
    module = request.module.__name__.rpartition(".")[2].removeprefix("test_")
    title = f"Golf ({module.replace('_', ' ')})"
    await site.define(f"golf_{module}", GOLF.replace('title = "Six-Card Golf"', f'title = "{title}"', 1))
    return Golf(site, f"golf_{module}", title)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = chromium()
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        await opened.close()


@dataclass(slots=True)
class Visit:
    """A page, and what its console said was wrong."""

    page: Page
    context: BrowserContext
    troubles: list[str] = field(default_factory=list)


@asynccontextmanager
async def visiting(browser: Browser, url: str, **options: Any) -> AsyncIterator[Visit]:
    """A new visitor. Fails on an error in the page, and on what its security policy had to block."""
    context = await browser.new_context(base_url=url, **options)
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    visit = Visit(page, context)
    page.on("pageerror", lambda error: visit.troubles.append(str(error)))
    page.on("console", lambda message: _note(visit, message.type, message.text))
    try:
        yield visit
        assert visit.troubles == []
    finally:
        await context.close()


def _note(visit: Visit, kind: str, text: str) -> None:
    if kind == "error" and "Content Security Policy" in text:
        visit.troubles.append(text)


async def log_in(page: Page, address: str) -> None:
    await page.goto("/me")
    await page.get_by_label("Email address").fill(address)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("button", name="Log out").wait_for()


def row(page: Page, place: int) -> Locator:
    """The line of a board at a place, counted from 1."""
    return page.locator(f"[role=row][aria-rowindex='{place + 1}']")


def line_of(page: Page, player: str) -> Locator:
    return page.locator(f"[role=row][data-player='{player}']")


def why(within: Page | Locator, column: str, name: str) -> Locator:
    """The number of somebody that says why it is what it is."""
    return within.get_by_role("button", name=re.compile(rf"^{re.escape(column)} of {re.escape(name)}: .*why\?$"))


def light(page: Page) -> Locator:
    """What says whether the page is live."""
    return page.get_by_role("banner").get_by_role("status")


async def has_loaded(page: Page) -> None:
    """The page is there, and nothing on it is still on its way."""
    await page.get_by_role("heading", level=1).first.wait_for(state="attached")
    await expect(page.locator("[role=status][aria-label^=Loading]")).to_have_count(0)
