"""A server that browsers visit, and games of golf of a test module's own on it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import httpx

from tests.cli.conftest import KEY, Process, _popen

PASSWORD: Final = "correct horse battery staple"
GOLF: Final = files("kleos.games").joinpath("golf.toml").read_text("utf-8")


@dataclass(slots=True)
class Site:
    """A server that can be stopped and started again at the same address, and what games tell it."""

    url: str
    port: int
    data: Path
    process: Process

    def stop(self) -> None:
        self.process.end()

    def start(self) -> None:
        self.process = run_server(self.data, self.port)

    @asynccontextmanager
    async def http(self, token: str = KEY, url: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=url or self.url, headers=headers, timeout=60) as client:
            yield client

    async def define(self, game: str, definition: str) -> None:
        async with self.http() as client:
            headers = {"Content-Type": "application/toml"}
            put = await client.put(f"/v1/games/{game}/definition", content=definition, headers=headers)
            assert put.status_code == 200, put.text

    async def tell(self, game: str, *events: Mapping[str, Any], url: str | None = None) -> None:
        async with self.http(url=url) as client:
            answer = await client.post(f"/v1/games/{game}/events", json=list(events))
            assert answer.status_code == 200, answer.text
            receipt = answer.json()
            assert (receipt["rejected"], receipt["quarantined"]) == ([], 0), receipt

    async def name(self, **names: str) -> None:
        """Gives players the names by which they are shown."""
        async with self.http() as client:
            for player, name in names.items():
                (await client.put(f"/v1/players/{player}", json={"name": name})).raise_for_status()

    async def account(self, address: str, player: str, name: str, *roles: str) -> None:
        """Before the player has played: an id that a game has used is not to be had."""
        async with self.http() as client:
            body = {"address": address, "password": PASSWORD, "player": player, "name": name}
            made = await client.post("/v1/auth/register", json=body)
            assert made.status_code == 201, made.text
            if roles:
                given = await client.patch(f"/v1/accounts/{player}", json={"roles": list(roles)})
                assert given.status_code == 200, given.text


def run_server(data: Path, port: int) -> Process:
    """A person's own limit is as in production: whoever is logged in must come by with it."""
    settings = {"KLEOS_ADMIN_KEY": KEY, "KLEOS_LIMIT_ADDRESS": "0", "KLEOS_LIMIT_SIGN_IN": "0"}
    process = Process(_popen(("serve", "--data", str(data), "--port", str(port)), settings))
    process.until("Kleos listens on")
    return process


@dataclass(slots=True)
class Golf:
    """A game of Six-Card Golf of one test module's own: what other modules play does not stand on its boards."""

    site: Site
    name: str
    title: str
    _matches: int = field(default=0)

    @property
    def path(self) -> str:
        return f"/g/{self.name}"

    def game(self, winner: str, *others: str, match: str = "", score: int = 3, minutes_ago: int = 0) -> list[Any]:
        """The events of one match of one round, which the winner takes with ``score``."""
        self._matches += 1
        at = (datetime.now(UTC) - timedelta(minutes=minutes_ago)).isoformat()
        name = match or f"{self.name}-{self._matches}"
        scores = {winner: score, **{other: 9 + place for place, other in enumerate(others)}}
        round_ended = {"scores": scores, "winner": winner, "finisher": winner}
        game_ended = {"totals": scores, "winner": winner, "humans": len(scores)}
        told = (("round_ended", round_ended), ("game_ended", game_ended))
        return [{"type": type_, "id": f"{name}-{type_}", "match": name, "at": at, **fields} for type_, fields in told]

    async def play(self, winner: str, *others: str, times: int = 1, **how: Any) -> None:
        for _ in range(times):
            await self.site.tell(self.name, *self.game(winner, *others, **how))
