"""The client for ordinary code. :class:`kleos.client.AsyncKleos` is the same for asyncio."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from kleos.client import answers, calls
from kleos.client.calls import Call, Event
from kleos.client.event_ids import EventIds
from kleos.client.exchange import Exchange
from kleos.client.moderation import Moderation
from kleos.client.recorder import Recorder
from kleos.client.recording import RecorderSettings
from kleos.client.retry import RetryPolicy
from kleos.client.troubles import OnTrouble

T = TypeVar("T")


class Kleos:
    """A connection to a Kleos server; may be shared by threads. Close it, or use it as a context manager.

    ``key`` is needed for writing. Lost connections and answers of 429, 502, 503 and 504 are tried again by ``retry``.
    Every method raises KleosAPIError when the server refuses and KleosConnectionError when it cannot be reached.
    """

    def __init__(
        self, url: str, key: str | None = None, *, timeout_s: float = 30.0, retry: RetryPolicy | None = None
    ) -> None:
        self._url, self._key = url, key
        self._exchange = Exchange(key, retry or RetryPolicy(), Random())
        self._http = httpx.Client(base_url=url, headers=self._exchange.headers, timeout=timeout_s)
        self._ids = EventIds()
        self.moderation = Moderation(self._call)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def send(self, game: str, events: Event | Iterable[Event], *, effects: bool = False) -> answers.Receipt:
        """Report one event or up to 10,000; those without an id get one, so that sending again counts nothing
        twice.

        With ``effects`` the receipt tells the standings and awards that followed.
        """
        return self._call(calls.send(game, events, effects, self._ids))

    def recorder(
        self,
        game: str,
        spool: Path | str,
        *,
        settings: RecorderSettings | None = None,
        on_trouble: OnTrouble | None = None,
    ) -> Recorder:
        """What takes a game's events without waiting and sends them in the background, from a folder on disk.

        It has connections of its own, and is closed by itself.
        """
        return Recorder(self._url, self._key, game, spool, settings=settings, on_trouble=on_trouble)

    def games(self) -> tuple[answers.Game, ...]:
        """The games that the server knows."""
        return self._call(calls.games()).games

    def boards(self, game: str) -> tuple[answers.Board, ...]:
        """The boards of a game."""
        return self._call(calls.boards(game)).boards

    def board(
        self,
        game: str,
        board: str,
        window: str = "all",
        limit: int | None = None,
        offset: int | None = None,
        as_of: datetime | str | None = None,
        **partition: str,
    ) -> answers.BoardPage:
        """A page of a board, now or then; ``partition`` names the part, for instance ``region="eu"``."""
        return self._call(calls.board(game, board, window, limit, offset, as_of, partition))

    def standing(
        self,
        game: str,
        board: str,
        player: str,
        window: str = "all",
        as_of: datetime | str | None = None,
        **partition: str,
    ) -> answers.PlayerStanding:
        """One player's place on a board, now or at a moment of the past."""
        return self._call(calls.standing(game, board, player, window, as_of, partition))

    def around(
        self,
        game: str,
        board: str,
        player: str,
        span: int = 5,
        window: str = "all",
        as_of: datetime | str | None = None,
        **partition: str,
    ) -> answers.BoardPage:
        """A player with the ``span`` entries above and below."""
        return self._call(calls.around(game, board, player, span, window, as_of, partition))

    def rank_history(
        self,
        game: str,
        board: str,
        player: str,
        window: str | None = None,
        first: date | str | None = None,
        last: date | str | None = None,
        **partition: str,
    ) -> answers.RankHistory:
        """Where a player stood at the end of each day from ``first`` to ``last``; by default the last 30."""
        return self._call(calls.rank_history(game, board, player, window, first, last, partition))

    def explain_standing(
        self, game: str, board: str, player: str, window: str | None = None, **partition: str
    ) -> answers.RankExplanation:
        """Why a player stands where it does, or does not stand there."""
        return self._call(calls.explain_standing(game, board, player, window, partition))

    def explain_award(self, game: str, achievement: str, player: str) -> answers.AwardExplanation:
        """The event that earned a player an award, or how far it is."""
        return self._call(calls.explain_award(game, achievement, player))

    def lookup(
        self, game: str, board: str, players: Sequence[str], window: str = "all", **partition: str
    ) -> answers.BoardPage:
        """The places of several players."""
        return self._call(calls.lookup(game, board, players, window, partition))

    def sheet(
        self,
        game: str,
        sheet: str,
        window: str = "all",
        order: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        as_of: datetime | str | None = None,
        **key: str,
    ) -> answers.SheetPage:
        """Rows of a sheet; ``key`` narrows them, for instance ``player="ada"``."""
        return self._call(calls.sheet(game, sheet, window, order, limit, offset, as_of, key))

    def explain(
        self,
        game: str,
        sheet: str,
        column: str,
        window: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        as_of: datetime | str | None = None,
        **key: str,
    ) -> answers.Explanation:
        """The events behind a number; ``key`` is the row's whole key, for instance ``player="ada"``."""
        return self._call(calls.explain(game, sheet, column, window, limit, offset, as_of, key))

    def achievements(self, game: str) -> tuple[answers.Achievement, ...]:
        """The achievements of a game, with how many players have them."""
        return self._call(calls.achievements(game)).achievements

    def seasons(self, game: str) -> tuple[answers.Season, ...]:
        """The seasons of a game."""
        return self._call(calls.seasons(game)).seasons

    def matches(
        self,
        game: str,
        status: str | None = None,
        player: str | None = None,
        limit: int | None = None,
        before: str | None = None,
    ) -> answers.Matches:
        """Matches of a game, newest first, by status (``open`` or ``ended``) and player; ``before`` is the ``next`` of
        the page before.
        """
        return self._call(calls.matches(game, status, player, limit, before))

    def match(self, game: str, match: str) -> answers.Match:
        """One match."""
        return self._call(calls.match(game, match))

    def player(self, player: str) -> answers.Player:
        """A player's profile."""
        return self._call(calls.player(player))

    def player_stats(self, player: str) -> answers.PlayerStats:
        """A player's rows in every game."""
        return self._call(calls.player_stats(player))

    def player_achievements(self, player: str) -> answers.PlayerAchievements:
        """What a player has been awarded, and how far the rest is."""
        return self._call(calls.player_achievements(player))

    def player_matches(self, player: str, limit: int | None = None, before: str | None = None) -> answers.Matches:
        """The matches that a player was in."""
        return self._call(calls.player_matches(player, limit, before))

    def put_player(
        self,
        player: str,
        name: str | None = None,
        region: str | None = None,
        avatar: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> answers.Player:
        """Set parts of a player's profile; what is None stays as it is."""
        return self._call(calls.put_player(player, name, region, avatar, attributes))

    def _call(self, call: Call[T]) -> T:
        attempt = 1
        while True:
            try:
                response = self._http.request(
                    call.method,
                    call.path,
                    params=call.params,
                    content=call.body,
                    headers=self._exchange.request_headers(call),
                )
            except httpx.TransportError as failure:
                wait_s = self._exchange.wait_after_failure_s(attempt, call, failure)
            else:
                retry_s = self._exchange.wait_after_response_s(attempt, call, response)
                if retry_s is None:
                    return self._exchange.read(call, response)
                wait_s = retry_s
            time.sleep(wait_s)
            attempt += 1
