"""Windows of time: which span of a game's calendar a moment falls into, and what the span is called.

Bounds are computed here and nowhere else, in the game's time zone; everything downstream compares integers. Times are
microseconds since the Unix epoch, UTC. A span holds its start and not its end.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from kleos.core.definition.model import WINDOW_KINDS, WindowKind
from kleos.core.errors import BadInput, NotFound

EARLIEST_AT: Final = -62_104_060_800_000_000
"""0002-01-01: the first moment an event may have, so that every zone's calendar can name its day."""
LATEST_AT: Final = 253_370_764_800_000_000
"""9999-01-01, likewise."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")


def to_datetime(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)


def to_datetime_or_none(microseconds: int | None) -> datetime | None:
    """For what may not have happened yet."""
    return None if microseconds is None else to_datetime(microseconds)


def from_datetime(moment: datetime) -> int:
    """``moment`` must carry its zone."""
    return (moment - _EPOCH) // _MICROSECOND


def iso(at: int) -> str:
    """ISO 8601 UTC, with the microseconds where there are any."""
    second, rest_us = divmod(at, 1_000_000)
    return f"{_iso_of_second(second)}.{rest_us:06d}Z" if rest_us else f"{_iso_of_second(second)}Z"


@lru_cache(maxsize=16_384)
def _iso_of_second(second: int) -> str:
    return to_datetime(second * 1_000_000).replace(tzinfo=None).isoformat()


@dataclass(frozen=True, slots=True)
class Window:
    """``start`` and ``end`` are None for the window ``all``."""

    name: str
    kind: WindowKind
    start: int | None
    end: int | None

    def holds(self, at: int) -> bool:
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)

    def is_closed(self, now: int) -> bool:
        return self.end is not None and self.end <= now


ALL = Window("all", "all", None, None)


@dataclass(frozen=True, slots=True)
class Season:
    name: str
    title: str
    start: int
    end: int


class Calendar:
    """The windows of one game. Immutable but for a cache of the spans last asked for."""

    def __init__(self, timezone: str, seasons: Iterable[Season] = ()) -> None:
        self.timezone = timezone
        self.seasons: tuple[Season, ...] = tuple(sorted(seasons, key=lambda season: season.start))
        self._zone = ZoneInfo(timezone)
        self._recent: dict[WindowKind, Window] = {}

    def window(self, kind: WindowKind, at: int) -> Window | None:
        """The window of this kind that holds ``at``; None where no season does."""
        if kind == "all":
            return ALL
        recent = self._recent.get(kind)
        if recent is not None and recent.start <= at < recent.end:  # type: ignore[operator]
            return recent
        found = self._season(at) if kind == "season" else self._holding(kind, at)
        if found is not None:
            self._recent[kind] = found
        return found

    def names(self, kinds: Sequence[WindowKind], at: int) -> tuple[str, ...]:
        """The names of the windows of these kinds that hold ``at``."""
        windows = (self.window(kind, at) for kind in kinds)
        return tuple(window.name for window in windows if window is not None)

    def named(self, name: str, now: int) -> Window:
        """The window that a caller means: a kind (the one open now) or a name such as ``2026-W07``.

        Raises NotFound for a season that does not exist or none that is open, BadInput for what is no window at all.
        """
        if name in WINDOW_KINDS:
            window = self.window(name, now)
            if window is None:
                raise NotFound("window", "season (none is open now)", [season.name for season in self.seasons])
            return window
        return self._calendar_window(name) or self._season_named(name)

    def kind_of(self, name: str) -> WindowKind:
        """The kind of a window by the form of its name alone."""
        if name == "all":
            return "all"
        if _DAY.fullmatch(name):
            return "day"
        if _WEEK.fullmatch(name):
            return "week"
        return "month" if _MONTH.fullmatch(name) else "season"

    def _holding(self, kind: WindowKind, at: int) -> Window:
        """Where the clocks go back over midnight, what follows the first midnight belongs to the new day."""
        found = self._span(kind, at)
        return found if found.holds(at) or found.end is None else self._span(kind, found.end)

    def _span(self, kind: WindowKind, at: int) -> Window:
        local = to_datetime(at).astimezone(self._zone)
        if kind == "day":
            return self._day(local.year, local.month, local.day)
        if kind == "week":
            year, week, _ = local.isocalendar()
            return self._week(year, week)
        return self._month(local.year, local.month)

    def _day(self, year: int, month: int, day: int) -> Window:
        start = datetime(year, month, day)
        return self._between(f"{year:04d}-{month:02d}-{day:02d}", "day", start, start + timedelta(days=1))

    def _week(self, year: int, week: int) -> Window:
        start = datetime.fromisocalendar(year, week, 1)
        return self._between(f"{year:04d}-W{week:02d}", "week", start, start + timedelta(days=7))

    def _month(self, year: int, month: int) -> Window:
        start = datetime(year, month, 1)
        end = datetime(year + month // 12, month % 12 + 1, 1)
        return self._between(f"{year:04d}-{month:02d}", "month", start, end)

    def _between(self, name: str, kind: WindowKind, start: datetime, end: datetime) -> Window:
        bounds = (from_datetime(moment.replace(tzinfo=self._zone)) for moment in (start, end))
        return Window(name, kind, *bounds)

    def _season(self, at: int) -> Window | None:
        for season in self.seasons:
            if season.start <= at < season.end:
                return Window(season.name, "season", season.start, season.end)
        return None

    def _season_named(self, name: str) -> Window:
        for season in self.seasons:
            if season.name == name:
                return Window(season.name, "season", season.start, season.end)
        raise NotFound("window", name, [*WINDOW_KINDS, *(season.name for season in self.seasons)])

    def _calendar_window(self, name: str) -> Window | None:
        try:
            if found := _DAY.fullmatch(name):
                return self._day(*map(int, found.groups()))
            if found := _WEEK.fullmatch(name):
                return self._week(*map(int, found.groups()))
            if found := _MONTH.fullmatch(name):
                return self._month(*map(int, found.groups()))
        except (ValueError, OverflowError):
            raise BadInput(f"{name!r} is no day, week or month of the calendar", "window") from None
        return None
