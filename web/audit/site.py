"""A server that bots have played on, and the browser that looks at it: for everything in this folder."""

import random
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, async_playwright

from kleos.demo.play import play_arcade_match, play_golf_match
from kleos.demo.roster import Bot, make_bots
from tests.web.conftest import FLAGS, chromium
from tests.web.site import Golf, Site, run_server

OWN: Final = "freya"
OWN_NAME: Final = "Freya"
OTHER: Final = "quill"
ADDRESS: Final = "freya@example.org"
HISTORY: Final = timedelta(days=21)
EVENTS_AT_ONCE: Final = 1000
RUNNING: Final = "golf-running"
ROYALE: Final = "royale-1"


@contextmanager
def empty_site() -> Iterator[Site]:
    """A server that nothing has been told, with a database of its own that is dropped at the end."""
    data = Path(tempfile.mkdtemp(prefix="kleos-audit-", dir="/tmp"))
    data.chmod(0o755)  # PostgreSQL does not run as root
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = run_server(data, port)
    try:
        yield Site(f"http://127.0.0.1:{port}", port, data, process)
    finally:
        process.end()
        shutil.rmtree(data, ignore_errors=True)


async def fill(site: Site, golf_games: int = 300, arcade_runs: int = 600) -> None:
    """Three weeks of the bots' games, matches that run, a battle royale, and what waits for a manager."""
    rng, now = random.Random(1), datetime.now(UTC)
    bots = make_bots(rng)
    await _introduce(site, bots)
    for game, count in (("golf", golf_games), ("arcade", arcade_runs)):
        events: list[dict[str, Any]] = []
        for number in range(count):
            at, match = now - HISTORY * (1 - (number + 1) / count) ** 1.2, f"{game}-{number}"
            golf = game == "golf"
            told = (
                play_golf_match(match, bots, rng, ended_at=at) if golf else play_arcade_match(match, bots, rng, at=at)
            )
            events += told
        for start in range(0, len(events), EVENTS_AT_ONCE):
            await site.tell(game, *events[start : start + EVENTS_AT_ONCE])
    running = play_golf_match(RUNNING, bots, rng, ended_at=now)
    await site.tell("golf", *running[:-3])
    await site.tell("battle_royale", *_royale(bots, rng, now))
    await _doubt(site)


async def _introduce(site: Site, bots: tuple[Bot, ...]) -> None:
    async with site.http() as client:
        for bot in bots:
            profile = {"name": bot.name, "region": bot.region}
            (await client.put(f"/v1/players/{bot.player}", json=profile)).raise_for_status()


async def _doubt(site: Site) -> None:
    """An impossible score, which waits in quarantine."""
    doubtful = Golf(site, "golf", "Six-Card Golf").game("ember", "pike", match="doubtful-1")[:1]
    doubtful[0]["scores"] = {"ember": -40, "pike": 12}
    async with site.http() as client:
        (await client.post("/v1/games/golf/events", json=doubtful)).raise_for_status()


def _royale(bots: tuple[Bot, ...], rng: random.Random, now: datetime) -> list[dict[str, Any]]:
    """One match in which the last of sixteen is left."""
    seated, events = [bot.player for bot in bots[:16]], list[dict[str, Any]]()
    alive, places = list(seated), dict[str, int]()

    def tell(type_: str, **fields: Any) -> None:
        at = now - timedelta(seconds=900 - 10 * len(events))
        envelope = {"type": type_, "id": f"{ROYALE}-{len(events)}", "match": ROYALE, "at": at.isoformat()}
        events.append({**envelope, **fields})

    while len(alive) > 1:
        attacker, victim = rng.sample(alive, 2)
        weapon, head = rng.choice(("AKM", "M416", "Kar98k", "UMP45")), rng.random() < 0.3
        shared = {"victim": victim, "weapon": weapon}
        where = "HeadShot" if head else "TorsoShot"
        tell("damage", attacker=attacker, damage=round(rng.uniform(20, 90), 1), damage_reason=where, **shared)
        if rng.random() < 0.5:
            tell("kill", killer=attacker, distance_m=round(rng.uniform(3, 260), 1), headshot=head, **shared)
            places[victim] = len(alive)
            alive.remove(victim)
    tell("match_ended", placements={**places, alive[0]: 1})
    return events


@asynccontextmanager
async def opened_browser(*flags: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, *flags])
        yield browser
        await browser.close()
