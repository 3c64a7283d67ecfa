"""The requests of the HTTP contract, built once for both clients.

A :class:`Call` says what to send and as what the answer is read; sending it, and sending it again, is the
clients' part. Every call here may be repeated: reads change nothing, events carry ids, and a profile put twice is
the same profile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec

from kleos.client import answers
from kleos.client.event_ids import EventIds

T = TypeVar("T")
Event = Mapping[str, Any]
Param = str | int | bool | datetime | None


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request. ``params`` are without those that are None; ``body`` is JSON. One that is not ``repeatable`` is sent
    again only while the server cannot have got it."""

    method: str
    path: str
    answer: type[T]
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    repeatable: bool = True


def send(game: str, events: Event | Iterable[Event], effects: bool, ids: EventIds) -> Call[answers.Receipt]:
    batch = [events] if isinstance(events, Mapping) else events
    body = [event if event.get("id") is not None else {**event, "id": ids.make()} for event in batch]
    path = api_path("games", game, "events")
    return Call("POST", path, answers.Receipt, query(effects=effects or None), msgspec.json.encode(body))


def games() -> Call[answers.Games]:
    return Call("GET", api_path("games"), answers.Games)


def boards(game: str) -> Call[answers.Boards]:
    return Call("GET", api_path("games", game, "boards"), answers.Boards)


def board(
    game: str,
    board: str,
    window: str,
    limit: int | None,
    offset: int | None,
    as_of: datetime | str | None,
    partition: Mapping[str, str],
) -> Call[answers.BoardPage]:
    params = query(partition, window=window, limit=limit, offset=offset, as_of=as_of)
    return Call("GET", api_path("games", game, "boards", board), answers.BoardPage, params)


def standing(
    game: str, board: str, player: str, window: str, as_of: datetime | str | None, partition: Mapping[str, str]
) -> Call[answers.PlayerStanding]:
    path = api_path("games", game, "boards", board, "players", player)
    return Call("GET", path, answers.PlayerStanding, query(partition, window=window, as_of=as_of))


def around(
    game: str,
    board: str,
    player: str,
    span: int,
    window: str,
    as_of: datetime | str | None,
    partition: Mapping[str, str],
) -> Call[answers.BoardPage]:
    path = api_path("games", game, "boards", board, "players", player, "around")
    return Call("GET", path, answers.BoardPage, query(partition, span=span, window=window, as_of=as_of))


def rank_history(
    game: str,
    board: str,
    player: str,
    window: str | None,
    first: date | str | None,
    last: date | str | None,
    partition: Mapping[str, str],
) -> Call[answers.RankHistory]:
    path = api_path("games", game, "boards", board, "players", player, "history")
    days = {"from": first, "to": last}
    given = {name: str(day) for name, day in days.items() if day is not None}
    return Call("GET", path, answers.RankHistory, query({**partition, **given}, window=window))


def explain_standing(
    game: str, board: str, player: str, window: str | None, partition: Mapping[str, str]
) -> Call[answers.RankExplanation]:
    path = api_path("games", game, "boards", board, "players", player, "explain")
    return Call("GET", path, answers.RankExplanation, query(partition, window=window))


def explain_award(game: str, achievement: str, player: str) -> Call[answers.AwardExplanation]:
    path = api_path("games", game, "achievements", achievement, "explain")
    return Call("GET", path, answers.AwardExplanation, {"player": player})


def lookup(
    game: str, board: str, players: Sequence[str], window: str, partition: Mapping[str, str]
) -> Call[answers.BoardPage]:
    path = api_path("games", game, "boards", board, "lookup")
    body = msgspec.json.encode({"players": list(players)})
    return Call("POST", path, answers.BoardPage, query(partition, window=window), body)


def sheet(
    game: str,
    sheet: str,
    window: str,
    order: str | None,
    limit: int | None,
    offset: int | None,
    as_of: datetime | str | None,
    key: Mapping[str, str],
) -> Call[answers.SheetPage]:
    params = query(key, window=window, order=order, limit=limit, offset=offset, as_of=as_of)
    return Call("GET", api_path("games", game, "sheets", sheet), answers.SheetPage, params)


def explain(
    game: str,
    sheet: str,
    column: str,
    window: str | None,
    limit: int | None,
    offset: int | None,
    as_of: datetime | str | None,
    key: Mapping[str, str],
) -> Call[answers.Explanation]:
    params = query(key, sheet=sheet, column=column, window=window, limit=limit, offset=offset, as_of=as_of)
    return Call("GET", api_path("games", game, "explain"), answers.Explanation, params)


def achievements(game: str) -> Call[answers.Achievements]:
    return Call("GET", api_path("games", game, "achievements"), answers.Achievements)


def seasons(game: str) -> Call[answers.Seasons]:
    return Call("GET", api_path("games", game, "seasons"), answers.Seasons)


def matches(
    game: str, status: str | None, player: str | None, limit: int | None, before: str | None
) -> Call[answers.Matches]:
    params = query(status=status, player=player, limit=limit, before=before)
    return Call("GET", api_path("games", game, "matches"), answers.Matches, params)


def match(game: str, match: str) -> Call[answers.Match]:
    return Call("GET", api_path("games", game, "matches", match), answers.Match)


def player(player: str) -> Call[answers.Player]:
    return Call("GET", api_path("players", player), answers.Player)


def player_stats(player: str) -> Call[answers.PlayerStats]:
    return Call("GET", api_path("players", player, "stats"), answers.PlayerStats)


def player_achievements(player: str) -> Call[answers.PlayerAchievements]:
    return Call("GET", api_path("players", player, "achievements"), answers.PlayerAchievements)


def player_matches(player: str, limit: int | None, before: str | None) -> Call[answers.Matches]:
    return Call("GET", api_path("players", player, "matches"), answers.Matches, query(limit=limit, before=before))


def put_player(
    player: str,
    name: str | None,
    region: str | None,
    avatar: str | None,
    attributes: Mapping[str, Any] | None,
) -> Call[answers.Player]:
    given = {"name": name, "region": region, "avatar": avatar, "attributes": attributes}
    body = msgspec.json.encode({key: value for key, value in given.items() if value is not None})
    return Call("PUT", api_path("players", player), answers.Player, body=body)


def api_path(*segments: str) -> str:
    """The segments below /v1, each quoted whole: an id may hold a slash."""
    return "/v1/" + "/".join(quote(segment, safe="") for segment in segments)


def query(more: Mapping[str, str] | None = None, /, **params: Param) -> dict[str, str]:
    """Query parameters as text; those that are None are left out."""
    given = {**(more or {}), **params}
    return {name: _text(value) for name, value in given.items() if value is not None}


def _text(value: str | int | bool | datetime) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
