"""An event is the same before the log and after it: from a game's JSON to the body in the log and back."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kleos.core.definition.load import load
from kleos.core.errors import BadInput
from kleos.core.plan import compile_plan
from kleos.core.windows import from_datetime

PLAN: Final = compile_plan(
    load(
        """
title = "Round trip"

[types.item]
name   = "str"
owner  = "player?"
worth  = "float = 1.5"
since  = "time?"
spare  = "int? = 4"
counts = "map[int, float] = {}"

[types.plain]
name = "str"
size = "int? = 2"

[events.thing]
who      = "player"
whom     = "player?"
text     = "str = 'none'"
number   = "int? = 7"
share    = "float = 0.25"
yes      = "bool = true"
moment   = "time?"
bag      = "json?"
items    = "list[item] = []"
plains   = "list[plain?]?"
item     = "item?"
words    = "list[str?] = ['a']"
scores   = "map[player, int] = {}"
shares   = "map[player, float?] = {}"
kits     = "map[player, list[item]] = {}"
byword   = "map[str, player?] = {}"
bynumber = "map[int, map[player, float]] = {}"
""",
        "trip",
    )
)
EVENT: Final = PLAN.events["thing"]

PLAYERS: Final = st.sampled_from(["ann", "Ann", "é", "￮", "\U0001f600", "z" * 128, "7"])
TEXTS: Final = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
INTS: Final = st.integers(-(2**53), 2**53)
FLOATS: Final = st.sampled_from([-0.0, 0.0, 1e-7, 5e-7, -5e-7, 1e9, -1e9, 0.1234565, 1.0000005]) | st.floats(-1e9, 1e9)
MOMENTS: Final = st.datetimes(
    datetime(3, 1, 1),
    datetime(9998, 1, 1),
    timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours))),
).map(lambda moment: moment.isoformat())
BAGS: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def fields(required: Mapping[str, Any], optional: Mapping[str, Any]) -> "st.SearchStrategy[dict[str, Any]]":
    return st.fixed_dictionaries(dict(required), optional=dict(optional))


NUMBERS: Final = st.integers(-9, 9).map(str)
ITEMS: Final = fields(
    {"name": TEXTS},
    {
        "owner": st.none() | PLAYERS,
        "worth": FLOATS,
        "since": st.none() | MOMENTS,
        "spare": st.none() | INTS,
        "counts": st.dictionaries(NUMBERS, FLOATS, max_size=3),
    },
)
PLAINS: Final = fields({"name": TEXTS}, {"size": st.none() | INTS})
WIRES: Final = fields(
    {"type": st.just("thing"), "who": PLAYERS},
    {
        "whom": st.none() | PLAYERS,
        "text": TEXTS,
        "number": st.none() | INTS,
        "share": FLOATS,
        "yes": st.booleans(),
        "moment": st.none() | MOMENTS,
        "bag": BAGS,
        "items": st.lists(ITEMS, max_size=3),
        "plains": st.none() | st.lists(st.none() | PLAINS, max_size=3),
        "item": st.none() | ITEMS,
        "words": st.lists(st.none() | TEXTS, max_size=3),
        "scores": st.dictionaries(PLAYERS, INTS, max_size=4),
        "shares": st.dictionaries(PLAYERS, st.none() | FLOATS, max_size=4),
        "kits": st.dictionaries(PLAYERS, st.lists(ITEMS, max_size=2), max_size=3),
        "byword": st.dictionaries(TEXTS, st.none() | PLAYERS, max_size=3),
        "bynumber": st.dictionaries(NUMBERS, st.dictionaries(PLAYERS, FLOATS, max_size=3), max_size=3),
    },
)


def as_data(value: Any, players: Mapping[str, int]) -> Any:
    """A struct as plain data, maps as pairs in their order, known players as their numbers."""
    if isinstance(value, msgspec.Struct):
        return {name: as_data(getattr(value, name), players) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return [(as_data(key, players), as_data(item, players)) for key, item in value.items()]
    if isinstance(value, list):
        return [as_data(item, players) for item in value]
    return repr(value) if isinstance(value, float) else value


def numbered(event: Any, numbers: Mapping[str, int]) -> Any:
    """The wire form with players as numbers, by the declared types: what the log form has to be."""
    data = as_data(event, {})
    data["who"] = numbers[data["who"]]
    data["whom"] = _number(data["whom"], numbers)
    for item in [*data["items"], *([data["item"]] if data["item"] else [])]:
        item["owner"] = _number(item["owner"], numbers)
    for name in ("scores", "shares"):
        data[name] = [(numbers[player], value) for player, value in data[name]]
    data["kits"] = [
        (numbers[player], [{**item, "owner": _number(item["owner"], numbers)} for item in items])
        for player, items in data["kits"]
    ]
    data["byword"] = [(word, _number(player, numbers)) for word, player in data["byword"]]
    data["bynumber"] = [(n, [(numbers[player], value) for player, value in of]) for n, of in data["bynumber"]]
    return data


def _number(player: str | None, numbers: Mapping[str, int]) -> int | None:
    return None if player is None else numbers[player]


def decoded(wire: Mapping[str, Any]) -> Any:
    event = PLAN.decode_one(json.dumps(wire).encode())
    EVENT.normalise(event)
    event.id, event.match, event.at = "i", "m", 5
    return event


def numbers_for(event: Any) -> dict[str, int]:
    """Numbers that are in no order that the ids are in."""
    return {player: 1000 - n * 7 % 11 for n, player in enumerate(sorted(EVENT.players(event)))}


@given(WIRES)
def test_an_event_comes_back_from_the_log_as_it_went_in(wire: dict[str, Any]) -> None:
    event = decoded(wire)
    numbers = numbers_for(event)
    body = EVENT.write_body(event, numbers)
    back = EVENT.read_log("i", "m", 5, _as_jsonb_would(body))
    bag = json.loads(json.dumps(wire.get("bag")))
    assert getattr(back, "bag") == bag  # noqa: B009
    expected, found = numbered(event, numbers), as_data(back, {})
    expected.pop("bag")
    found.pop("bag")
    assert found == expected


def _as_jsonb_would(body: bytes) -> bytes:
    """PostgreSQL keeps the keys of objects in an order of its own."""

    def shuffled(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(sorted(pairs, key=lambda pair: (len(pair[0].encode()), pair[0].encode()), reverse=True))

    return json.dumps(json.loads(body, object_pairs_hook=shuffled), ensure_ascii=False).encode()


@given(WIRES)
def test_maps_are_in_code_point_order_of_their_external_keys(wire: dict[str, Any]) -> None:
    event = decoded(wire)
    for name in ("scores", "shares", "kits", "byword", "bynumber"):
        keys = list(getattr(event, name))
        assert keys == sorted(keys)


@given(WIRES)
def test_every_player_is_found(wire: dict[str, Any]) -> None:
    text = json.dumps({name: value for name, value in wire.items() if name not in ("bag", "text", "words", "plains")})
    found = EVENT.players(decoded(wire))
    assert wire["who"] in found
    assert all(json.dumps(player) in text for player in found)
    # Whoever is not found has no number, and then the body cannot be written.
    EVENT.write_body(decoded(wire), dict.fromkeys(found, 1))


@given(FLOATS)
def test_floats_are_kept_to_six_decimals_and_without_a_negative_zero(value: float) -> None:
    share = decoded({"type": "thing", "who": "ann", "share": value}).share
    assert repr(share) == repr(round(value, 6) + 0.0)
    assert abs(share - value) <= 5.1e-7 + abs(value) * 1e-15


@given(MOMENTS)
def test_times_are_microseconds(text: str) -> None:
    moment = decoded({"type": "thing", "who": "ann", "moment": text}).moment
    assert moment == from_datetime(datetime.fromisoformat(text).astimezone(UTC))


def test_defaults_stand_for_what_is_left_out_and_an_explicit_null_does_not_become_one() -> None:
    bare = decoded({"type": "thing", "who": "ann"})
    assert (bare.number, bare.text, bare.share, bare.yes, bare.words) == (7, "none", 0.25, True, ["a"])
    null = decoded({"type": "thing", "who": "ann", "number": None})
    back = EVENT.read_log("i", "m", 5, EVENT.write_body(null, {"ann": 1}))
    assert null.number is None
    assert getattr(back, "number") is None  # noqa: B009


def test_defaults_are_not_shared_between_events() -> None:
    one, other = decoded({"type": "thing", "who": "ann"}), decoded({"type": "thing", "who": "ann"})
    one.words.append("b")
    one.scores["ann"] = 1
    assert (other.words, other.scores) == (["a"], {})


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("place", ["moment", "item", "items", "kits"])
def test_a_time_outside_the_calendar_is_refused_wherever_it_stands(place: str, moment: str) -> None:
    item = {"name": "a", "since": moment}
    value = {"moment": moment, "item": item, "items": [item], "kits": {"ann": [item]}}[place]
    with pytest.raises(BadInput, match=place):
        decoded({"type": "thing", "who": "ann", place: value})


def test_json_that_postgresql_would_write_at_a_hundred_times_the_length_is_refused() -> None:
    """It writes 1e300 as 301 digits; whoever reads the log would have to read all of them."""
    decoded({"type": "thing", "who": "ann", "bag": [0.0, 0.5] * 20_000 + [1e300] * 10_000})
    with pytest.raises(BadInput, match="bag: it has more than 10,000 numbers over 1e18"):
        decoded({"type": "thing", "who": "ann", "bag": {"a": [[-1e-300] * 10_001]}})
