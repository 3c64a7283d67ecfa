"""Players at work: events of two games over several connections, and a ledger of what the server acknowledged."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from kleos.boards import sql as boards_sql
from kleos.boards.compiled import CompiledBoard, Partition
from kleos.core.windows import from_datetime
from kleos.engine.catalog import read_games
from kleos.engine.seasons import SEASON_FACT
from kleos.server.errors import PROBLEM_JSON
from kleos.sheets.verify import snapshot, verify_game, verify_players
from kleos.store.pool import open_connection

KEY: Final = "kleos_the-key-of-the-crash-tests"
HEADERS: Final = {"Authorization": f"Bearer {KEY}"}
GAMES: Final = ("golf", "arcade")
MODES: Final = ("classic", "ranked", "timed")
LOOK_AGAIN_S: Final = 0.02

LOGGED: Final = "SELECT id FROM kleos.events WHERE game = $1 AND type <> $2"

Event = dict[str, Any]


async def until(condition: Callable[[], bool], what: str, within_s: float = 180.0) -> None:
    deadline = asyncio.get_running_loop().time() + within_s
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"waited {within_s} s in vain: {what}"
        await asyncio.sleep(LOOK_AGAIN_S)


@dataclass(slots=True)
class Ledger:
    """What was sent, and which of it the server said it has. ``refused`` are the details of the 503s."""

    rng: random.Random
    sent: dict[str, dict[str, Event]] = field(default_factory=lambda: {game: {} for game in GAMES})
    acknowledged: dict[str, set[str]] = field(default_factory=lambda: {game: set() for game in GAMES})
    refused: list[str] = field(default_factory=list)
    cut_off: int = 0

    @property
    def answered(self) -> int:
        return sum(map(len, self.acknowledged.values()))

    def batch(self, game: str) -> list[Event]:
        """Some new events: a few now, a few late, of players that meet again and again."""
        events = [self._golf() if game == "golf" else self._arcade() for _ in range(self.rng.randint(1, 8))]
        self.sent[game].update((event["id"], event) for event in events)
        return events

    def _envelope(self, game: str, type_: str) -> Event:
        rng, number = self.rng, len(self.sent[game])
        late = timedelta(days=rng.randint(1, 40)) if rng.random() < 0.1 else timedelta()
        at = datetime.now(UTC) - late - timedelta(seconds=rng.randint(0, 600))
        return {"id": f"{game}-{number}-{rng.getrandbits(40):x}", "type": type_, "at": at.isoformat()}

    def _golf(self) -> Event:
        players = self.rng.sample([f"g{n}" for n in range(120)], 4)
        scores = {player: self.rng.randint(-4, 40) for player in players}
        match = f"m{self.rng.randint(0, 200)}"
        winner = min(scores, key=lambda player: scores[player])
        if self.rng.random() < 0.6:
            event = self._envelope("golf", "round_ended")
            return {**event, "match": match, "scores": scores, "winner": winner}
        event = self._envelope("golf", "game_ended")
        return {**event, "match": match, "totals": scores, "winner": winner, "humans": 4}

    def _arcade(self) -> Event:
        return {
            **self._envelope("arcade", "score_submitted"),
            "player": f"a{self.rng.randint(0, 40)}",
            "score": self.rng.randint(1, 100_000) / 100,
            "multiplier": self.rng.choice([1.0, 1.5, 2.0]),
            "game_mode": self.rng.choice(MODES),
        }

    async def send(self, http: httpx.AsyncClient, game: str, events: list[Event]) -> dict[str, Any] | None:
        """The receipt; None where there was none, or a refusal, which must be a clear one."""
        try:
            response = await http.post(f"/v1/games/{game}/events", json=events, headers=HEADERS)
        except httpx.TransportError:
            self.cut_off += 1
            return None
        if response.status_code != 200:
            self.refused.append(detail_of_503(response))
            return None
        receipt: dict[str, Any] = response.json()
        assert receipt["accepted"] + receipt["duplicates"] == len(events), receipt
        self.acknowledged[game].update(event["id"] for event in events)
        return receipt


def detail_of_503(response: httpx.Response) -> str:
    assert response.status_code == 503, f"{response.request.url} gave {response.status_code}: {response.text}"
    assert response.headers["content-type"] == PROBLEM_JSON
    assert int(response.headers["retry-after"]) >= 1
    said = response.json()
    assert said["type"] == "urn:kleos:problem:unavailable"
    return str(said["detail"])


@asynccontextmanager
async def loading(url: str, ledger: Ledger, connections: int = 4) -> Any:
    """While the block runs, each connection sends one batch after another; most of those refused are sent again."""
    stopping = asyncio.Event()

    async def work(game: str) -> None:
        async with httpx.AsyncClient(base_url=url, timeout=30) as http:
            batch = ledger.batch(game)
            while not stopping.is_set():
                if await ledger.send(http, game, batch) is not None or ledger.rng.random() < 0.2:
                    batch = ledger.batch(game)
                else:
                    await asyncio.sleep(LOOK_AGAIN_S)

    workers = [asyncio.create_task(work(GAMES[n % len(GAMES)])) for n in range(connections)]
    try:
        yield workers
    finally:
        stopping.set()
        await asyncio.gather(*workers)


async def send_everything_again(url: str, ledger: Ledger) -> None:
    """All that was ever sent, in any order; what was acknowledged must be nothing new."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        for game in GAMES:
            known = set(ledger.acknowledged[game])
            events = list(ledger.sent[game].values())
            ledger.rng.shuffle(events)
            for start in range(0, len(events), 200):
                some = events[start : start + 200]
                receipt = await ledger.send(http, game, some)
                assert receipt is not None, ledger.refused[-1:]
                assert receipt["duplicates"] >= sum(event["id"] in known for event in some)


