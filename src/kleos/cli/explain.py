"""`kleos explain`: the events behind a number."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from cyclopts import Parameter, validators

from kleos.cli.output import AsJson, Failed, print_json, print_table, say, shown, shown_time
from kleos.cli.remote import USUAL_URL, Key, Remote, Url
from kleos.client import calls


def explain(
    game: str,
    sheet: str,
    column: str,
    /,
    *key: Annotated[str, Parameter(help="The row's whole key, each part as name=value.")],
    window: Annotated[str | None, Parameter(help="all, season, month, week, day, or a name: 2026-W07.")] = None,
    limit: Annotated[int, Parameter(help="How many events.", validator=validators.Number(gte=1, lte=1000))] = 20,
    offset: Annotated[int, Parameter(help="How many events to pass over.", validator=validators.Number(gte=0))] = 0,
    url: Url = USUAL_URL,
    api_key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Show the events behind a number, oldest first, with what each gave.

    For example:

        kleos explain golf career total_points player=ada

        kleos explain golf career win_rate player=ada --window month

        kleos explain arcade modes best player=ada game_mode=survival --json
    """
    with Remote(url, api_key) as remote:
        answer = remote.ask(calls.explain(game, sheet, column, window, limit, offset, parts(key)))
    if as_json:
        print_json(answer)
        return
    row = ", ".join(f"{name} {value}" for name, value in answer["key"].items())
    formula = f" = {answer['formula']}" if answer["formula"] else ""
    value = _value(answer["value"], answer["decimals"])
    say(f"{answer['title'] or column} of {row} · {answer['window']} · {value}{formula}")
    for cell in answer["cells"]:
        _print_cell(cell)


def parts(given: Iterable[str]) -> dict[str, str]:
    """``name=value`` for each part of a key."""
    found = {}
    for part in given:
        name, equals, value = part.partition("=")
        if not (name and equals):
            raise Failed(f"kleos: {part}: write each part of the key as name=value")
        found[name] = value
    return found


def _print_cell(cell: Mapping[str, Any]) -> None:
    decimals = cell["decimals"]
    rules = "; ".join(f"{rule['fold']} on {rule['event']}" for rule in cell["rules"])
    title = " · ".join(
        part for part in (cell["title"] or cell["column"], _value(cell["value"], decimals), rules) if part
    )
    columns = [("When", False), ("Match", False), ("Event", False), ("Gave", True), ("Then", True), ("", False)]
    deciding = cell["deciding"]
    rows = [
        (
            shown_time(each["at"]),
            each["match"] or "private",
            each["achievement"] or each["event"] or "private",
            _value(each["given"], decimals),
            _value(each["value"], decimals),
            "← decides" if each == deciding else "",
        )
        for each in cell["contributions"]
    ]
    if rows:
        print_table(title, columns, rows)
    else:
        say(f"{title}: nothing")
    if deciding is not None and deciding not in cell["contributions"]:
        say(f"Decided by {deciding['event'] or 'a private match'}, {shown_time(deciding['at'])}.")
    if cell["next"] is not None:
        say(f"More: --offset {cell['next']}")


def _value(value: Any, decimals: int) -> str:
    return shown_time(value) if isinstance(value, str) else shown(value, decimals)
