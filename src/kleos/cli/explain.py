"""`kleos explain`, `explain-rank` and `explain-award`: what is behind a number, a place and an award."""

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
    as_of: Annotated[
        str | None, Parameter(help="As it was then: a day, which means its end, or a time with its zone.")
    ] = None,
    url: Url = USUAL_URL,
    api_key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Show the events behind a number, oldest first, with what each gave.

    For example:

        kleos explain golf career total_points player=ada

        kleos explain golf career win_rate player=ada --window month

        kleos explain arcade modes best player=ada game_mode=survival --json

        kleos explain golf career games_won player=ada --as-of 2026-03-01
    """
    with Remote(url, api_key) as remote:
        answer = remote.ask(calls.explain(game, sheet, column, window, limit, offset, as_of, parts(key)))
    if as_json:
        print_json(answer)
        return
    row = ", ".join(f"{name} {value}" for name, value in answer["key"].items())
    formula = f" = {answer['formula']}" if answer["formula"] else ""
    value = _value(answer["value"], answer["decimals"])
    then = f" · as of {shown_time(answer['as_of'])}" if answer.get("as_of") else ""
    say(f"{answer['title'] or column} of {row} · {answer['window']}{then} · {value}{formula}")
    for cell in answer["cells"]:
        _print_cell(cell)


def explain_rank(
    game: str,
    board: str,
    player: str,
    /,
    *partition: Annotated[str, Parameter(help="A part of the board, each value as name=value.")],
    window: Annotated[str | None, Parameter(help="all, season, month, week, day, or a name: 2026-W07.")] = None,
    url: Url = USUAL_URL,
    as_json: AsJson = False,
) -> None:
    """Show why a player stands where they do on a board: who is next above, and by how much; or what they lack.

    For example:

        kleos explain-rank golf wins ada

        kleos explain-rank golf avg_score ada region=eu --window week
    """
    with Remote(url) as remote:
        answer = remote.ask(calls.explain_standing(game, board, player, window, parts(partition)))
    if as_json:
        print_json(answer)
        return
    if not answer["ranked"]:
        say(f"{player} has no rank on {board} ({answer['total']:,} have): {answer['reason']}.")
    else:
        shared = f", shared by {answer['shared_by']:,}" if (answer["shared_by"] or 1) > 1 else ""
        since = f", since {shown_time(answer['since'])}" if answer["since"] else ""
        say(f"{player} is {answer['rank']:,}. of {answer['total']:,} on {board}{shared}{since}.")
    above = answer["above"]
    if above is not None:
        more = "" if above["by"] is None else f": {shown(above['by'])} in {above['column']}"
        say(f"Above is {above['name']}, {above['rank']:,}.{more}")
    for each in answer["qualifications"]:
        has = "" if each["column"] is None else f" (has {shown(each['value'])})"
        say(f"{'✓' if each['holds'] else '✗'} {each['condition']}{has}")


def explain_award(
    game: str,
    achievement: str,
    player: str,
    /,
    *,
    url: Url = USUAL_URL,
    api_key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Show the event that earned a player an award, and what it rests on; or how far they are.

    For example:

        kleos explain-award golf first_win ada
    """
    with Remote(url, api_key) as remote:
        answer = remote.ask(calls.explain_award(game, achievement, player))
    if as_json:
        print_json(answer)
        return
    say(f"{achievement} of {player}: {_earned(answer)}")
    own = answer["own"]
    if own is not None:
        values = ", ".join(f"{name} {shown(value)}" for name, value in own["values"].items())
        say(f"Its condition was met by {_earned(own | {'earned': True})}{': ' if values else ''}{values}")
    elif answer["target"] is not None:
        say(f"{shown(answer['progress'])} of {shown(answer['target'])}")
    for each in answer["requires"]:
        say(f"{'✓' if each['earned'] else '✗'} {each['achievement']}{': ' + _earned(each) if each['earned'] else ''}")


def _earned(what: Mapping[str, Any]) -> str:
    if not what["earned"]:
        return "not earned"
    match = f" of match {what['match']}" if what["match"] and what["match"] != what["event"] else ""
    return f"{what['event'] or 'a private match'}{match}, {shown_time(what['at'])}"


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
