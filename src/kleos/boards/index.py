"""The rank index: one board, one window, one partition, in memory. Disposable; the database is the truth."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from sortedcontainers import SortedList

from kleos.boards.rankkey import VERSION_BYTES, Placed, RankKeys, version_bytes
from kleos.core.definition.model import Ties

# What one entry costs beside the bytes of its key and its id (CPython, 64 bits): the slots in the sorted list and in
# the map with their share of spare room, and the headers of the two objects.
_SLOT_BYTES: Final = 8 * 1.25 + 24 * 1.5
_OBJECT_BYTES: Final = 33 + 49 + 16
_AFTER_ALL: Final = b"\xff" * 9
"""Behind every key of the same prefix: 8 bytes of ``since``, then an id, whose UTF-8 has no such byte."""

# From one change among so many entries on, ordering all of them anew costs less than moving the changed ones singly.
_REORDERED_FROM: Final = 48
# So many changes at most wait for somebody who asks: he must not wait long.
_LOOSE_AT_MOST: Final = 20_000


class Entry(NamedTuple):
    """One line of a board: ``rank`` as the board counts, ``place`` from 1 without ties, and what the key says."""

    rank: int
    place: int
    placed: Placed


class RankIndex:
    """Order statistics over the rank keys of a board's standings, one for each external id.

    A changed key finds its place among the others when somebody next asks: under load many change between two
    questions, and many at once cost a fraction of what they cost singly.

    ``version`` rises with every change, for whoever keeps answers. The guard: of two keys of one id the one of the
    newer row version stays; a removed id's version is remembered (see :meth:`bury`), so that a stale key cannot bring
    it back.
    """

    __slots__ = (
        "_fresh_graves",
        "_loose",
        "_old_graves",
        "_ordered",
        "_payload_bytes",
        "_places",
        "codec",
        "ties",
        "version",
    )

    def __init__(self, codec: RankKeys, ties: Ties = "competition") -> None:
        self.codec = codec
        self.ties = ties
        self.version = 0
        self._places: dict[str, bytes] = {}
        self._ordered: SortedList[bytes] = SortedList()
        self._loose: dict[str, bytes | None] = {}  # ids whose key changed since, with the key that is ordered for them
        self._payload_bytes = 0
        self._fresh_graves: dict[str, bytes] = {}
        self._old_graves: dict[str, bytes] = {}

    def __contains__(self, id: str) -> bool:
        return id in self._places

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._keys)

    @property
    def total(self) -> int:
        return len(self._places)

    @property
    def size_bytes(self) -> int:
        """An estimate of the memory held, a little over the truth."""
        return int(self._payload_bytes + len(self._places) * (_SLOT_BYTES + _OBJECT_BYTES))

    @property
    def slots_bytes(self) -> int:
        """The same where another index holds the keys and the ids."""
        return int(len(self._places) * _SLOT_BYTES)

    def key(self, id: str) -> bytes | None:
        return self._places.get(id)

    def extend(self, ids: Sequence[str], keys: Sequence[bytes]) -> None:
        """Take in many at once, into an index that has not settled yet; fastest where the keys come in order."""
        self._places.update(zip(ids, keys, strict=True))
        self._payload_bytes += sum(map(len, keys)) + sum(map(len, ids))

    def settle(self) -> None:
        """After the last :meth:`extend`: put everything in order, once."""
        self._ordered = SortedList(self._places.values())
        self._loose.clear()
        self.version += 1

    def put(self, id: str, key: bytes) -> bool:
        """Set an id's key; False where what is known is as new or newer."""
        known = self._places.get(id)
        newness = key[-VERSION_BYTES:]
        if known is not None:
            if known[-VERSION_BYTES:] >= newness:
                return False
        elif self._grave(id) > newness:
            return False
        else:
            self._payload_bytes += len(key) + len(id)
        self._places[id] = key
        self._loosen(id, known)
        return True

    def remove(self, id: str, version: int) -> bool:
        """Take an id off because its row of ``version`` is no standing; False where what is known is newer."""
        newness = version_bytes(version)
        known = self._places.get(id)
        if known is not None and known[-VERSION_BYTES:] > newness:
            return False
        if known is None and self._grave(id) > newness:
            return False
        self._fresh_graves[id] = newness
        if known is not None:
            self.take(id)
        return True

    def take(self, id: str) -> bytes | None:
        """Take an id off without a grave: its row is as it was, it only stands elsewhere now."""
        known = self._places.pop(id, None)
        if known is not None:
            self._payload_bytes -= len(known) + len(id)
            self._loosen(id, known)
        return known

    def bury(self) -> None:
        """Forget the removals remembered at the call before this one; to be called seldom (say once a minute)."""
        self._old_graves = self._fresh_graves
        self._fresh_graves = {}

    def rank(self, id: str) -> int | None:
        """None where the id does not stand on the board."""
        key = self._places.get(id)
        if key is None:
            return None
        return 1 + self._keys.bisect_left(self._ranked_by(key))

    def standing(self, id: str) -> Entry | None:
        key = self._places.get(id)
        if key is None:
            return None
        place = 1 + self._keys.bisect_left(key)
        rank = place if self.ties == "ordinal" else 1 + self._keys.bisect_left(self._ranked_by(key))
        return Entry(rank, place, self.codec.decode(key))

    def page(self, offset: int, limit: int) -> list[Entry]:
        """The entries at places ``offset + 1`` to ``offset + limit``. Ranks run on across pages, inside a tie too."""
        decode = self.codec.decode
        entries: list[Entry] = []
        rank, prefix = 0, b""
        for place, key in enumerate(self._keys.islice(offset, offset + limit), offset + 1):
            ranked_by = self._ranked_by(key)
            if not entries:
                rank, prefix = 1 + self._keys.bisect_left(ranked_by), ranked_by
            elif ranked_by != prefix:
                rank, prefix = place, ranked_by
            entries.append(Entry(rank, place, decode(key)))
        return entries

    def around(self, id: str, span: int) -> list[Entry]:
        """The entry of an id with up to ``span`` on each side; empty where it does not stand on the board."""
        key = self._places.get(id)
        if key is None:
            return []
        place = self._keys.bisect_left(key)
        first = max(0, place - span)
        return self.page(first, place + span + 1 - first)

    def lookup(self, ids: Iterable[str]) -> list[Entry]:
        """The entries of those ids that stand on the board, in its order."""
        found = (self.standing(id) for id in dict.fromkeys(ids))
        return sorted((entry for entry in found if entry is not None), key=lambda entry: entry.place)

    def sharing(self, id: str) -> int:
        """How many share the rank of an id that stands on the board, itself included."""
        ranked_by = self._ranked_by(self._places[id])
        return self._keys.bisect_right(ranked_by + _AFTER_ALL) - self._keys.bisect_left(ranked_by)

    def passed(self, id: str, before: bytes | None, most: int) -> list[str]:
        """Of the ``most`` nearest behind an id, those that it did not stand before with the key ``before``."""
        key = self._places.get(id)
        if key is None or (before is not None and self._ranked_by(key) >= self._ranked_by(before)):
            return []
        place = self._keys.bisect_right(self._ranked_by(key) + _AFTER_ALL)
        near = self._keys.islice(place, place + most)
        last = None if before is None else self._ranked_by(before)
        return [self.codec.id_of(each) for each in near if last is None or self._ranked_by(each) <= last]

    def supposed(self, keys: Mapping[str, bytes | None]) -> dict[str, int | None]:
        """The ranks of these ids if these were their keys; None stands nowhere. Nothing is changed."""
        gone = sorted(key for id in keys if (key := self._places.get(id)) is not None)
        come = sorted(key for key in keys.values() if key is not None)
        ranks: dict[str, int | None] = dict.fromkeys(keys)
        for id, key in keys.items():
            if key is not None:
                least = self._ranked_by(key)
                before = self._keys.bisect_left(least) - bisect_left(gone, least)
                ranks[id] = 1 + before + bisect_left(come, least)
        return ranks

    def is_before(self, key: bytes | None, other: bytes | None) -> bool:
        """Whether who had ``key`` was ranked no worse than who had ``other``; None did not stand there."""
        if key is None or other is None:
            return key is not None
        return self._ranked_by(key) <= self._ranked_by(other)

    @property
    def _keys(self) -> SortedList[bytes]:
        """All keys, in order."""
        if self._loose:
            self._order()
        return self._ordered

    def _loosen(self, id: str, before: bytes | None) -> None:
        """An id has another key, or none any more, than ``before``."""
        self.version += 1
        self._loose.setdefault(id, before)
        if len(self._loose) > _LOOSE_AT_MOST:
            self._order()

    def _order(self) -> None:
        places, loose = self._places, self._loose
        self._loose = {}
        fresh = [places[id] for id in loose if id in places]
        if len(loose) * _REORDERED_FROM >= len(places):
            gone = set(loose.values())
            self._ordered = SortedList([key for key in self._ordered if key not in gone] + fresh)
            return
        for before in loose.values():
            if before is not None:
                self._ordered.remove(before)
        self._ordered.update(fresh)

    def _ranked_by(self, key: bytes) -> bytes:
        """What decides the rank: the columns alone, or the whole key where every standing has a rank of its own."""
        return key if self.ties == "ordinal" else key[: self.codec.prefix_bytes]

    def _grave(self, id: str) -> bytes:
        return self._fresh_graves.get(id) or self._old_graves.get(id) or b""