async def check_log(dsn: str, ledger: Ledger) -> None:
    """Every acknowledged event is in the log, none is there twice, and none that was never sent."""
    connection = await open_connection(dsn)
    try:
        for game in GAMES:
            rows = await connection.fetch(LOGGED, game, SEASON_FACT)
            logged = Counter(row["id"] for row in rows)
            assert not ledger.acknowledged[game] - logged.keys(), f"acknowledged events of {game} are lost"
            assert set(logged.values()) <= {1}, f"events of {game} are in the log more than once"
            assert logged.keys() <= ledger.sent[game].keys()
    finally:
        await connection.close()


async def check_nothing_differs(dsn: str) -> None:
    """`kleos verify` for every game and profile."""
    connection = await open_connection(dsn)
    try:
        async with snapshot(connection):
            verdicts = [await verify_game(connection, game) for game in GAMES]
            verdicts.append(await verify_players(connection))
        assert [verdict.differences for verdict in verdicts] == [[], [], []]
    finally:
        await connection.close()


async def check_totals(url: str, ledger: Ledger) -> None:
    """Everything sent is counted once, counted here by other means."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        golf = await _career(http, "golf")
        arcade = await _career(http, "arcade")
    assert golf == _golf_totals(ledger.sent["golf"].values())
    assert arcade == _arcade_totals(ledger.sent["arcade"].values())


async def _career(http: httpx.AsyncClient, game: str) -> dict[str, tuple[Any, ...]]:
    columns = {
        "golf": ("rounds_played", "total_points", "rounds_won", "games_played", "games_won"),
        "arcade": ("games_played", "total_score", "best_score"),
    }[game]
    answer = (await http.get(f"/v1/games/{game}/sheets/career", params={"limit": 1000})).json()
    return {row["key"]["player"]: tuple(row["values"][name] for name in columns) for row in answer["rows"]}


def _golf_totals(events: Iterable[Event]) -> dict[str, tuple[Any, ...]]:
    totals: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    for event in events:
        is_round = event["type"] == "round_ended"
        for player, points in event["scores" if is_round else "totals"].items():
            mine, won = totals[player], player == event["winner"]
            if is_round:
                mine[0] += 1
                mine[1] += points
                mine[2] += won
            else:
                mine[3] += 1
                mine[4] += won
    return {player: tuple(mine) for player, mine in totals.items()}


def _arcade_totals(events: Iterable[Event]) -> dict[str, tuple[Any, ...]]:
    runs: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        runs[event["player"]].append(event)
    return {
        player: (
            len(mine),
            sum(round(event["score"] * event["multiplier"] * 1_000_000) for event in mine) / 1_000_000,
            max(event["score"] for event in mine),
        )
        for player, mine in runs.items()
    }


async def until_ready(http: httpx.AsyncClient, within_s: float = 180.0) -> None:
    deadline = asyncio.get_running_loop().time() + within_s
    said = "nothing"
    while True:
        try:
            response = await http.get("/ready")
            said = response.text
            if response.status_code == 200:
                return
        except httpx.TransportError as error:
            said = repr(error)
        assert asyncio.get_running_loop().time() < deadline, f"not ready after {within_s} s: {said}"
        await asyncio.sleep(LOOK_AGAIN_S)


async def check_ranks(url: str, dsn: str) -> None:
    """What boards answer over HTTP, from memory, is what their rows say in SQL."""
    connection = await open_connection(dsn)
    now = from_datetime(datetime.now(UTC))
    try:
        async with httpx.AsyncClient(base_url=url, timeout=30) as http:
            await until_ready(http)
            for game in (await read_games(connection))[0]:
                for board in game.definition.boards.values():
                    for kind in ("all", "month", "week"):
                        if () not in board.partitions or kind not in game.definition.sheets[board.sheet].windows:
                            continue
                        compiled = CompiledBoard(game.definition, board)
                        scope = boards_sql.Scope(compiled, game.calendar.named(kind, now), False, Partition((), ()))
                        statement = boards_sql.page(scope, 0, 1000)
                        rows = await connection.fetch(statement.text, *statement.arguments)
                        expected = [(row["rank"], row["id"], row["by_0"]) for row in rows if row["rank"] is not None]
                        path = f"/v1/games/{game.name}/boards/{board.name}"
                        page = (await http.get(path, params={"window": kind, "limit": 1000})).json()
                        found = [(line["rank"], line["player"], line["value"]) for line in page["entries"]]
                        assert found == expected, f"{path} {kind}"
    finally:
        await connection.close()


async def check_everything(url: str, dsn: str, ledger: Ledger) -> None:
    """After a fall: nothing acknowledged is lost; all of it may be sent again; then everything is counted once."""
    await check_ranks(url, dsn)
    await check_log(dsn, ledger)
    await send_everything_again(url, ledger)
    await check_log(dsn, ledger)
    await check_totals(url, ledger)
    await check_ranks(url, dsn)
    await check_nothing_differs(dsn)
