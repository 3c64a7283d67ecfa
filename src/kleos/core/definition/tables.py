"""The structure of a definition's file: TOML text to tables whose keys are known and whose values have their form.

What a table does not hold, or holds in the wrong form, reads as absent; ``broken`` names the latter.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kleos.core.definition.keys import LONGEST_TEXT, TABLES, Key, TableForm
from kleos.core.definition.problems import Problems, did_you_mean, shown

LARGEST_FILE_BYTES: Final = 256 * 1024
LONGEST_LINE: Final = 4096
MOST_KEY_DOTS: Final = 32
MOST_DOTS: Final = 200

_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_TYPE_NAMES: Final = {
    str: "a text",
    bool: "a flag",
    int: "a number",
    float: "a float",
    list: "a list",
    dict: "a table",
}
_WANTED: Final = {
    "text": (str, 'a text in quotes, "…"'),
    "whole": (int, "a whole number"),
    "flag": (bool, "true or false"),
    "texts": (list, 'a list of texts, ["…", "…"]'),
    "partitions": (list, 'a list of lists of texts, [[], ["region"]]'),
    "table": (dict, "a table"),
    "tables": (dict, "tables by name"),
    "list": (list, "an array of tables, [[…]]"),
}


@dataclass(slots=True)
class Table:
    """One table of the file, at ``path``; ``entries`` are the keys that its author named, and their texts."""

    path: str
    form: TableForm
    problems: Problems
    values: dict[str, Any] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def text(self, key: str, default: str = "") -> str:
        value: str = self.values.get(key, default)
        return value

    def whole(self, key: str) -> int | None:
        value: int | None = self.values.get(key)
        return value

    def flag(self, key: str) -> bool:
        return bool(self.values.get(key, False))

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(self.values.get(key, ()))

    def lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(item) for item in self.values.get(key, ()))

    def table(self, key: str) -> "Table | None":
        found: Table | None = self.values.get(key)
        return found

    def tables(self, key: str) -> "Mapping[str, Table]":
        found: dict[str, Table] = self.values.get(key, {})
        return found

    def list(self, key: str) -> "tuple[Table, ...]":
        return tuple(self.values.get(key, ()))

    def problem(self, key: str, message: str, mend: str) -> None:
        self.problems.add(self.path, key, message, mend)


def read_file(text: str, problems: Problems) -> Table | None:
    """The file's tables, or None where it is no TOML (which is then among the problems)."""
    parsed = _parsed(text, problems)
    return None if parsed is None else _Reader(problems).read("", TABLES["game"], parsed)


def _parsed(text: str, problems: Problems) -> dict[str, Any] | None:
    if not _is_affordable(text, problems):
        return None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.add("", "", f"is not TOML: {error}", "see https://toml.io for how TOML is written")
    except (RecursionError, ValueError):  # the latter: a number of thousands of digits
        problems.add("", "", "is nested too deeply, or holds a number too long to read", "a simpler file")
    return None


def _is_affordable(text: str, problems: Problems) -> bool:
    """Refuses what would take the TOML reader more than linear time."""
    if len(text) > LARGEST_FILE_BYTES or len(text.encode(errors="surrogatepass")) > LARGEST_FILE_BYTES:
        problems.add("", "", "is larger than 256 KiB", "a smaller file")
        return False
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LONGEST_LINE:
            problems.add("", "", f"line {number} is longer than {LONGEST_LINE} characters", "shorter lines")
            return False
        key, _, _ = line.partition("=")
        is_deep = key.count(".") > MOST_KEY_DOTS and "=" in line
        most_dots = MOST_KEY_DOTS if is_deep or line.lstrip().startswith("[") else MOST_DOTS
        if is_deep or line.count(".") > most_dots:
            problems.add("", "", f"line {number} is nested too deeply", f"at most {most_dots} dots")
            return False
    return True


