"""Which names a definition may give: their form, and the ones that already mean something."""

import keyword
import re
from typing import Final

from kleos.core.definition.problems import Problems, shown

NAME_PATTERN: Final = "[a-z][a-z0-9_]{0,39}"
ENVELOPE: Final = ("id", "type", "match", "at")
RULE_KEYS: Final = ("event", "for", "where")

RESERVED_COLUMNS: Final = frozenset(
    {"window", "version", "present"}
    | {f"ordered_{end}_{part}" for end in ("first", "last") for part in ("at", "id")}
    | {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}  # PostgreSQL's own columns of every table
)
"""Columns that every sheet's table has, hidden."""

RESERVED_PARAMETERS: Final = frozenset(
    {"window", "order", "limit", "offset", "after", "as_of", "span", "sheet", "column", "columns"}
    | {"from", "to", "every"}
)
"""Key columns and attributes are query parameters of the HTTP API, beside these."""

BUILT_IN_ATTRIBUTE: Final = "region"
BUILT_IN_SHEET: Final = "awards"
BUILT_IN_BOARD: Final = "points"

_NAME = re.compile(NAME_PATTERN)
_INDEX_NAME = re.compile(r"_(pkey|idx)\d*$")
_NAME_MEND = "lower-case letters, digits and _, a letter first, at most 40 characters"
_RESERVED_GAMES = ("public", "information_schema", "kleos", "kleos_jobs")


def titled(name: str) -> str:
    """What a thing without a title is called."""
    return name.replace("_", " ").capitalize()


def check_name(name: str, what: str, table: str, key: str, problems: Problems) -> bool:
    """Whether ``name`` has the form of a name; reports it where not."""
    if _NAME.fullmatch(name):
        return True
    problems.add(table, key, f"{shown(name)} cannot be the name of {what}", _NAME_MEND)
    return False


def check_word(name: str, what: str, table: str, key: str, problems: Problems) -> bool:
    """Like :func:`check_name`, for names that expressions use."""
    if not check_name(name, what, table, key, problems):
        return False
    if keyword.iskeyword(name):
        problems.add(table, key, f"{name!r} is a word of the expression language", f"another name, such as {name}_")
        return False
    return True


def check_game(game: str, problems: Problems) -> None:
    if not check_name(game, "a game", "", "", problems):
        return
    if game in _RESERVED_GAMES or game.startswith("pg_"):
        problems.add("", "", f"the name {game!r} is taken by the database", "another name for the game")


def check_sheet(name: str, table: str, problems: Problems) -> bool:
    if not check_name(name, "a sheet", table, "", problems):
        return False
    if name == BUILT_IN_SHEET:
        problems.add(table, "", f"the sheet {name!r} is built in, fed by the awards", "another name")
        return False
    if _INDEX_NAME.search(name):
        problems.add(table, "", f"{name!r} may be the name of another sheet's index", "a name that ends otherwise")
        return False
    return True


def hidden_columns(visible: str, is_streak: bool) -> tuple[str, ...]:
    """The columns that may stand behind a folded one: since when it has its value, its exact sum, and for a
    streak what merging it needs."""
    endings = ("since", "millionths", *(("length", "prefix", "prefix_at") if is_streak else ()))
    return tuple(f"{visible}_{ending}" for ending in endings)
