"""Corrections for ordinary code, as ``Kleos.moderation``. :class:`AsyncModeration` is the same for asyncio."""

from datetime import datetime
from typing import Protocol, TypeVar

from kleos.client import corrections
from kleos.client.calls import Call
from kleos.client.corrected import Correction, Corrections, Outcome, Quarantine

T = TypeVar("T")


class Send(Protocol):
    def __call__(self, call: Call[T]) -> T: ...


class Moderation:
    """Each correction is told with what it changes; with ``dry_run`` nothing changes.

    A correction whose answer was lost raises KleosConnectionError, and is not sent again: look whether it was made.
    """

    def __init__(self, call: Send) -> None:
        self._call = call

    def void(
        self,
        game: str,
        *,
        reason: str,
        event: str | None = None,
        match: str | None = None,
        player: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        dry_run: bool = False,
    ) -> Outcome:
        """Let an event (found sooner with its ``match``), a match, or the matches in which a player has an event from
        ``since`` up to ``until`` no longer count."""
        return self._call(corrections.void(game, reason, event, match, player, since, until, dry_run))

    def ban(
        self, player: str, *, reason: str, game: str | None = None, namespace: str | None = None, dry_run: bool = False
    ) -> Outcome:
        """Take a player off every board and count of a game, or of all games of a namespace."""
        return self._call(corrections.ban(player, reason, game, namespace, dry_run))

    def unban(
        self, player: str, *, reason: str, game: str | None = None, namespace: str | None = None, dry_run: bool = False
    ) -> Outcome:
        """End the ban in a game, or that from all."""
        return self._call(corrections.unban(player, reason, game, namespace, dry_run))

    def merge(self, game: str, player: str, into: str, *, reason: str, dry_run: bool = False) -> Outcome:
        """Let a player count as another, in every game that shares them with this one."""
        return self._call(corrections.merge(game, player, into, reason, dry_run))

    def undo(self, game: str, correction: int, *, reason: str, dry_run: bool = False) -> Outcome:
        """Undo a correction, by its number: everything is as if it had never been made."""
        return self._call(corrections.undo(game, correction, reason, dry_run))

    def accept(self, game: str, number: int, *, reason: str, dry_run: bool = False) -> Outcome:
        """Accept an event in quarantine, by its number there: it counts as if it had never been doubted."""
        return self._call(corrections.judge(game, number, "accept", reason, dry_run))

    def refuse(self, game: str, number: int, *, reason: str, dry_run: bool = False) -> Outcome:
        """Refuse an event in quarantine: it waits no more."""
        return self._call(corrections.judge(game, number, "refuse", reason, dry_run))

    def corrections(
        self,
        game: str,
        kind: str | None = None,
        player: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Corrections:
        """What was corrected in a game, the newest first."""
        return self._call(corrections.corrections(game, kind, player, limit, offset))

    def correction(self, game: str, number: int) -> Correction:
        """One correction: who made it, when and why, and whether it was undone."""
        return self._call(corrections.correction(game, number))

    def quarantine(
        self,
        game: str,
        status: str | None = None,
        reason: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Quarantine:
        """Events that failed a check, the newest first."""
        return self._call(corrections.quarantine(game, status, reason, limit, offset))
