"""The demo: bots play, first weeks of history in a few seconds, then live, while the board is shown."""

import asyncio
import signal
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random

from rich.console import Console
from rich.live import Live

from kleos.client import AsyncKleos, KleosAPIError, KleosConnectionError
from kleos.demo.golf import ROUNDS_PER_GAME
from kleos.demo.play import Event, play_arcade_match, play_golf_match
from kleos.demo.roster import Bot, make_bots
from kleos.demo.scene import Badge, Scene
from kleos.demo.screen import addresses, plain_line, render

HISTORY = timedelta(days=21)
HISTORY_GOLF_GAMES = 450
HISTORY_ARCADE_RUNS = 900
EVENTS_PER_BATCH = 250
SHARE_OF_GOLF = 0.6
LIVE_ROUND_LENGTH = timedelta(seconds=1)
MOST_TABLES = 1_000
"""At which matches run at once: a server that is slow is not sent ever more."""
BOARD_EVERY_S = 1.0
SCREEN_EVERY_S = 0.25
LINE_EVERY_S = 3.0
PROFILES_AT_ONCE = 8
LEAVE_WITHIN_S = 5.0
"""For the answer to the last batch of history, when the bots are told to leave."""


async def run_demo(
    url: str,
    key: str,
    *,
    seed: int,
    matches_per_second: float = 3.0,
    duration_s: float | None = None,
    console: Console,
) -> Scene:
    """Let bots play against the server at ``url`` until SIGINT, or for ``duration_s``; ``console`` shows it.

    The games follow from ``seed``; their ids also from the time of the start, so that every run counts.
    Gives what was seen of it. Raises KleosAPIError when the server refuses (a wrong key, an unknown game).
    """
    async with AsyncKleos(url, key) as kleos:
        demo = _Demo(kleos, Scene(url.rstrip("/")), Random(seed), datetime.now(UTC))
        with _told_to_stop() as stop:
            await _until(stop, duration_s, demo.play(matches_per_second), demo.watch_board(), demo.show(console))
        console.print(
            f"The bots have left: {demo.scene.matches:,} matches, {demo.scene.events:,} events.",
            highlight=False,
        )
    return demo.scene


