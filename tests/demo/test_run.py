"""The demo against a real server that counts wins: it introduces, plays, shows, and ends when told to."""

import asyncio
import io
import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from kleos.client import KleosAPIError
from kleos.demo.play import Event
from kleos.demo.run import HISTORY_ARCADE_RUNS, HISTORY_GOLF_GAMES, run_demo
from tests.client.recording_server import Recorded, RecordingServer, serve

PATIENCE_S = 120.0
LIVE_MATCHES = 30


class Scores:
    """What a server would count of the bots' events; nothing but the wins."""

    def __init__(self) -> None:
        self.profiles: dict[str, dict[str, Any]] = {}
        self.events: dict[str, Event] = {}
        self.games: Counter[str] = Counter()
        self.wins: Counter[str] = Counter()

    @property
    def matches(self) -> int:
        return sum(event["type"] != "round_ended" for event in list(self.events.values()))

    def __call__(self, request: Recorded) -> Any:
        assert request.headers["authorization"] == "Bearer secret"
        match request.path.split("/")[2:]:
            case ["players", player]:
                self.profiles[player] = request.json
                return {"player": player}
            case ["games", _, "events"]:
                return self._take(request)
            case ["games", "golf", "boards", "wins"]:
                ranked = [(player, wins) for player, wins in self.wins.most_common() if self.games[player] >= 5]
                entries = [
                    {"rank": rank, "player": player, "value": wins, "values": {"win_rate": 50.0}}
                    for rank, (player, wins) in enumerate(ranked, start=1)
                ]
                return {
                    "board": "wins",
                    "total": len(entries),
                    "entries": entries[: int(request.query["limit"])],
                }
            case ["games", game, "achievements"]:
                titles = [{"achievement": "first_win", "title": "First Victory", "icon": "🏆"}]
                return {"achievements": titles if game == "golf" else []}
        raise AssertionError(f"the demo asked for {request.path}")

    def _take(self, request: Recorded) -> dict[str, Any]:
        awards = []
        for event in request.json:
            assert event["id"] not in self.events, "an id came twice"
            assert datetime.fromisoformat(event["at"]) <= datetime.now(UTC), "it has not happened yet"
            self.events[event["id"]] = event
            if event["type"] == "game_ended":
                self.games.update(player for player in event["totals"] if player not in event["cpus"])
                if event["winner"] not in event["cpus"]:
                    self.wins[event["winner"]] += 1
                    awards.append({"player": event["winner"], "achievement": "first_win"})
        return {"accepted": len(request.json), "awards": awards}


@pytest.fixture
def scores() -> Scores:
    return Scores()


@pytest.fixture
def server(scores: Scores) -> Iterator[RecordingServer]:
    with serve() as recording:
        recording.respond = scores
        yield recording


async def interrupt_when(is_reached: Callable[[], bool]) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not is_reached():
                await asyncio.sleep(0.02)
    finally:  # or else the demo would never end
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("is_terminal", [True, False])
async def test_bots_play_the_past_then_live_until_interrupted(
    server: RecordingServer, scores: Scores, is_terminal: bool
) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=is_terminal, width=130)
    history = HISTORY_GOLF_GAMES + HISTORY_ARCADE_RUNS
    before = signal.getsignal(signal.SIGINT)

    def is_reached() -> bool:
        return scores.matches >= history + LIVE_MATCHES and "golf wins: 1. " * (not is_terminal) in screen.getvalue()

    interrupting = asyncio.create_task(interrupt_when(is_reached))
    await run_demo(server.url, "secret", seed=1, matches_per_second=50, console=console)
    await interrupting

    assert signal.getsignal(signal.SIGINT) == before
    assert len(scores.profiles) == 60
    assert {profile["region"] for profile in scores.profiles.values()} == {"eu", "na", "apac"}
    leader = scores.wins.most_common(1)[0][0]
    text = screen.getvalue()
    assert scores.profiles[leader]["name"] in text
    assert "First Victory" in text
    assert f"{server.url}/g/golf/b/wins" in text
    assert f"{server.url}/docs" in text
    counted = re.search(r"have left: ([\d,]+) matches", text)
    assert counted is not None
    in_flight = scores.matches - int(counted[1].replace(",", ""))
    assert 0 <= in_flight <= LIVE_MATCHES, "what the server took and the demo was not told of, being interrupted"
    begun = {event["match"] for event in scores.events.values() if event["type"] == "round_ended"}
    ended = {event["match"] for event in scores.events.values() if event["type"] == "game_ended"}
    assert begun - ended, "matches run: their rounds are told as they are played"


async def test_the_games_follow_from_the_seed_and_their_ids_from_the_start(
    server: RecordingServer, scores: Scores
) -> None:
    def played() -> list[Any]:
        return [event["totals"] for event in list(scores.events.values()) if event["type"] == "game_ended"]

    totals = []
    for _ in range(2):
        already = len(played())
        history = len(scores.events) + 1

        def is_begun(history: int = history) -> bool:
            return len(scores.events) > history + 500

        interrupting = asyncio.create_task(interrupt_when(is_begun))
        await run_demo(server.url, "secret", seed=2, console=Console(file=io.StringIO()))
        await interrupting
        totals.append(played()[already : already + 20])
    assert totals[0] == totals[1]


async def test_it_ends_when_its_time_is_up(server: RecordingServer, scores: Scores) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await run_demo(server.url, "secret", seed=3, duration_s=0.5, console=Console(file=io.StringIO()))
    assert scores.profiles


async def test_a_refusal_ends_it_with_the_reason(server: RecordingServer) -> None:
    server.respond = None
    server.answer({"title": "Unauthorized", "detail": "the key is not known"}, status=401)
    with pytest.raises(KleosAPIError, match="the key is not known"):
        await run_demo(server.url, "secret", seed=4, console=Console(file=io.StringIO()))
