"""`kleos check` and `kleos schema`: for those who write definitions."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from kleos.cli.output import AsJson, Failed, JsonAnyway, errors, print_json, say
from kleos.core.definition.load import load
from kleos.core.definition.model import AWARD_GRANTED, Definition
from kleos.core.definition.names import BUILT_IN_BOARD, BUILT_IN_SHEET
from kleos.core.definition.schema import json_schema
from kleos.core.errors import DefinitionError, Problem
from kleos.core.plan import compile_plan
from kleos.engine.catalog import read_text


def check(files: Annotated[list[Path], Parameter(name="FILE", negative=())], /, *, as_json: AsJson = False) -> int:
    """Check definitions, and name everything that is wrong with them.

    The name of the file, without `.toml`, is the name of the game. Exits with 1 where anything is wrong.

    For example:

        kleos check games/chess.toml

        kleos check games/*.toml --json
    """
    if not files:
        raise Failed("kleos: name a FILE to check")
    problems: list[Problem] = []
    definitions: list[Definition] = []
    for file in files:
        try:
            definition = load(read_text(str(file), file), file.stem, str(file))
            compile_plan(definition)
            definitions.append(definition)
        except DefinitionError as error:
            problems += error.problems
    if as_json:
        checked = {"games": [_summary(each) for each in definitions], "problems": [_fields(each) for each in problems]}
        print_json(checked)
    else:
        _print(definitions, problems)
    return 1 if problems else 0


def _print(definitions: list[Definition], problems: list[Problem]) -> None:
    for definition in definitions:
        counts = ", ".join(f"{count} {what}" for what, count in _counts(definition).items())
        say(f"{definition.game}: right ({counts})")
    for problem in problems:
        errors.print(str(problem), markup=False, highlight=False, soft_wrap=True)
    if problems:
        mistakes = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        errors.print(mistakes, style="bold red", highlight=False)


def _counts(definition: Definition) -> dict[str, int]:
    """Of what the file declares; every game has an event type, a sheet and a board of awards besides."""
    return {
        "events": len(definition.events.keys() - {AWARD_GRANTED}),
        "sheets": len(definition.sheets.keys() - {BUILT_IN_SHEET}),
        "boards": len(definition.boards.keys() - {BUILT_IN_BOARD}),
        "achievements": len(definition.achievements),
        "checks": len(definition.checks),
    }


def _summary(definition: Definition) -> dict[str, Any]:
    return {"game": definition.game, "title": definition.presentation.title, **_counts(definition)}


def _fields(problem: Problem) -> dict[str, Any]:
    fields = ("file", "table", "key", "message", "mend")
    return {name: getattr(problem, name) for name in fields}


def schema(
    *, out: Annotated[Path | None, Parameter(help="File to write; else stdout.")] = None, as_json: JsonAnyway = True
) -> None:
    """Print the JSON Schema of a definition, with which editors complete and check it.

    For example:

        kleos schema --out kleos.schema.json

    Then, in the first line of a definition (for editors with Taplo, such as Even Better TOML):

        #:schema ./kleos.schema.json
    """
    if out is None:
        print_json(json_schema())
        return
    try:
        out.write_bytes(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2) + b"\n")
    except OSError as error:
        raise Failed(f"kleos: cannot write {out}: {error.strerror}") from None