class _Demo:
    """The bots, what they have played, and what has been seen of it."""

    def __init__(self, kleos: AsyncKleos, scene: Scene, rng: Random, started_at: datetime) -> None:
        self.scene = scene
        self._kleos = kleos
        self._rng = rng
        self._bots = make_bots(rng)
        self._started_at = started_at
        self._run = f"{int(started_at.timestamp() * 1000):x}"
        self._numbered = 0

    async def play(self, matches_per_second: float) -> None:
        """Introduce the bots, play the past, then live for ever."""
        await self._introduce()
        await self._play_history()
        self.scene.phase = "live"
        due_s = time.monotonic()
        tables: set[asyncio.Task[None]] = set()
        try:
            while True:
                if len(tables) >= MOST_TABLES:
                    await asyncio.wait(tables, return_when=asyncio.FIRST_COMPLETED)
                tables.add(asyncio.create_task(self._play_live_match()))
                due_s = max(due_s + 1.0 / matches_per_second, time.monotonic() - 1.0)
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                for ended in [table for table in tables if table.done()]:
                    tables.remove(ended)
                    ended.result()
        finally:
            for table in tables:
                table.cancel()
            await asyncio.gather(*tables, return_exceptions=True)

    async def watch_board(self) -> None:
        """Look at the top of the board, again and again."""
        while True:
            try:
                page = await self._kleos.board("golf", "wins", limit=10)
            except KleosConnectionError:
                self.scene.trouble = "the server does not answer"
            else:
                self.scene.see_board(page.entries, page.total, time.monotonic())
            await asyncio.sleep(BOARD_EVERY_S)

    async def show(self, console: Console) -> None:
        """Draw the screen, or where there is none print a line now and then."""
        if not console.is_terminal:
            console.print("Open " + "  ".join(addresses(self.scene.url)), highlight=False, soft_wrap=True)
            while True:
                await asyncio.sleep(LINE_EVERY_S)
                line = plain_line(self.scene, time.monotonic())
                console.print(line, highlight=False, markup=False, soft_wrap=True)
        with Live(render(self.scene, time.monotonic()), console=console, auto_refresh=False) as live:
            while True:
                live.update(render(self.scene, time.monotonic()), refresh=True)
                await asyncio.sleep(SCREEN_EVERY_S)

    async def _introduce(self) -> None:
        """Tell the server who the bots are, and learn what the achievements are called."""
        self.scene.names = {bot.player: bot.name for bot in self._bots}
        at_once = asyncio.Semaphore(PROFILES_AT_ONCE)

        async def put(bot: Bot) -> None:
            async with at_once:
                await self._kleos.put_player(bot.player, name=bot.name, region=bot.region)

        await asyncio.gather(*(put(bot) for bot in self._bots))
        for game in ("golf", "arcade"):
            for known in await self._kleos.achievements(game):
                self.scene.badges[game, known.achievement] = Badge(known.title or known.achievement, known.icon)

    async def _play_history(self) -> None:
        """The past weeks, played now and reported in batches, nearly in the order of time.

        While a batch is on its way the next is played, so that the board fills from the first second on.
        """
        self.scene.phase = "playing the past weeks"
        for game, matches in (("golf", HISTORY_GOLF_GAMES), ("arcade", HISTORY_ARCADE_RUNS)):
            ends = sorted(self._started_at - HISTORY * self._rng.random() for _ in range(matches))
            events: list[Event] = []
            on_its_way: asyncio.Task[None] | None = None
            try:
                for ended_at in ends:
                    events += self._play(game, ended_at)
                    await asyncio.sleep(0)
                    if len(events) >= 2 * EVENTS_PER_BATCH or ended_at is ends[-1]:
                        events.sort(key=lambda event: str(event["at"]))  # matches overlap a little
                        count = len(events) if ended_at is ends[-1] else EVENTS_PER_BATCH
                        batch, events = events[:count], events[count:]
                        if on_its_way is not None:
                            await asyncio.shield(on_its_way)
                        on_its_way = asyncio.create_task(self._send_history(game, batch))
                if on_its_way is not None:
                    await asyncio.shield(on_its_way)
            finally:  # told to leave, too: what the server has taken is counted
                if on_its_way is not None:
                    await asyncio.wait_for(on_its_way, LEAVE_WITHIN_S)

    async def _send_history(self, game: str, events: list[Event]) -> None:
        await self._send(game, events, sum(event["type"] != "round_ended" for event in events))

    async def _play_live_match(self) -> None:
        """Report a match as it is played: each round when it ends, so that the match is seen running."""
        now, game = datetime.now(UTC), "golf" if self._rng.random() < SHARE_OF_GOLF else "arcade"
        ended_at = now + ROUNDS_PER_GAME * LIVE_ROUND_LENGTH if game == "golf" else now
        for event in self._play(game, ended_at, LIVE_ROUND_LENGTH):
            due = datetime.fromisoformat(str(event["at"]))
            await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
            await self._send_live(game, event)

    async def _send_live(self, game: str, event: Event) -> None:
        try:
            await self._send(game, [event], int(event["type"] != "round_ended"))
        except KleosConnectionError:
            self.scene.trouble = "the server does not answer"
        except KleosAPIError as error:
            if error.status != 503:
                raise
            self.scene.trouble = error.detail or error.title

    def _play(self, game: str, ended_at: datetime, round_length: timedelta | None = None) -> list[Event]:
        self._numbered += 1
        match = f"{game}-{self._run}-{self._numbered}"
        if game == "arcade":
            return play_arcade_match(match, self._bots, self._rng, at=ended_at)
        if round_length is None:
            return play_golf_match(match, self._bots, self._rng, ended_at=ended_at)
        return play_golf_match(match, self._bots, self._rng, ended_at=ended_at, round_length=round_length)

    async def _send(self, game: str, events: list[Event], matches: int) -> None:
        receipt = await self._kleos.send(game, events, effects=True)
        self.scene.see_receipt(game, receipt, matches, time.monotonic())


async def _until(stop: asyncio.Event, duration_s: float | None, *work: Coroutine[None, None, None]) -> None:
    """Run the work, which never ends, until ``stop`` or the time is up; raises what the work raises."""
    tasks = [asyncio.create_task(part) for part in work]
    stopped = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait({*tasks, stopped}, timeout=duration_s, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (*tasks, stopped):
            task.cancel()
        await asyncio.gather(*tasks, stopped, return_exceptions=True)


@contextmanager
def _told_to_stop() -> Iterator[asyncio.Event]:
    """An event that SIGINT sets; where signals cannot be had (not the main thread) nothing sets it."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.getsignal(signal.SIGINT)
    loop.add_signal_handler(signal.SIGINT, stop.set)
    try:
        yield stop
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)
