"""A real browser on a real server: Debian's Chromium, driven by Playwright."""

import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from kleos.web.files import BUILT
from tests.cli.conftest import KEY, Process, _popen

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
PASSWORD: Final = "correct horse battery staple"


def chromium() -> str:
    """Skips where there is none, or where the UI was not built; fails with `KLEOS_REQUIRE_BROWSER=1`."""
    found = os.environ.get("KLEOS_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    missing = "needs Chromium on the path" if not found else "" if BUILT.is_dir() else "needs the UI: make web"
    if missing:
        if os.environ.get("KLEOS_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    return str(found)


@dataclass(slots=True)
class Site:
    """A server that can be stopped and started again at the same address, and what games tell it."""

    url: str
    port: int
    data: Path
    process: Process
    _events: int = field(default=0)

    def stop(self) -> None:
        self.process.end()

    def start(self) -> None:
        self.process = run_server(self.data, self.port)

    @asynccontextmanager
    async def http(self, token: str = KEY) -> AsyncIterator[httpx.AsyncClient]:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=60) as client:
            yield client

    async def tell(self, game: str, *events: Mapping[str, Any]) -> None:
        async with self.http() as client:
            answer = await client.post(f"/v1/games/{game}/events", json=list(events))
            assert answer.status_code == 200, answer.text
            receipt = answer.json()
            assert (receipt["rejected"], receipt["quarantined"]) == ([], 0), receipt

    def game(self, winner: str, *others: str, match: str | None = None, minutes_ago: int = 0) -> list[dict[str, Any]]:
        """The events of one game of golf of one round."""
        self._events += 1
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        name = match or f"match-{self._events}"
        scores = {winner: 3, **{other: 9 + place for place, other in enumerate(others)}}
        round_ended = {"scores": scores, "winner": winner, "finisher": winner}
        game_ended = {"totals": scores, "winner": winner, "humans": len(scores)}
        told = (("round_ended", round_ended), ("game_ended", game_ended))
        return [
            {"type": type_, "id": f"{name}-{type_}-{self._events}", "match": name, "at": at.isoformat(), **fields}
            for type_, fields in told
        ]

    async def account(self, address: str, player: str, name: str) -> None:
        async with self.http() as client:
            body = {"address": address, "password": PASSWORD, "player": player, "name": name}
            made = await client.post("/v1/auth/register", json=body)
            assert made.status_code in (200, 201, 409), made.text


def run_server(data: Path, port: int) -> Process:
    settings = {"KLEOS_ADMIN_KEY": KEY, "KLEOS_LIMIT_ADDRESS_PER_MINUTE": "100000"}
    process = Process(_popen(("serve", "--data", str(data), "--port", str(port)), settings))
    process.until("Kleos listens on")
    return process


@pytest.fixture(scope="module")
def site(reachable_dir: Path) -> Iterator[Site]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = reachable_dir / f"web-{port}"
    process = run_server(data, port)
    made = Site(f"http://127.0.0.1:{port}", port, data, process)
    yield made
    made.process.end()
    shutil.rmtree(data, ignore_errors=True)


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
