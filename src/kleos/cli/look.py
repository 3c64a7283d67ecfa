"""`kleos games`, `top` and `player`: looking at what a server knows."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from cyclopts import Parameter, validators

from kleos.cli.output import AsJson, Failed, print_json, print_table, say, shown, shown_time
from kleos.cli.remote import USUAL_URL, Remote, Url, get
from kleos.client import calls


def games(*, url: Url = USUAL_URL, as_json: AsJson = False) -> None:
    """List the games of a server.

    For example:

        kleos games

        kleos games --url https://stats.example.org --json
    """
    with Remote(url) as remote:
        answer = remote.ask(get("games"))
    if as_json:
        print_json(answer)
        return
    rows = [(each["game"], each["title"], str(each["version"]), each["text"]) for each in answer["games"]]
    print_table("Games", [("Game", False), ("Title", False), ("Version", True), ("", False)], rows)


def top(
    game: str,
    board: str,
    /,
    *,
    window: Annotated[str, Parameter(help="all, season, month, week, day, or a name: 2026-W07.")] = "all",
    limit: Annotated[int, Parameter(help="How many lines.", validator=validators.Number(gte=1, lte=1000))] = 10,
    offset: Annotated[int, Parameter(help="How many lines to pass over.", validator=validators.Number(gte=0))] = 0,
    region: Annotated[str | None, Parameter(help="Only players of this region: --partition region=…")] = None,
    partition: Annotated[
        Sequence[str], Parameter(help="A part of the board, as name=value; may be given again.", negative=())
    ] = (),
    as_of: Annotated[
        str | None, Parameter(help="As it was then: a day, which means its end, or a time with its zone.")
    ] = None,
    url: Url = USUAL_URL,
    as_json: AsJson = False,
) -> None:
    """Show the top of a board.

    For example:

        kleos top golf wins

        kleos top golf avg_score --window week --limit 20

        kleos top golf wins --region eu --json

        kleos top arcade mode_best --partition game_mode=survival --window 2026-03

        kleos top golf wins --as-of 2026-03-01
    """
    parts = _parts(partition, region)
    with Remote(url) as remote:
        page = remote.ask(calls.board(game, board, window, limit, offset, as_of, parts))
        boards = [] if as_json else remote.ask(get("games", game, "boards"))["boards"]
    if as_json:
        print_json(page)
        return
    declared: Mapping[str, Any] = next((each for each in boards if each["board"] == board), {})
    _print_page(page, declared, offset)


def history(
    game: str,
    board: str,
    player: str,
    /,
    *,
    first: Annotated[str | None, Parameter(name="--from", help="The first day; else 30 days.")] = None,
    last: Annotated[str | None, Parameter(name="--to", help="The last day; else today.")] = None,
    window: Annotated[str | None, Parameter(help="all, season, month, week, day: the one open on each day.")] = None,
    region: Annotated[str | None, Parameter(help="Only players of this region: --partition region=…")] = None,
    partition: Annotated[
        Sequence[str], Parameter(help="A part of the board, as name=value; may be given again.", negative=())
    ] = (),
    url: Url = USUAL_URL,
    as_json: AsJson = False,
) -> None:
    """Show where a player stood at the end of each day.

    For example:

        kleos history golf wins ada

        kleos history golf wins ada --from 2026-03-01 --to 2026-03-31 --window month --json
    """
    parts = _parts(partition, region)
    with Remote(url) as remote:
        answer = remote.ask(calls.rank_history(game, board, player, window, first, last, parts))
    if as_json:
        print_json(answer)
        return
    rows = [
        (each["day"], each["window"] or "–", shown(each["rank"]), shown(each["total"]), shown(each["value"]))
        for each in answer["points"]
    ]
    columns = [("Day", False), ("Window", False), ("Rank", True), ("Of", True), ("Value", True)]
    print_table(f"{board} · {_player(answer)}", columns, rows)


def _parts(partition: Iterable[str], region: str | None) -> dict[str, str]:
    parts = {} if region is None else {"region": region}
    for given in partition:
        name, equals, value = given.partition("=")
        if not (name and equals):
            raise Failed(f"kleos: --partition {given}: write it as name=value")
        parts[name] = value
    return parts


def _print_page(page: Mapping[str, Any], board: Mapping[str, Any], offset: int) -> None:
    by = board.get("by", [])
    part = "".join(f", {name} {value}" for name, value in page["partition"].items())
    then = f" · as of {shown_time(page['as_of'])}" if "as_of" in page else ""
    title = f"{board.get('title') or page['board']} · {page['window']}{part} · {page['total']:,} ranked{then}"
    columns = [("", True), ("Player", False), *((_heading(each), True) for each in by)]
    rows = [
        (
            shown(entry["rank"]),
            _player(entry),
            *(_cell(entry["values"].get(each["column"]), each) for each in by),
        )
        for entry in page["entries"]
    ]
    if rows:
        print_table(title, columns, rows)
    else:
        say(f"{title}: nobody{' so far down' if offset and page['total'] else ' yet'}")


def _heading(column: Mapping[str, Any]) -> str:
    unit = column.get("unit")
    return f"{column['title']} ({unit})" if unit else str(column["title"])


def _cell(value: Any, column: Mapping[str, Any]) -> str:
    if column.get("type") == "time" and isinstance(value, str):
        return shown_time(value)
    return shown(value, column.get("decimals"))


def _player(entry: Mapping[str, Any]) -> str:
    name = entry.get("name")
    return entry["player"] if name in (None, entry["player"]) else f"{name} ({entry['player']})"


def player(
    player: str,
    /,
    *,
    game: Annotated[str | None, Parameter(help="Only this game.")] = None,
    window: Annotated[str | None, Parameter(help="The numbers of this window instead of the widest.")] = None,
    url: Url = USUAL_URL,
    as_json: AsJson = False,
) -> None:
    """Show a player: what games they play and their newest awards; of one game all numbers and achievements.

    For example:

        kleos player ada

        kleos player ada --game golf --window week

        kleos player ada --json
    """
    of_game = {} if game is None else {"game": game}
    of_window = {} if window is None else {"window": window}
    with Remote(url) as remote:
        profile = remote.ask(get("players", player, params=of_game))
        stats = remote.ask(get("players", player, "stats", params={**of_game, **of_window}))
        achievements = remote.ask(get("players", player, "achievements", params=of_game))
    if as_json:
        print_json({"profile": profile, "stats": stats, "achievements": achievements})
        return
    _print_profile(profile)
    if game is None:
        _print_overview(profile["player"], stats["games"], achievements["achievements"])
        return
    for name, found in stats["games"].items():
        for sheet in found["sheets"].values():
            rows = [(column, shown(value)) for column, value in sheet["values"].items()]
            print_table(f"{found['title'] or name} · {sheet['title']} · {sheet['window']}", _PAIR, rows)
    _print_achievements(achievements)


_PAIR = [("", False), ("", True)]
_NEWEST = 5


def _print_overview(
    player: str, games: Mapping[str, Mapping[str, Any]], achievements: Sequence[Mapping[str, Any]]
) -> None:
    rows = []
    for name, found in games.items():
        of_game = [each for each in achievements if each["game"] == name]
        earned = [each for each in of_game if each["earned"]]
        points = sum(each["points"] for each in earned)
        rows.append((name, found["title"], f"{len(earned)} of {len(of_game)}" if of_game else "", shown(points)))
    if not rows:
        say("no game yet")
        return
    print_table("Games", [("Game", False), ("Title", False), ("Achievements", True), ("Points", True)], rows)
    newest = [each for each in achievements if each["earned"]][:_NEWEST]
    if newest:
        print_table("Newest awards", _AWARD_COLUMNS, [_award(each, shown_time(each["at"])) for each in newest])
    say(f"All numbers and achievements of a game: kleos player {shlex.quote(player)} --game {next(iter(games))}")


_AWARD_COLUMNS = [("Game", False), ("Achievement", False), ("Points", True), ("Earned", False)]


def _award(achievement: Mapping[str, Any], when: str) -> tuple[str, str, str, str]:
    title = f"{achievement['icon']} {achievement['title']}".strip()
    return achievement["game"], title, str(achievement["points"]), when


def _print_profile(profile: Mapping[str, Any]) -> None:
    known = [_player(profile), profile.get("region"), f"gamerscore {profile['gamerscore']:,}"]
    known += [f"{name} {value}" for name, value in profile.get("attributes", {}).items()]
    say(" · ".join(part for part in known if part))


def _print_achievements(answer: Mapping[str, Any]) -> None:
    rows = []
    for each in answer["achievements"]:
        far = ""
        if not each["earned"] and each.get("target") is not None:
            far = f"{shown(each['progress'], 0)} of {shown(each['target'], 0)}"
        when = shown_time(each["at"]) if each.get("at") else far
        rows.append(_award(each, when))
    if rows:
        title = f"Achievements · {answer['earned']} of {answer['total']} · {answer['points']:,} points"
        print_table(title, _AWARD_COLUMNS, rows)