class _Reader:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def read(self, path: str, form: TableForm, values: Mapping[str, Any]) -> Table:
        table = Table(path, form, self.problems)
        for name, value in values.items():
            key = form.key(name)
            if key is not None:
                self._take(table, key, value)
            elif form.entries is not None:
                self._take_entry(table, name, value)
            else:
                known = [known.name for known in form.keys]
                table.problem(name[:LONGEST_TEXT], f"there is no key {shown(name)} here", did_you_mean(name, known))
        for key in form.keys:
            if key.required and key.name not in values:
                table.broken.add(key.name)
                table.problem(key.name, "is missing", key.meaning)
        return table

    def _take(self, table: Table, key: Key, value: object) -> None:
        wanted, mend = _WANTED[key.form]
        if type(value) is not wanted:
            found = _TYPE_NAMES.get(type(value), "a date or time")
            self._refuse(table, key, f"is {found}", mend)
            return
        taken = self._fitted(table, key, value)
        if taken is not None:
            table.values[key.name] = taken

    def _fitted(self, table: Table, key: Key, value: Any) -> Any:
        """The value as the table keeps it; None where it does not fit, which is then reported."""
        path = f"{table.path}.{key.name}" if table.path else key.name
        match key.form:
            case "text":
                if key.required and not value.strip():
                    return self._refuse(table, key, "is empty", key.meaning)
                return value if self._fits_text(table, key.name, value, key.options) else None
            case "flag":
                return value
            case "table":
                return self.read(path, TABLES[key.of], value)
        if not self._fits_bounds(table, key, value):
            return None
        match key.form:
            case "texts":
                return value if self._fits_texts(table, key, value) else None
            case "partitions":
                return value if self._fits_partitions(table, key, value) else None
            case "tables":
                return dict(self._named(table, key, path, value))
            case "list":
                return self._listed(table, key, path, value)
        return value

    def _fits_bounds(self, table: Table, key: Key, value: Any) -> bool:
        if key.form == "whole":
            fits: bool = key.least <= value <= key.most
            message, mend = "is out of range", f"a whole number from {key.least} to {key.most}"
        else:
            fits = key.least <= len(value) <= key.most
            message = f"has {len(value)} entries" if value else "is empty"
            mend = f"at most {key.most}" if value else key.meaning
        if not fits:
            self._refuse(table, key, message, mend)
        return fits

    def _refuse(self, table: Table, key: Key, message: str, mend: str) -> Any:
        """Reports the value, and gives the None that stands for it."""
        table.broken.add(key.name)
        table.problem(key.name, message, mend)

    def _named(self, table: Table, key: Key, path: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Table]]:
        for name, inner in value.items():
            if isinstance(inner, dict):
                yield name, self.read(f"{path}.{shown_path(name)}", TABLES[key.of], inner)
            else:
                heading = f"{path}.{shown_path(name)}"
                self.problems.add(path, name, "is not a table", f"a table, [{heading}]")

    def _listed(self, table: Table, key: Key, path: str, value: list[Any]) -> list[Table] | None:
        if not all(isinstance(inner, dict) for inner in value):
            self._refuse(table, key, "holds what is not a table", f"an array of tables, [[{path}]]")
            return None
        return [self.read(f"{path}[{index}]", TABLES[key.of], inner) for index, inner in enumerate(value)]

    def _take_entry(self, table: Table, name: str, value: object) -> None:
        entries = table.form.entries
        assert entries is not None
        if len(table.entries) == entries.most:
            if "" not in table.broken:
                table.broken.add("")
                table.problem("", f"has more than {entries.most} {entries.what}s", f"at most {entries.most}")
            return
        if not isinstance(value, str):
            table.broken.add(name)
            found = _TYPE_NAMES.get(type(value), "a date or time")
            table.problem(name, f"is {found}", f'a text in quotes, "…". {entries.meaning}')
        elif self._fits_text(table, name, value, ()):
            table.entries[name] = value

    def _fits_text(self, table: Table, name: str, value: str, options: tuple[str, ...]) -> bool:
        if options and value not in options:
            table.problem(name, f"{shown(value)} is none of its options", did_you_mean(value, options))
        elif len(value) > LONGEST_TEXT:
            table.problem(name, f"has {len(value)} characters", f"at most {LONGEST_TEXT}")
        elif _UNWANTED.search(value):
            table.problem(name, "holds a control character", "text with no control characters but line breaks and tabs")
        else:
            return True
        table.broken.add(name)
        return False

    def _fits_texts(self, table: Table, key: Key, value: list[Any]) -> bool:
        for item in value:
            if not isinstance(item, str):
                self._refuse(table, key, "holds what is not a text", _WANTED["texts"][1])
                return False
            if not self._fits_text(table, key.name, item, key.options):
                return False
        if len(set(value)) < len(value):
            self._refuse(table, key, "names the same twice", "each once")
            return False
        return True

    def _fits_partitions(self, table: Table, key: Key, value: list[Any]) -> bool:
        if not all(isinstance(item, list) for item in value):
            self._refuse(table, key, "holds what is not a list", _WANTED["partitions"][1])
            return False
        if any(len(item) > 6 for item in value):
            self._refuse(table, key, "has a partition of more than 6 names", "at most 6 in each")
            return False
        fitting = [item for item in value if self._fits_texts(table, key, item)]
        return len(fitting) == len(value)


def shown_path(name: str) -> str:
    """A table's name inside a path, cut where it is too long to read."""
    return name if len(name) <= 60 else name[:60] + "…"
