"""Law 5: every event of a batch gets exactly one verdict, by its position, and spoils no other."""

import json
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kleos.core.errors import BadInput
from tests.laws.test_law1_durable_exactly_once import SMALL, counted, logged, scored
from tests.laws.world import DAY_US, NOW, World, wire_time

GOOD: Final[dict[str, dict[str, Any]]] = {
    "plain": {},
    "with everything": {"text": "é\U0001f600", "part": -0.0, "moment": wire_time(NOW), "bag": {"a": [1, None, {}]}},
    "at the edge of time": {"at": wire_time(NOW + DAY_US)},
    "long ago": {"at": "0002-01-01T00:00:00Z"},
    "with a match": {"match": "m1"},
}
DOUBTFUL: Final[dict[str, dict[str, Any]]] = {"fails a check": {"text": "doubtful"}}
BAD: Final[dict[str, dict[str, Any]]] = {
    "unknown type": {"type": "jumped"},
    "no type": {"type": None},
    "wrong type of a field": {"score": "many"},
    "unknown field": {"speed": 3},
    "missing field": {"score": None},
    "too large a number": {"score": 2**53 + 1},
    "far too large a number": {"score": 10**400},
    "too large a float": {"part": 1e10},
    "NUL in a text": {"text": "a\0b"},
    "NUL in a map's key": {"bag": {"a\0": 1}},
    "NUL in a player": {"player": "a\0"},
    "half a surrogate pair": {"text": "\ud800"},
    "half a surrogate pair in a bag": {"bag": ["\udfff"]},
    "an empty player": {"player": ""},
    "a long player": {"player": "a" * 129},
    "an empty match": {"match": ""},
    "no zone": {"at": "2018-11-05T12:00:00"},
    "no time": {"at": "noon"},
    "tomorrow": {"at": wire_time(NOW + DAY_US + 1)},
    "the end of time": {"at": "9999-12-31T23:59:59-14:00"},
    "before time": {"at": "0001-01-01T00:00:00+14:00"},
    "a moment after time": {"moment": "9999-12-31T23:59:59-14:00"},
    "a moment before time": {"moment": "0001-01-01T00:00:00+14:00"},
    "no achievement": {"type": "award.granted", "achievement": "none", "score": None},
    "not to be granted": {"type": "award.granted", "achievement": "two", "score": None},
}
WHOLE: Final[dict[str, Any]] = {"a number": 5, "a list": [], "nothing": None, "a text": "scored"}
"""Bad as a whole: not even an object."""

UNREADABLE: Final = frozenset({*WHOLE, "half a surrogate pair", "half a surrogate pair in a bag"})
"""Not even their id can be read."""

VERDICTS: Final = {
    **dict.fromkeys(GOOD, "accepted"),
    **dict.fromkeys(DOUBTFUL, "quarantined"),
    **dict.fromkeys([*BAD, *WHOLE], "rejected"),
}


def event(kind: str, id: str) -> Any:
    if kind in WHOLE:
        return WHOLE[kind]
    fields = {**scored(id), **{**GOOD, **DOUBTFUL, **BAD}[kind]}
    return {name: value for name, value in fields.items() if value is not None}


def body_of(events: Sequence[Any], lines: bool) -> tuple[bytes, str]:
    texts = [json.dumps(one) for one in events]
    if lines:
        return "\n".join(texts).encode(), "application/x-ndjson"
    return f"[{', '.join(texts)}]".encode(), "application/json"


