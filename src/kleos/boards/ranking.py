"""A ranking: one board in one window, in memory, with an index for each of its partitions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import count
from typing import Any, Literal

from kleos.boards.compiled import Attributes, CompiledBoard, Partition, PartitionValue
from kleos.boards.index import RankIndex
from kleos.core.cells import Values
from kleos.core.windows import Window
from kleos.players.directory import Card

State = Literal["cold", "warming", "warm", "too large"]
_serials = count(1)


class Ranking:
    """Keeps every partition in step: the base (by key columns alone) decides by version, the others follow it.

    While it is warming, what happens is kept and taken in at the end, over the rows that were read. ``serial`` tells
    this ranking from an earlier one of the same board and window. ``hidden`` is the live set of ids that nobody sees:
    their standings are kept aside.
    """

    def __init__(
        self, board: CompiledBoard, window: Window, stamp: tuple[int, int], hidden: AbstractSet[str] = frozenset()
    ) -> None:
        self.board = board
        self.window = window
        self.stamp = stamp
        self.serial = next(_serials)
        self.state: State = "cold"
        self.last_read_at = 0
        self._hidden = hidden
        self._aside: dict[tuple[PartitionValue, ...], RankIndex] = {}
        self._base: dict[tuple[PartitionValue, ...], RankIndex] = {}
        self._parts: dict[Partition, RankIndex] = {}
        self._attributes: dict[str, Attributes] = {}
        self._interned: dict[Attributes, Attributes] = {}
        self._missed: list[tuple[str, Values | None, Attributes | None]] = []
        self._base_names = next((names for names in board.board.partitions if set(names) == set(board.key_names)), None)
        self._followers = tuple(names for names in board.board.partitions if names != self._base_names)

    @property
    def size_bytes(self) -> int:
        """An estimate; keys and ids are shared between the indexes."""
        base = sum(index.size_bytes for index in self._base.values())
        shared = sum(index.slots_bytes for index in self._parts.values())
        return base + shared + 64 * len(self._attributes)

    @property
    def total(self) -> int:
        """Standings of all partitions by key columns together."""
        return sum(index.total for index in self._base.values())

    @property
    def missed_rows(self) -> int:
        """What was committed while it warms, and waits to be taken in."""
        return len(self._missed)

    def index(self, partition: Partition) -> RankIndex:
        """The index of a partition; an empty one where nobody stands in it."""
        if partition.names == self._base_names:
            found = self._base.get(self._in_key_order(partition))
        else:
            found = self._parts.get(partition)
        return found if found is not None else RankIndex(self.board.codec, self.board.board.ties)

    def base_partition(self, row: Values) -> Partition | None:
        """The partition by key columns alone that a row is in; None where the board does not declare it."""
        if self._base_names is None:
            return None
        return Partition(self._base_names, tuple(row[name] for name in self._base_names))

    def change(self, row: Values, id: str, attributes: Attributes | None) -> None:
        """A row as some commit left it. ``attributes`` of a player not known here; None where nobody knows them."""
        if self.state == "warming":
            self._missed.append((id, row, attributes))
        elif self.state == "warm":
            self._change(row, id, attributes)

    def change_all(self, rows: Sequence[tuple[Values, str]], attributes_of: Callable[[str], Attributes | None]) -> None:
        """:meth:`change` for each in turn; many at once cost less, on a board that is not parted."""
        some_hidden = bool(self._hidden) and any(id in self._hidden for _, id in rows)
        if self.state != "warm" or self._followers or self._base_names != () or some_hidden:
            for row, id in rows:
                self.change(row, id, attributes_of(id))
            return
        base = self._base_index(())
        put, rank_key = base.put, self.board.rank_key
        for row, id in rows:
            key = rank_key(row, id)
            if key is not None:
                put(id, key)
            else:
                base.remove(id, row["version"])

    def move(self, id: str, attributes: Attributes) -> None:
        """A player's attributes are other ones now."""
        if self.state == "warming":
            self._missed.append((id, None, attributes))
        elif self.state == "warm":
            self._move(id, attributes)

    def settle(self, id: str) -> None:
        """A player was hidden or is shown again: their standings change sides."""
        if self.state != "warm":
            return  # :meth:`finish` does it
        is_hidden = id in self._hidden
        here, there = (self._base, self._aside) if is_hidden else (self._aside, self._base)
        for values, index in list(here.items()):
            key = index.take(id)
            if key is None or not self._index_in(there, values).put(id, key) or not self._followers:
                continue
            for part in self._parts_of(values, self._attributes[id]):
                part.take(id)
                if not is_hidden:
                    part.put(id, key)

    def supposed(self, rows: Sequence[tuple[Values, str]]) -> Iterator[tuple[Partition, str, int | None, int | None]]:
        """Where players would stand if their rows were these, by key columns alone: partition, player, rank before and
        after. Nothing is changed."""
        keys: dict[Partition, dict[str, bytes | None]] = {}
        for row, id in rows:
            partition = self.base_partition(row)
            if partition is not None and id not in self._hidden:
                keys.setdefault(partition, {})[id] = self.board.rank_key(row, id)
        for partition, mine in keys.items():
            index = self.index(partition)
            for id, rank in index.supposed(mine).items():
                yield partition, id, index.rank(id), rank

    def supposed_hidden(self, id: str, hidden: bool) -> Iterator[tuple[Partition, str, int | None, int | None]]:
        """As :meth:`supposed`, if a player were hidden, or shown again."""
        if self._base_names is None:
            return
        for values, index in (self._base if hidden else self._aside).items():
            key = index.key(id)
            if key is not None:
                named = dict(zip(self.board.key_names, values, strict=True))
                partition = Partition(self._base_names, tuple(named[name] for name in self._base_names))
                now = self.index(partition)
                yield partition, id, now.rank(id), now.supposed({id: None if hidden else key})[id]

    def delete(self, id: str) -> None:
        """A player is no more."""
        for index in (*self._base.values(), *self._aside.values(), *self._parts.values()):
            index.take(id)
        self._attributes.pop(id, None)

    def begin(self) -> None:
        """From here on nothing is missed: to be called before the rows are read."""
        self.state = "warming"
        self._aside = {}
        self._base, self._parts, self._attributes, self._missed = {}, {}, {}, []

    def extend(self, rows: Sequence[Any]) -> None:
        """Rows of :func:`kleos.boards.sql.every_standing`, in its order; none of a player and key twice."""
        encode = self.board.codec.encode
        since_at = 1 + len(self.board.by_names)
        keys_at = since_at + 2
        attributes_at = keys_at + len(self.board.key_names)
        ids = [row[0] for row in rows]
        keys = [encode(row[1:since_at], row[since_at], row[0], row[since_at + 1]) for row in rows]
        if not self.board.key_names and not self._followers:
            self._base_index(()).extend(ids, keys)
            return
        gathered: dict[RankIndex, tuple[list[str], list[bytes]]] = {}
        for id, key, row in zip(ids, keys, rows, strict=True):
            values = tuple(row[keys_at:attributes_at])
            parts = [self._base_index(values)]
            if self._followers:
                parts += self._parts_of(values, self._remember(id, tuple(row[attributes_at:])))
            for part in parts:
                of_part = gathered.setdefault(part, ([], []))
                of_part[0].append(id)
                of_part[1].append(key)
        for part, (its_ids, its_keys) in gathered.items():
            part.extend(its_ids, its_keys)

    def finish(self) -> None:
        """All rows are in: take in what was missed, and stand by. Raises UnknownAttributes as :meth:`change` does."""
        for index in (*self._base.values(), *self._parts.values()):
            index.settle()
        missed, self._missed = self._missed, []
        self.state = "warm"
        for id in self._hidden:
            self.settle(id)  # before what was missed: a newer row of theirs would find them on the other side
        for id, row, attributes in missed:
            if row is not None:
                self._change(row, id, attributes)
            elif attributes is not None:
                self._move(id, attributes)

    def fail(self, state: Literal["cold", "too large"]) -> None:
        self.state = state
        self._aside = {}
        self._base, self._parts, self._attributes, self._missed = {}, {}, {}, []

    def bury(self) -> None:
        for index in (*self._base.values(), *self._aside.values()):
            index.bury()

    def _change(self, row: Values, id: str, given: Attributes | None) -> None:
        values = self.board.key_values(row)
        is_hidden = id in self._hidden
        base = self._index_in(self._aside, values) if is_hidden else self._base_index(values)
        key = self.board.rank_key(row, id)
        if key is None:
            if base.remove(id, row["version"]) and self._followers and id in self._attributes and not is_hidden:
                for part in self._parts_of(values, self._attributes[id]):
                    part.take(id)
            return
        if not base.put(id, key) or not self._followers:
            return
        attributes = self._attributes_of(id, given)
        if is_hidden:
            return
        for part in self._parts_of(values, attributes):
            part.take(id)
            part.put(id, key)

    def _move(self, id: str, attributes: Attributes) -> None:
        before = self._attributes.get(id)
        if before is None or before == attributes:
            return
        after = self._remember(id, attributes)
        for values, base in self._base.items():
            key = base.key(id)
            if key is None:
                continue
            for part in self._parts_of(values, before):
                part.take(id)
            for part in self._parts_of(values, after):
                part.put(id, key)

    def _attributes_of(self, id: str, given: Attributes | None) -> Attributes:
        """What is remembered wins over what is given: only :meth:`move` may change it."""
        known = self._attributes.get(id)
        if known is not None:
            return known
        if given is None:
            raise UnknownAttributes(id)
        return self._remember(id, given)

    def _remember(self, id: str, attributes: Attributes) -> Attributes:
        attributes = self._interned.setdefault(attributes, attributes)
        self._attributes[id] = attributes
        return attributes

    def _base_index(self, values: tuple[PartitionValue, ...]) -> RankIndex:
        return self._index_in(self._base, values)

    def _index_in(
        self, indexes: dict[tuple[PartitionValue, ...], RankIndex], values: tuple[PartitionValue, ...]
    ) -> RankIndex:
        found = indexes.get(values)
        if found is None:
            found = indexes[values] = RankIndex(self.board.codec, self.board.board.ties)
        return found

    def _parts_of(self, values: tuple[PartitionValue, ...], attributes: Attributes) -> Iterator[RankIndex]:
        """The indexes besides the base where a row of these key values stands, of a player with these attributes."""
        known: Mapping[str, PartitionValue | None] = {
            **dict(zip(self.board.key_names, values, strict=True)),
            **dict(zip(self.board.attribute_names, attributes, strict=True)),
        }
        for names in self._followers:
            parts = tuple(value for name in names if (value := known[name]) is not None)
            if len(parts) == len(names):
                partition = Partition(names, parts)
                found = self._parts.get(partition)
                if found is None:
                    found = self._parts[partition] = RankIndex(self.board.codec, self.board.board.ties)
                yield found

    def _in_key_order(self, partition: Partition) -> tuple[PartitionValue, ...]:
        given = partition.as_given()
        return tuple(given[name] for name in self.board.key_names)


class UnknownAttributes(Exception):
    """A row came of a player whose attributes nobody knows: the ranking has to be read anew."""


def attributes_of(board: CompiledBoard, card: Card) -> Attributes:
    return tuple(card.attribute(name) for name in board.attribute_names)
