"""Every key that a definition's file may hold, told once: loader, JSON Schema and reference follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from kleos.core.definition.model import WINDOW_KINDS, CountsFrom, Direction, Ties
from kleos.core.definition.names import NAME_PATTERN

Form = Literal["text", "whole", "flag", "texts", "partitions", "table", "tables", "list"]
"""What a value is. ``partitions`` is a list of lists of texts; ``table`` one table, ``tables`` tables by name,
``list`` an array of tables: those are described under the key's ``of``."""

LONGEST_TEXT: Final = 2000
LARGEST_NUMBER: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Key:
    """``options`` are the only texts accepted, ``most`` is the largest number or the longest list, ``of`` a table."""

    name: str
    form: Form
    meaning: str
    required: bool = False
    default: object = None
    options: tuple[str, ...] = ()
    least: int = 0
    most: int = LARGEST_NUMBER
    of: str = ""


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of a table whose keys the author names: what each is, and how many there may be."""

    what: str
    meaning: str
    most: int
    pattern: str = NAME_PATTERN


@dataclass(frozen=True, slots=True)
class TableForm:
    """A kind of table. ``heading`` is how the file writes it; ``entries`` is None where only ``keys`` are accepted."""

    heading: str
    meaning: str
    keys: tuple[Key, ...] = ()
    entries: Entries | None = None

    def key(self, name: str) -> Key | None:
        return next((key for key in self.keys if key.name == name), None)


TITLE = Key("title", "text", "What people see as its name.", default="from the name")
TEXT = Key("text", "text", "A sentence more about it.", default="")
ICON = Key("icon", "text", "An emoji, or the address of an image.", default="")
CATEGORY = Key("category", "text", "Under which heading it is shown.", default="")
ORDER = Key(
    "order",
    "whole",
    "Its place among its like; equal ones stand as in the file.",
    default=0,
    least=-LARGEST_NUMBER,
)
UNIT = Key("unit", "text", "What its values are counted in, as `%` or `km`.", default="")
DECIMALS = Key("decimals", "whole", "Digits shown after the point.", default="0 for an int, 2 for a float", most=6)

PRESENTED = (TITLE, TEXT, ICON, CATEGORY, ORDER)
MEASURED = (TITLE, TEXT, UNIT, DECIMALS, ICON, CATEGORY, ORDER)

EVENT = Key("event", "text", "The event type that it looks at.", required=True)
FOR = Key(
    "for",
    "text",
    "`name in list` or `key, value in map`: one fact for each element.",
    default="one fact an event",
)
WHERE = Key("where", "text", "A condition: only the facts for which it holds.", default="all facts")

TABLES: Final[Mapping[str, TableForm]] = {
    "game": TableForm(
        "",
        "The game itself: the keys at the head of the file.",
        (
            Key("title", "text", "The game's name as people see it.", required=True),
            TEXT,
            ICON,
            Key(
                "timezone",
                "text",
                "The IANA time zone in which its days, weeks and months begin.",
                default="UTC",
            ),
            Key(
                "identities",
                "text",
                "Whether its players are the server's (`shared`), or an id means another player here (`own`).",
                default="shared",
                options=("shared", "own"),
            ),
            Key(
                "attributes",
                "texts",
                "Attributes of a player's profile by which boards may be partitioned, besides the built-in `region`.",
                default=(),
                most=16,
            ),
            Key("types", "tables", "Named records, for the fields of events.", of="type", most=100),
            Key("events", "tables", "The event types.", of="event", most=200),
            Key("sheets", "tables", "The tables of stats.", of="sheet", most=200),
            Key("boards", "tables", "The rankings.", of="board", most=200),
            Key("achievements", "tables", "What a player can be awarded.", of="achievement", most=1000),
            Key("charts", "tables", "The charts of a player's page.", of="chart", most=100),
            Key(
                "checks",
                "list",
                "What an event must meet; one that does not is quarantined.",
                of="check",
                most=200,
            ),
            Key("matches", "table", "How matches end.", of="matches"),
            Key("submit", "table", "Which events players may send themselves.", of="submit"),
        ),
    ),
    "type": TableForm(
        "types.X",
        "A record, usable as a type in events and in other records.",
        entries=Entries("field", "A field of the record: its type, with `= literal` for a default.", 64),
    ),
    "event": TableForm(
        "events.X",
        "An event type. The envelope's `id`, `type`, `match` and `at` belong to every event and are not declared.",
        entries=Entries("field", "A field of the event: its type, with `= literal` for a default.", 64),
    ),
    "sheet": TableForm(
        "sheets.X",
        "A table of stats: one row for each key and window.",
        (
            Key(
                "key",
                "texts",
                "What a row is about: the names of one or more key columns.",
                required=True,
                least=1,
                most=6,
            ),
            Key(
                "windows",
                "texts",
                "The spans of time that have rows of their own.",
                default=("all",),
                options=WINDOW_KINDS,
                least=1,
                most=len(WINDOW_KINDS),
            ),
            *PRESENTED,
            Key(
                "on",
                "list",
                "The rules by which events enter the row.",
                required=True,
                of="rule",
                least=1,
                most=200,
            ),
            Key("formulas", "table", "Columns computed from the row's other columns.", of="formulas"),
            Key("columns", "tables", "How columns are shown.", of="column", most=200),
        ),
    ),
    "rule": TableForm(
        "sheets.X.on",
        "One rule of a sheet: how the facts of one event type enter the row.",
        (EVENT, FOR, WHERE),
        Entries(
            "column",
            "A folded column (`count() sum() min() max() last() streak()`), or, under the name of a key column, "
            "the expression that gives it.",
            64,
        ),
    ),
    "formulas": TableForm(
        "sheets.X.formulas",
        "Columns computed from the row's other columns.",
        entries=Entries("column", "An expression over the sheet's columns.", 64),
    ),
    "column": TableForm("sheets.X.columns.C", "How one column is shown.", MEASURED),
    "board": TableForm(
        "boards.X",
        "A ranking of a sheet's rows.",
        (
            Key("sheet", "text", "The sheet whose rows it ranks.", required=True),
            Key(
                "by",
                "text",
                "The columns it ranks by, each `asc` or `desc` (`desc` when not said).",
                required=True,
            ),
            Key(
                "where",
                "text",
                "A condition on the row: only those that meet it are ranked.",
                default="all rows",
            ),
            Key(
                "partitions",
                "partitions",
                "How it is split: each is a list of player attributes and key columns; `[]` is everybody.",
                default=((),),
                least=1,
                most=16,
            ),
            Key(
                "ties",
                "text",
                "Whether equal values share a rank (`competition`: 1 2 2 4) or not (`ordinal`).",
                default="competition",
                options=get_args(Ties),
            ),
            *MEASURED,
        ),
    ),
    "achievement": TableForm(
        "achievements.X",
        "What a player can be awarded, once: on a row (`sheet`), on an event (`event`), or by the game (`manual`).",
        (
            TITLE,
            TEXT,
            ICON,
            CATEGORY,
            ORDER,
            Key("points", "whole", "What it adds to a player's points.", default=0),
            Key("hidden", "flag", "Whether it is kept secret until awarded.", default=False),
            Key("tier", "text", "How great it is, as `gold`.", default=""),
            Key("requires", "texts", "Achievements without which it is not awarded.", default=(), most=32),
            Key(
                "from",
                "text",
                "Which events count: all of the log (`beginning`), or those from when it came into force (`today`).",
                default="beginning",
                options=get_args(CountsFrom),
            ),
            Key("sheet", "text", "The sheet on whose row it holds."),
            Key("window", "text", "The window of that row.", default="all", options=WINDOW_KINDS),
            Key("event", "text", "The event type on which it holds."),
            FOR,
            WHERE,
            Key("player", "text", "The expression that gives the player, on an event.", default="player"),
            Key("when", "text", "The condition."),
            Key(
                "manual",
                "flag",
                "True where the game grants it itself, with an `award.granted` event.",
                default=False,
            ),
        ),
    ),
    "chart": TableForm(
        "charts.X",
        "A chart of a player's page.",
        (
            Key("kind", "text", "How it is drawn.", required=True, options=("trend", "radar", "bar")),
            Key("sheet", "text", "The sheet whose columns it shows.", required=True),
            Key("columns", "texts", "The columns it shows.", required=True, least=1, most=16),
            Key("every", "text", "The window that is one point of a trend.", options=WINDOW_KINDS[1:]),
            *PRESENTED,
        ),
    ),
    "check": TableForm(
        "checks",
        "What every fact of an event must meet; an event that does not is quarantined.",
        (
            EVENT,
            FOR,
            WHERE,
            Key("that", "text", "The condition that must hold.", required=True),
            Key("reason", "text", "Why the event is held back, for those who look at it.", required=True),
        ),
    ),
    "matches": TableForm(
        "matches",
        "How matches end.",
        (Key("ended_by", "texts", "The event types after which a match is over.", default=(), most=200),),
    ),
    "submit": TableForm(
        "submit",
        "Which event types a player's own token may send, besides the game's keys. The type must have a field "
        "`player` of type `player`: it is the token's player.",
        entries=Entries("event type", 'Under the name of an event type: `"player"`.', 200),
    ),
}

DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)
