"""The event types of a definition and the records that their fields use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kleos.core.definition.model import EventType, Presentation
from kleos.core.definition.names import ENVELOPE, check_name, check_word, titled
from kleos.core.definition.scopes import Scope, error_message
from kleos.core.definition.tables import Table
from kleos.core.errors import ExpressionError
from kleos.core.types import DEEPEST_TYPE, Field, RecordOf, Scalar, Type, parse_field

ENVELOPE_TYPES: Mapping[str, Type] = {"id": Scalar("str"), "match": Scalar("str"), "at": Scalar("time")}
"""What every event carries, and its expressions may use."""

MOST_VALUES_IN_RECORDS: Final = 500
"""Of one event: records multiply, and each of their values costs as much as one that is written out."""
MOST_VALUES_IN_ALL: Final = 5_000
"""In the records of all events together."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(slots=True)
class Events:
    """Event types as far as they could be read, and by name what the expressions over each may use."""

    types: dict[str, EventType] = field(default_factory=dict)
    scopes: dict[str, Scope] = field(default_factory=dict)


def read_events(game: Table) -> Events:
    records = _Records(game.tables("types"))
    records.read_all()
    events = Events()
    in_all = 0
    for name, table in game.tables("events").items():
        check_name(name, "an event type", table.path, "", table.problems)
        fields, broken = records.fields(table)
        in_records = records.values_in(table)
        in_all += in_records
        if in_records > MOST_VALUES_IN_RECORDS:
            table.problem("", f"holds {in_records} values in its records", f"at most {MOST_VALUES_IN_RECORDS}")
        elif in_all > MOST_VALUES_IN_ALL >= in_all - in_records:
            mend = f"at most {MOST_VALUES_IN_ALL} in the records of all events together"
            table.problem("", f"is one event with records too many: with those before it, {in_all} values", mend)
        for key in ENVELOPE:
            if fields.pop(key, None) is not None:
                table.problem(key, "belongs to every event", "no declaration: every event has id, type, match and at")
        events.types[name] = EventType(name, fields, Presentation(title=titled(name)))
        types = {**{key: item.type for key, item in fields.items()}, **ENVELOPE_TYPES}
        events.scopes[name] = Scope(types, frozenset(broken))
    return events


class _Records:
    """The named records, read in whatever order they refer to each other."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = tables
        self.known: dict[str, RecordOf] = {}
        self.broken: set[str] = set()
        self.depths: dict[str, int] = {}
        self.values: dict[str, int] = {}

    def read_all(self) -> None:
        for name, table in self.tables.items():
            check_word(name, "a record", table.path, "", table.problems)
            self._read(name, ())

    def _read(self, name: str, trail: tuple[str, ...]) -> None:
        if name in self.known or name in self.broken:
            return
        fields, broken = self.fields(self.tables[name], (*trail, name))
        if broken:
            self.broken.add(name)
        else:
            self.known[name] = RecordOf(name, fields)
            used = [word for text in self.tables[name].entries.values() for word in self._used(text)]
            self.depths[name] = 1 + max((self.depths[word] for word in used), default=0)
            self.values[name] = len(fields) + sum(self.values[word] for word in used)

    def values_in(self, table: Table) -> int:
        """How many values lie in the records that a table's fields name."""
        used = [word for text in table.entries.values() for word in self._used(text)]
        return sum(self.values.get(word, 0) for word in used)

    def fields(self, table: Table, trail: tuple[str, ...] = ()) -> tuple[dict[str, Field], set[str]]:
        """The fields that a table declares, and the names of those that it declares wrongly."""
        fields: dict[str, Field] = {}
        broken = set(table.broken)
        for name, text in table.entries.items():
            read = self._field(table, name, text, trail)
            if read is None:
                broken.add(name)
            else:
                fields[name] = read
        return fields, broken

    def _field(self, table: Table, name: str, text: str, trail: tuple[str, ...]) -> Field | None:
        if not check_word(name, "a field", table.path, name, table.problems):
            return None
        used = self._used(text)
        for word in used:
            if word in trail:
                table.problem(name, f"makes the record {word!r} contain itself", "the id of the inner one instead")
                return None
            self._read(word, trail)
        if not self.broken.isdisjoint(used):
            return None
        if any(self.depths[word] >= DEEPEST_TYPE for word in used):
            table.problem(name, "nests records too deeply", f"records at most {DEEPEST_TYPE} deep")
            return None
        held = sum(self.values[word] for word in used)
        if held > MOST_VALUES_IN_RECORDS:
            table.problem(name, f"holds {held} values in records of records", f"at most {MOST_VALUES_IN_RECORDS}")
            return None
        try:
            type_, default = parse_field(text, self.known)
        except ExpressionError as error:
            table.problem(name, error_message(error), error.mend)
            return None
        return Field(name, type_, default)

    def _used(self, text: str) -> list[str]:
        """The records that a field names in its type."""
        return [word for word in _WORD.findall(text.partition("=")[0]) if word in self.tables]