def expected_verdicts(kinds: Sequence[str], ids: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    verdicts = []
    for kind, id in zip(kinds, ids, strict=True):
        verdict = VERDICTS[kind]
        if verdict != "rejected":
            verdict = "duplicates" if id in seen else verdict
            seen.add(id)
        verdicts.append(verdict)
    return verdicts


SENT: Final = st.lists(
    st.tuples(st.sampled_from(sorted(GOOD)) | st.sampled_from(sorted(VERDICTS)), st.sampled_from("abcdefgh")),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(SENT, st.booleans())
async def test_every_event_gets_exactly_one_verdict(world: World, sent: list[tuple[str, str]], lines: bool) -> None:
    game = await one_game(world)
    kinds = [kind for kind, _ in sent]
    world.made += 1
    ids = [f"{world.made}-{id}" for _, id in sent]
    before = (await counted(world.engine, game)).get("ann", (0, 0))
    events = [event(kind, id) for kind, id in zip(kinds, ids, strict=True)]
    verdicts = expected_verdicts(kinds, ids)

    def places(verdict: str) -> list[int]:
        return [place for place, found in enumerate(verdicts) if found == verdict]

    receipt = await world.engine.ingest_body(game, *body_of(events, lines))
    assert receipt.accepted == len(places("accepted"))
    assert receipt.duplicates == len(places("duplicates"))
    assert receipt.quarantined == len(receipt.quarantine)
    assert [(one.index, one.id) for one in receipt.quarantine] == [(n, ids[n]) for n in places("quarantined")]
    assert [one.index for one in receipt.rejected] == places("rejected")
    for one in receipt.rejected:
        assert one.error
        assert one.id == (None if kinds[one.index] in UNREADABLE else ids[one.index])
    taken = {ids[n] for n in places("accepted")}
    assert taken <= set(await logged(world.engine, game))
    count, total = (await counted(world.engine, game)).get("ann", (0, 0))
    assert (count - before[0], total - before[1]) == (len(taken), len(taken))


_GAMES: Final[dict[int, str]] = {}


async def one_game(world: World) -> str:
    """The same game for every example: ids are fresh each time."""
    if id(world) not in _GAMES:
        _GAMES[id(world)] = await world.new_game(SMALL)
    return _GAMES[id(world)]


@pytest.mark.parametrize("lines", [True, False])
@pytest.mark.parametrize("kind", sorted([*BAD, *WHOLE]))
async def test_each_bad_event_is_refused_with_a_reason_and_its_neighbours_count(
    world: World, kind: str, lines: bool
) -> None:
    game = await one_game(world)
    world.made += 1
    ids = [f"{world.made}-{place}" for place in range(3)]
    events = [scored(ids[0]), event(kind, ids[1]), scored(ids[2])]
    receipt = await world.engine.ingest_body(game, *body_of(events, lines))
    assert (receipt.accepted, receipt.duplicates, receipt.quarantined) == (2, 0, 0)
    (refused,) = receipt.rejected
    assert refused.index == 1
    assert len(refused.error) > 10
    assert {ids[0], ids[2]} <= set(await logged(world.engine, game))


async def test_a_line_that_is_no_json_spoils_no_other(world: World) -> None:
    game = await world.new_game(SMALL)
    texts = [
        json.dumps(scored("a")).encode(),
        b'{"id": "b", ',
        b"",
        b"\xff",
        b"[" * 100_000,
        json.dumps(scored("c")).encode(),
    ]
    receipt = await world.engine.ingest_body(game, b"\n".join(texts), "application/x-ndjson")
    assert receipt.accepted == 2
    assert [one.index for one in receipt.rejected] == [1, 2, 3]
    assert await logged(world.engine, game) == ["a", "c"]


async def test_bytes_that_are_no_text_spoil_no_other_event_of_an_array(world: World) -> None:
    game = await world.new_game(SMALL)
    spoiled = json.dumps(scored("b", text="@")).encode().replace(b"@", b"\xff")
    body = b"[" + b",".join([json.dumps(scored("a")).encode(), spoiled, json.dumps(scored("c")).encode()]) + b"]"
    receipt = await world.engine.ingest_body(game, body)
    assert (receipt.accepted, [one.index for one in receipt.rejected]) == (2, [1])


@pytest.mark.parametrize("body", [b"", b"  ", b"[", b"{", b"nope", b"[1,", b'[{"id":}]', b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_json_is_refused_whole(world: World, body: bytes) -> None:
    with pytest.raises(BadInput):
        await world.engine.ingest_body(await one_game(world), body)


async def test_quarantine_keeps_the_event_whole_and_the_reason(world: World) -> None:
    game = await world.new_game(SMALL)
    fact = scored("q", 7, "bob", text="doubtful", match="m7", part=1.25, bag={"a": [1, "é"]}, moment=wire_time(NOW))
    receipt = await world.send(game, [scored("a"), fact])
    assert (receipt.accepted, receipt.quarantined) == (1, 1)
    assert receipt.quarantine[0].error == "it says so itself"
    (kept,) = await world.engine.pool.fetch("SELECT * FROM kleos.quarantine WHERE game = $1", game)
    assert (kept["id"], kept["match"], kept["type"], kept["at"]) == ("q", "m7", "scored", NOW)
    assert kept["reason"] == "it says so itself"
    body = json.loads(kept["body"])
    ids = await world.ids(world.engine.game(game))
    assert ids[body.pop("player")] == "bob"
    assert body == {"score": 7, "text": "doubtful", "part": 1.25, "bag": {"a": [1, "é"]}, "moment": NOW}
    assert "bob" not in await counted(world.engine, game)
    plan = world.engine.game(game).plan.events["scored"]
    assert plan.read_log(kept["id"], kept["match"], kept["at"], kept["body"]).score == 7  # type: ignore[attr-defined]


async def test_an_event_of_the_log_that_cannot_be_read_is_no_fault_of_one_that_comes(world: World) -> None:
    game = await world.new_game(SMALL)
    await world.send(game, [scored("a")])
    unreadable = "UPDATE kleos.events SET body = jsonb_set(body, '{score}', '\"many\"') WHERE game = $1"
    await world.engine.pool.execute(unreadable, game)
    late = {**scored("b"), "at": wire_time(NOW - DAY_US)}
    with pytest.raises(msgspec.ValidationError):
        await world.send(game, [late])
    assert await logged(world.engine, game) == ["a"], "it may be sent again"
    assert await world.engine.pool.fetch("SELECT FROM kleos.quarantine WHERE game = $1", game) == []
