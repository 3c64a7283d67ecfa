"""Pages of warm boards as the API answers them, kept until a standing or a profile changes."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from kleos.boards.compiled import Partition

KEPT_BYTES: Final = 32 * 1024 * 1024

Place = tuple[int, Partition, int, int]
"""The ranking's serial, the partition, offset and limit."""


@dataclass(frozen=True, slots=True)
class _Kept:
    state: tuple[int, int]
    body: bytes


class KeptPages:
    """Each is good for as long as its ``state`` is the same: the index's version and how often profiles changed.

    The least recently asked for go first. ``found`` and ``made`` count for whoever watches the server.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Place, _Kept] = OrderedDict()
        self.size_bytes = 0
        self.found = 0
        self.made = 0

    def get(self, place: Place, state: tuple[int, int]) -> bytes | None:
        kept = self._kept.get(place)
        if kept is None or kept.state != state:
            self.made += 1
            return None
        self._kept.move_to_end(place)
        self.found += 1
        return kept.body

    def keep(self, place: Place, state: tuple[int, int], body: bytes) -> None:
        """``state`` is that of before the page was made."""
        before = self._kept.pop(place, None)
        self.size_bytes += len(body) - (len(before.body) if before is not None else 0)
        self._kept[place] = _Kept(state, body)
        while self.size_bytes > KEPT_BYTES and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self.size_bytes -= len(dropped.body)
