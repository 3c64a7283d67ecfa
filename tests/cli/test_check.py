"""`kleos check`, `kleos schema`, and what every command shares: help, the version, a wrong command line."""

import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from kleos import __version__
from tests.cli.conftest import kleos
from tests.conftest import REPOSITORY

WRONG = """
[events.scored]
points = "integer"

[sheets.career]
key = ["player"]

[[sheets.career.on]]
event = "scoerd"
total = "sum(points)"
"""


def test_right_definitions() -> None:
    files = [str(path) for path in sorted((REPOSITORY / "examples").glob("*.toml"))]
    result = kleos("check", *files)
    assert (result.code, result.err) == (0, "")
    assert len(result.out.splitlines()) == len(files)
    assert result.out.startswith("chess: right (")
    summary = kleos("check", *files, "--json").json
    assert [game["game"] for game in summary["games"]] == ["chess", "moba"]
    assert summary["problems"] == []
    written = tomllib.loads((REPOSITORY / "examples" / "chess.toml").read_text("utf-8"))
    for part in ("events", "sheets", "boards", "achievements"):
        assert summary["games"][0][part] == len(written.get(part, {})), part


def test_every_problem_of_every_file(tmp_path: Path) -> None:
    wrong, broken, missing = tmp_path / "wrong.toml", tmp_path / "broken.toml", tmp_path / "missing.toml"
    wrong.write_text(WRONG)
    broken.write_bytes(b"title = '\xff'")
    result = kleos("check", str(wrong), str(broken), str(missing))
    assert (result.code, result.out) == (1, "")
    for words in ("events.scored", "integer", "scoerd", "is not UTF-8", "cannot be read"):
        assert words in result.err
    answer = kleos("check", str(wrong), str(broken), str(missing), "--json")
    assert answer.code == 1
    problems = answer.json["problems"]
    assert {Path(problem["file"]).name for problem in problems} == {"wrong.toml", "broken.toml", "missing.toml"}
    assert all(problem["message"] for problem in problems)
    assert len(problems) >= 4


def test_no_file_to_check() -> None:
    assert kleos("check").code == 2


def test_the_schema_checks_definitions(tmp_path: Path) -> None:
    printed = kleos("schema")
    assert printed.code == 0
    out = tmp_path / "kleos.schema.json"
    assert kleos("schema", "--out", str(out)).code == 0
    schema = json.loads(out.read_text())
    assert schema == printed.json
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    validator.validate(tomllib.loads((REPOSITORY / "examples" / "chess.toml").read_text()))
    assert not validator.is_valid({"titel": "Chess"})
    refused = kleos("schema", "--out", str(tmp_path / "none" / "x.json"))
    assert (refused.code, "cannot write" in refused.err) == (1, True)


def test_what_is_json_anyway_takes_the_option_too() -> None:
    for command in ("schema", "openapi"):
        plain, asked = kleos(command), kleos(command, "--json")
        assert (asked.code, asked.json) == (0, plain.json)


def test_help_lists_every_command() -> None:
    result = kleos("--help")
    assert result.code == 0
    for command in ["serve", "demo", "check", "schema", "import", "games", "top", "player", "seasons", "verify"]:
        assert f" {command} " in result.out
    assert kleos().out == result.out


def test_the_version() -> None:
    assert kleos("--version").out.strip() == __version__


@pytest.mark.parametrize(
    "arguments", [("nope",), ("top", "golf"), ("serve", "--port", "x"), ("demo", "--rate", "0"), ("check", "--nope")]
)
def test_a_wrong_command_line(arguments: tuple[str, ...]) -> None:
    result = kleos(*arguments)
    assert (result.code, result.out) == (2, "")
    assert "Error" in result.err
    assert "Traceback" not in result.err
