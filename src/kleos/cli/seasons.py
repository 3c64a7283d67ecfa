"""`kleos seasons`: making, changing and listing the seasons of a game."""

from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import App, Parameter

from kleos.cli.output import AsJson, Failed, print_json, print_table, say, shown_time
from kleos.cli.remote import USUAL_URL, Key, Remote, Url, get, writing

app = App(name="seasons", help="List, make and change the seasons of a game.")

_MOMENT = "2026-03-01, or 2026-03-01T18:00:00+01:00; without a zone it is UTC."


@app.command(name="list")
def list_(game: str, /, *, url: Url = USUAL_URL, as_json: AsJson = False) -> None:
    """List the seasons of a game.

    For example:

        kleos seasons list golf
    """
    with Remote(url) as remote:
        answer = remote.ask(get("games", game, "seasons"))
    if as_json:
        print_json(answer)
    elif not answer["seasons"]:
        say(f"{game} has no seasons")
    else:
        columns = [("Season", False), ("Title", False), ("From", False), ("Up to", False), ("", False)]
        print_table(f"Seasons of {game}", columns, [_row(season) for season in answer["seasons"]])


@app.command
def add(
    game: str,
    name: str,
    /,
    *,
    starts: Annotated[str, Parameter(help=f"When it begins: {_MOMENT}")],
    ends: Annotated[str, Parameter(help="When it has ended; this moment is not in it.")],
    title: Annotated[str | None, Parameter(help="What people read; else the name.")] = None,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Make a season. What has happened within it already counts in it.

    For example:

        kleos seasons add golf spring_2026 --starts 2026-03-01 --ends 2026-06-01 --title "Spring 2026"
    """
    body = {"name": name, "title": title, "starts_at": moment(starts), "ends_at": moment(ends)}
    with Remote(url, key) as remote:
        _tell(remote.ask(writing("POST", "games", game, "seasons", body=body)), as_json)


@app.command
def change(
    game: str,
    name: str,
    /,
    *,
    starts: Annotated[str | None, Parameter(help=f"When it begins: {_MOMENT}")] = None,
    ends: Annotated[str | None, Parameter(help="When it has ended; this moment is not in it.")] = None,
    title: Annotated[str | None, Parameter(help="What people read.")] = None,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Change a season. What is left out stays; its numbers follow its dates.

    For example:

        kleos seasons change golf spring_2026 --ends 2026-06-15
    """
    body = {
        "title": title,
        "starts_at": None if starts is None else moment(starts),
        "ends_at": None if ends is None else moment(ends),
    }
    if not any(body.values()):
        raise Failed("kleos: nothing to change; give --starts, --ends or --title")
    with Remote(url, key) as remote:
        _tell(remote.ask(writing("PATCH", "games", game, "seasons", name, body=body)), as_json)


def moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Failed(f"kleos: {text!r} is no time; write {_MOMENT}") from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).isoformat()


def _tell(season: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(season)
    else:
        name, title, starts, ends, _ = _row(season)
        say(f"{name} ({title}): from {starts} up to {ends} UTC")


def _row(season: dict[str, Any]) -> tuple[str, str, str, str, str]:
    times = shown_time(season["starts_at"]), shown_time(season["ends_at"])
    return season["name"], season["title"], *times, "open" if season["open"] else ""
