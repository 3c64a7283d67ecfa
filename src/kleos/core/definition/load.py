"""From the text of a definition's file to the checked model, or to everything that is wrong with it."""

from typing import Literal, cast
from zoneinfo import ZoneInfo

from kleos.core.definition.achievements import read_achievements
from kleos.core.definition.awards import award_granted, awards_sheet, points_board
from kleos.core.definition.boards import ranked_columns, read_boards
from kleos.core.definition.charts import read_charts
from kleos.core.definition.checks import read_checks
from kleos.core.definition.events import Events, read_events
from kleos.core.definition.model import AWARD_GRANTED, Definition
from kleos.core.definition.names import (
    BUILT_IN_ATTRIBUTE,
    BUILT_IN_BOARD,
    BUILT_IN_SHEET,
    RESERVED_PARAMETERS,
    check_game,
    check_name,
)
from kleos.core.definition.presentation import read_presentation
from kleos.core.definition.problems import Problems, did_you_mean, shown
from kleos.core.definition.scopes import Scope
from kleos.core.definition.sheets import ReadSheet, read_sheets, with_since
from kleos.core.definition.tables import Table, read_file
from kleos.core.types import Scalar

LONGEST_TIMEZONE = 64
_PLAYERS = "player"


def load(text: str, game: str, file: str | None = None) -> Definition:
    """The definition that ``text`` (TOML) gives of ``game``. ``file`` is what problems call it.

    Raises DefinitionError with every problem found.
    """
    problems = Problems(file or f"{game}.toml")
    check_game(game, problems)
    table = read_file(text, problems)
    if table is not None:
        definition = _definition(table, game, text)
    problems.raise_if_any()
    return definition


def _definition(table: Table, game: str, text: str) -> Definition:
    """Means nothing where it found problems."""
    timezone = _timezone(table)
    attributes = _attributes(table)
    events = read_events(table)
    sheets = read_sheets(table, events)
    achievements = read_achievements(table, events, sheets)
    awards = awards_sheet(read.sheet for read in sheets.values())
    scope = Scope({name: column.type for name, column in awards.columns.items()})
    sheets[BUILT_IN_SHEET] = ReadSheet(awards, scope)
    boards = {**read_boards(table, sheets, attributes), BUILT_IN_BOARD: points_board()}
    return Definition(
        game=game,
        timezone=timezone,
        identities=cast(Literal["shared", "own"], table.text("identities", "shared")),
        events={**events.types, AWARD_GRANTED: award_granted()},
        sheets={name: with_since(read.sheet, ranked_columns(boards, read.sheet)) for name, read in sheets.items()},
        boards=boards,
        achievements=achievements,
        charts=read_charts(table, sheets),
        checks=read_checks(table, events),
        attributes=attributes,
        ended_by=_ended_by(table, events),
        submit=_submit(table, events),
        presentation=read_presentation(table, game),
        source=text,
    )


def _timezone(table: Table) -> str:
    name = table.text("timezone", "UTC")
    try:
        if len(name) > LONGEST_TIMEZONE:
            raise ValueError
        ZoneInfo(name)
    except (
        ValueError,
        OSError,
        KeyError,
    ):  # KeyError: ZoneInfoNotFoundError; OSError: a name that is a folder
        table.problem(
            "timezone",
            f"there is no time zone {shown(name)}",
            "a name of the IANA list, such as Europe/Berlin",
        )
        return "UTC"
    return name


def _attributes(table: Table) -> tuple[str, ...]:
    names = []
    for name in table.texts("attributes"):
        if not check_name(name, "an attribute", "", "attributes", table.problems):
            continue
        if name == BUILT_IN_ATTRIBUTE or name in RESERVED_PARAMETERS:
            taken = "is built in" if name == BUILT_IN_ATTRIBUTE else "is a parameter of the HTTP API"
            table.problem("attributes", f"{name!r} {taken}", "another name, or none at all")
            continue
        names.append(name)
    return tuple(names)


def _ended_by(table: Table, events: Events) -> frozenset[str]:
    matches = table.table("matches")
    if matches is None:
        return frozenset()
    for name in matches.texts("ended_by"):
        if name not in events.types:
            matches.problem("ended_by", f"there is no event type {shown(name)}", did_you_mean(name, events.types))
    return frozenset(matches.texts("ended_by"))


def _submit(table: Table, events: Events) -> frozenset[str]:
    submit = table.table("submit")
    if submit is None:
        return frozenset()
    if table.text("identities", "shared") == "own":
        mend = 'no [submit], or identities = "shared"'
        submit.problem("", "cannot be: an account's player is the server's, and this game's are its own", mend)
    for name, who in submit.entries.items():
        if who != _PLAYERS:
            submit.problem(name, f"{shown(who)} is none of its options", f'"{_PLAYERS}"')
        elif name not in events.types:
            submit.problem(name, f"there is no event type {shown(name)}", did_you_mean(name, events.types))
        else:
            field = events.types[name].fields.get("player")
            if field is None or field.type != Scalar("player"):
                submit.problem(name, "has no field that says whose it is", 'the field `player = "player"` in it')
    return frozenset(submit.entries)
