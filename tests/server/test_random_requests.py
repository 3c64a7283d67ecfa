"""Random requests: whatever is sent, nothing fails on the server's side, and every event is accounted for."""

import json
import random
import time
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from kleos.server.errors import PROBLEM_JSON
from tests.server.conftest import Server
from tests.server.probe import NDJSON, PATH, install, probe

EXAMPLES = 100
SECONDS = 5.0

TEXTS = st.text(max_size=8) | st.sampled_from(["", "ann", "\0", "\ud800", "x" * 129, "1e999", "2026-09-21T00:00:00Z"])
NUMBERS = (
    st.integers()
    | st.floats()
    | st.sampled_from([2**53, 2**53 + 1, -(2**63), 2**64, 1e308, float("nan"), float("inf")])
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
FIELDS = ("id", "match", "at", "player", "n", "x", "text", "flag", "when", "data", "words", "parts", "marks", "others")
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["probe", "marked"]) | ANYTHING, "player": st.sampled_from(["ann", "bob"]) | ANYTHING},
    optional={name: ANYTHING for name in FIELDS if name != "player"},
)
BODIES = st.lists(EVENTS | ANYTHING | st.just(probe("ann")), max_size=12)
NAMES = st.sampled_from(
    ["window", "limit", "offset", "span", "order", "player", "text", "region", "query", "before", "after", "status"]
)
PATHS = st.sampled_from(
    [
        "/v1/games/probe/boards/most",
        "/v1/games/probe/boards/texts",
        "/v1/games/probe/boards/most/players/ann",
        "/v1/games/probe/boards/most/players/ann/around",
        "/v1/games/probe/sheets/career",
        "/v1/games/probe/sheets/by_text",
        "/v1/games/probe/matches",
        "/v1/games/probe/matches/m/events",
        "/v1/games/probe/achievements",
        "/v1/players",
        "/v1/players/ann/stats",
        "/v1/players/ann/matches",
    ]
)
VALUES = (
    TEXTS.map(lambda text: text.encode("utf-8", "replace").decode())
    | st.integers().map(str)
    | st.sampled_from(["day", "1999-12", "2026-W39", "all", "most desc", "probes", "-1", "0"])
)


@pytest.fixture(scope="module")
async def probed(server: Server) -> Server:
    await install(server)
    await server.send("probe", [probe("ann", n=3), probe("bob", n=5)])
    return server


@pytest.fixture(scope="module")
def seed() -> int:
    return random.randrange(2**32)


def bounded(test: Any, seed: int) -> Any:
    print(f"seed {seed}")
    quiet = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.nested_given]
    return seeded(seed)(
        settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=quiet)(test)
    )


def encode(value: Any) -> bytes:
    return json.dumps(value).encode()


async def test_random_bodies_are_accounted_for(probed: Server, seed: int) -> None:
    bodies: list[tuple[list[Any], bool]] = []
    bounded(given(BODIES, st.booleans())(lambda events, lines: bodies.append((events, lines))), seed)()
    ends, sent = time.monotonic() + SECONDS, 0
    for events, lines in bodies:
        body = b"\n".join(map(encode, events)) if lines else encode(events)
        headers = {**probed.headers, "Content-Type": NDJSON if lines else "application/json"}
        response = await probed.http.post(PATH, content=body, headers=headers, params={"effects": sent % 2 == 0})
        assert response.status_code == 200, (response.text, body)
        said = response.json()
        counted = said["accepted"] + said["duplicates"] + said["quarantined"] + len(said["rejected"])
        assert counted == len(events), (said, body)
        assert [one["index"] for one in said["rejected"]] == sorted({one["index"] for one in said["rejected"]})
        sent += 1
        if time.monotonic() > ends:
            break
    assert sent > 20


async def test_random_bytes_never_fail(probed: Server, seed: int) -> None:
    dice = random.Random(seed)
    whole = encode([probe("ann", n=5, data={"a": ["b", 1.5]}, words={"w": 1}), probe("bob", text="é🏆")] * 3)
    ends, sent = time.monotonic() + SECONDS / 2, 0
    while time.monotonic() < ends and sent < 2 * EXAMPLES:
        body = bytearray(whole)
        for _ in range(dice.randrange(1, 4)):
            body[dice.randrange(len(body))] = dice.choice(b'[]{}",:\\\0\xff019-ut')
        response = await probed.http.post(PATH, content=bytes(body), headers=probed.headers)
        assert response.status_code in (200, 400), (response.text, bytes(body))
        sent += 1
    assert sent > 20


async def test_random_questions_never_fail(probed: Server, seed: int) -> None:
    asked: list[tuple[str, list[tuple[str, str]]]] = []
    questions = st.lists(st.tuples(NAMES | VALUES, VALUES), max_size=3)
    bounded(given(PATHS, questions)(lambda path, given: asked.append((path, given))), seed)()
    ends, sent = time.monotonic() + SECONDS, 0
    for path, question in asked:
        response = await probed.http.get(path, params=httpx.QueryParams(tuple(question)))
        assert response.status_code in (200, 400, 404), (response.text, path, question)
        if response.status_code != 200:
            assert response.headers["content-type"] == PROBLEM_JSON
        sent += 1
        if time.monotonic() > ends:
            break
    assert sent > 20
