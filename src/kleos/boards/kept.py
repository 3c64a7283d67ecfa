"""What was found of moments of the past, kept until an event comes that is older than its moment."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class About:
    """What it is of: ``moment`` is the last that counts, in microseconds, ``rest`` whatever else makes it another."""

    game: str
    moment: int
    rest: tuple[Any, ...]


class Kept(Generic[Found]):
    """At most so many bytes, what was asked for last."""

    def __init__(self, most_bytes: int, size_of: Callable[[Found], int]) -> None:
        self._most_bytes = most_bytes
        self._size_of = size_of
        self._kept: OrderedDict[About, Found] = OrderedDict()
        self._latest: dict[str, int] = {}  # of a game, the latest moment of which anything may be kept
        self._watches: list[tuple[str, list[int]]] = []
        self.size_bytes = 0

    def get(self, about: About) -> Found | None:
        found = self._kept.get(about)
        if found is not None:
            self._kept.move_to_end(about)
        return found

    @contextmanager
    def watching(self, game: str) -> Iterator[Callable[[About, Found], None]]:
        """To find something in: keeps what is found, unless events came meanwhile that are older than its moment."""
        watch: tuple[str, list[int]] = (game, [])
        self._watches.append(watch)

        def keep(about: About, found: Found) -> None:
            if all(at > about.moment for at in watch[1]):
                self._keep(about, found)

        try:
            yield keep
        finally:
            self._watches = [each for each in self._watches if each is not watch]

    def arrived(self, game: str, earliest_at: int) -> None:
        """Events came, the earliest of that moment: what is known of later moments is forgotten."""
        for watched, arrivals in self._watches:
            if watched == game:
                arrivals.append(earliest_at)
        if self._latest.get(game, earliest_at - 1) < earliest_at:  # every commit asks
            return
        self._latest[game] = earliest_at - 1
        for about in [about for about in self._kept if about.game == game and about.moment >= earliest_at]:
            self._drop(about)

    def _keep(self, about: About, found: Found) -> None:
        if about in self._kept:
            self._drop(about)
        self._kept[about] = found
        self._latest[about.game] = max(about.moment, self._latest.get(about.game, about.moment))
        self.size_bytes += self._size_of(found)
        while self.size_bytes > self._most_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, about: About) -> None:
        self.size_bytes -= self._size_of(self._kept.pop(about))
