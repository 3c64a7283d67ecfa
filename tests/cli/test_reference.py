"""docs/reference/cli.md names every command and every option, and nothing that there is not."""

import re
from collections.abc import Iterator

from cyclopts import App

from kleos.cli.app import app
from tests.conftest import REPOSITORY

HEADING = re.compile(r"^## `kleos ([^`]+)`$", re.MULTILINE)
OPTION = re.compile(r"`(--[a-z-]+)`")
WITH_EVERY_COMMAND = {"--help", "-h", "--version"}


def commands(of: App, words: tuple[str, ...] = ()) -> Iterator[tuple[str, set[str]]]:
    """Every command that can be run, with its options."""
    for name in of:
        if name in WITH_EVERY_COMMAND:
            continue
        command = of[name]
        if command.default_command is None:
            yield from commands(command, (*words, name))
        else:
            arguments = command.assemble_argument_collection()
            options = {option for each in arguments for option in each.names if option.startswith("--")}
            yield " ".join((*words, name)), options


def sections() -> dict[str, str]:
    text = (REPOSITORY / "docs" / "reference" / "cli.md").read_text("utf-8")
    parts = HEADING.split(text)[1:]
    headings = (re.sub(r" [\[A-Z].*", "", heading) for heading in parts[::2])
    return dict(zip(headings, parts[1::2], strict=True))


def test_every_command_and_option_is_documented_and_no_other() -> None:
    documented, there_are = sections(), dict(commands(app))
    assert documented.keys() == there_are.keys()
    assert len(there_are) >= 21
    for name, options in there_are.items():
        assert set(OPTION.findall(documented[name])) == options, name


def test_every_command_takes_json() -> None:
    assert [name for name, options in commands(app) if "--json" not in options] == []
