"""A server killed while it corrects: each correction has happened whole, or not at all."""

import asyncio
import random
from pathlib import Path
from typing import Final

import httpx

from kleos.store.pool import open_connection
from tests.laws.load import KEY, check_nothing_differs
from tests.laws.test_law1_crashes import Server, serving

MATCHES: Final = 60
KILLS: Final = 2
PLAYERS: Final = ("ann", "bob", "cy", "dee")
HEADERS: Final = {"Authorization": f"Bearer {KEY}"}


async def test_killed_between_corrections(data_dir: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    async with serving(data_dir) as server:
        await _play(server, rng)
        for _ in range(KILLS):
            correcting = asyncio.create_task(_correct(server, rng))
            await asyncio.sleep(rng.uniform(0.05, 1.5))  # the moment of the kill is what varies
            await server.kill()
            await asyncio.gather(correcting, return_exceptions=True)
            await server.start()
            await check_nothing_differs(server.dsn)
            await _check_projection(server)


async def _play(server: Server, rng: random.Random) -> None:
    events: list[dict[str, object]] = []
    for number in range(MATCHES):
        scores = {player: rng.randint(-4, 20) for player in rng.sample(PLAYERS, 3)}
        at = f"2026-01-{1 + number % 28:02}T12:00:00Z"
        head = {"match": f"m{number}", "at": at, "winner": min(scores, key=lambda player: scores[player])}
        events.append({**head, "type": "round_ended", "id": f"r{number}", "scores": scores})
        events.append({**head, "type": "game_ended", "id": f"g{number}", "totals": scores, "humans": 3})
    async with httpx.AsyncClient(base_url=server.url, headers=HEADERS) as http:
        answer = (await http.post("/v1/games/golf/events", json=events)).json()
        assert answer["accepted"] == len(events), answer


async def _correct(server: Server, rng: random.Random) -> None:
    """Voids and undoes until the server is no more."""
    path = "/v1/games/golf/corrections"
    async with httpx.AsyncClient(base_url=server.url, headers=HEADERS) as http:
        while True:
            asked = {"kind": "void", "match": f"m{rng.randrange(MATCHES)}", "reason": "a crash"}
            made = (await http.post(path, json=asked)).json()
            if rng.random() < 0.5:
                number = made["correction"]["correction"]
                await http.post(f"{path}/{number}/undo", json={"reason": "a crash"})


async def _check_projection(server: Server) -> None:
    """What is void is what the corrections in force say, and each has its fact."""
    connection = await open_connection(server.dsn)
    try:
        in_force = await connection.fetch("SELECT seq FROM kleos.corrections WHERE undone_seq IS NULL ORDER BY seq")
        voided = await connection.fetch("SELECT DISTINCT correction AS seq FROM kleos.voided ORDER BY 1")
        matches = await connection.fetch("SELECT correction AS seq FROM kleos.voided_matches ORDER BY 1")
        made = await connection.fetch("SELECT seq FROM kleos.events WHERE type = 'correction.made' ORDER BY seq")
        every = await connection.fetch("SELECT seq FROM kleos.corrections ORDER BY seq")
        assert in_force == voided == matches
        assert made == every
    finally:
        await connection.close()
