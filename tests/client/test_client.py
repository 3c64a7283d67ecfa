"""Both clients against a real server: what they ask for, how they read it, and when they try again."""

import asyncio
import inspect
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter
from random import Random
from typing import Any

import pytest

from kleos.client import (
    AsyncKleos,
    AsyncRecorder,
    Kleos,
    KleosAPIError,
    KleosClientError,
    KleosConnectionError,
    Recorder,
    RetryPolicy,
)
from kleos.client.async_moderation import AsyncModeration
from kleos.client.moderation import Moderation
from tests.client.recording_server import RecordingServer

QUICK = RetryPolicy(attempts=3, base_s=0.001, longest_s=0.01)
RECEIPT = {"accepted": 1, "duplicates": 0, "quarantined": 0, "rejected": [], "seq": 7}
PAGE = {
    "board": "wins",
    "window": "week",
    "partition": {"region": "eu"},
    "total": 3,
    "entries": [
        {"rank": 1, "player": "ada", "name": "Ada", "value": 4, "values": {"games_won": 4, "win_rate": 80.0}},
        {"rank": 1, "player": "bo", "name": None, "value": 4, "values": {"games_won": 4, "win_rate": None}},
    ],
}
OUTCOME = {
    "dry_run": False,
    "correction": {
        "correction": 7,
        "game": "golf",
        "kind": "void",
        "subject": {"player": "ada", "from": "2026-02-01T00:00:00Z", "matches": ["m1"], "matches_total": 1},
        "actor": "admin",
        "reason": "shared",
        "at": "2026-03-01T00:00:00Z",
        "undone": None,
    },
    "effects": [
        {
            "game": "golf",
            "events": 2,
            "rows_refolded": 3,
            "players": 1,
            "awards_gained": 0,
            "awards_lost": 1,
            "awards_redated": 0,
            "ranks_moved": 1,
            "rows": [{"sheet": "career", "window": "all", "key": {"player": "ada"}, "cells": {"games_won": [4, 3]}}],
            "awards": [{"kind": "lost", "player": "ada", "achievement": "win_4", "before": None, "after": None}],
            "ranks": [{"board": "wins", "window": "all", "partition": {}, "player": "ada", "before": 1, "after": None}],
        }
    ],
}
Ask = Callable[..., Any]


def ask_sync(server: RecordingServer, method: str, *args: Any, **kwargs: Any) -> Any:
    with Kleos(server.url, "secret", retry=QUICK) as kleos:
        return attrgetter(method)(kleos)(*args, **kwargs)


def ask_async(server: RecordingServer, method: str, *args: Any, **kwargs: Any) -> Any:
    async def ask() -> Any:
        async with AsyncKleos(server.url, "secret", retry=QUICK) as kleos:
            return await attrgetter(method)(kleos)(*args, **kwargs)

    return asyncio.run(ask())


@pytest.fixture(params=[ask_sync, ask_async], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    return request.param  # type: ignore[no-any-return]


def test_events_are_posted_with_the_key_and_get_rising_ids(server: RecordingServer, ask: Ask) -> None:
    server.answer({**RECEIPT, "accepted": 3})
    at = datetime(2026, 3, 1, tzinfo=UTC)
    receipt = ask(server, "send", "golf", [{"type": "a", "at": at}, {"type": "b", "id": "mine"}, {"type": "c"}])

    assert (receipt.accepted, receipt.seq, receipt.rejected, receipt.standings) == (3, 7, (), ())
    (request,) = server.requests
    assert (request.method, request.path, request.query) == ("POST", "/v1/games/golf/events", {})
    assert request.headers["authorization"] == "Bearer secret"
    assert request.headers["content-type"] == "application/json"
    first, second, third = request.json
    assert second == {"type": "b", "id": "mine"}
    assert first["at"] == "2026-03-01T00:00:00Z"
    assert first["id"] < third["id"]


def test_one_event_is_an_array_of_one_and_effects_are_read(server: RecordingServer, ask: Ask) -> None:
    effects = {
        "rejected": [{"index": 0, "id": None, "error": "no such field"}],
        "standings": [
            {
                "board": "wins",
                "window": "all",
                "player": "ada",
                "rank": 1,
                "previous_rank": None,
                "value": 2.5,
            }
        ],
        "awards": [{"player": "ada", "achievement": "first_win", "something_new": True}],
    }
    server.answer(RECEIPT | effects)
    receipt = ask(server, "send", "golf", {"type": "game_ended"}, effects=True)

    assert server.requests[0].query == {"effects": "true"}
    assert len(server.requests[0].json) == 1
    assert receipt.rejected[0].error == "no such field"
    assert (receipt.standings[0].previous_rank, receipt.standings[0].value) == (None, 2.5)
    assert receipt.awards[0].achievement == "first_win"


def test_a_board_is_asked_for_by_window_page_and_partition(server: RecordingServer, ask: Ask) -> None:
    server.answer(PAGE)
    page = ask(server, "board", "golf", "wins", window="week", limit=2, offset=4, region="eu")

    assert server.requests[0].path == "/v1/games/golf/boards/wins"
    assert server.requests[0].query == {"window": "week", "limit": "2", "offset": "4", "region": "eu"}
    assert (page.total, page.partition) == (3, {"region": "eu"})
    assert [(entry.rank, entry.name, entry.value) for entry in page.entries] == [(1, "Ada", 4), (1, None, 4)]
    assert page.entries[0].values == {"games_won": 4, "win_rate": 80.0}


@pytest.mark.parametrize(
    "method,args,kwargs,answer,sent",
    [
        ("games", (), {}, {"games": []}, ("GET", "/v1/games", {})),
        ("boards", ("golf",), {}, {"boards": []}, ("GET", "/v1/games/golf/boards", {})),
        (
            "standing",
            ("golf", "wins", "a/b ü"),
            {"window": "day"},
            {"player": "a/b ü", "rank": None, "value": None, "total": 0, "percentile": None},
            ("GET", "/v1/games/golf/boards/wins/players/a%2Fb%20%C3%BC", {"window": "day"}),
        ),
        (
            "around",
            ("golf", "wins", "ada"),
            {"span": 3},
            PAGE,
            ("GET", "/v1/games/golf/boards/wins/players/ada/around", {"span": "3", "window": "all"}),
        ),
        (
            "lookup",
            ("golf", "wins", ["ada", "bo"]),
            {"region": "na"},
            PAGE,
            ("POST", "/v1/games/golf/boards/wins/lookup", {"window": "all", "region": "na"}),
        ),
        (
            "sheet",
            ("golf", "career"),
            {"player": "ada", "order": "games_won desc"},
            {"sheet": "career", "rows": [{"player": "ada", "games_won": 3}]},
            (
                "GET",
                "/v1/games/golf/sheets/career",
                {"player": "ada", "order": "games_won desc", "window": "all"},
            ),
        ),
        ("achievements", ("golf",), {}, {"achievements": []}, ("GET", "/v1/games/golf/achievements", {})),
        ("seasons", ("golf",), {}, {"seasons": []}, ("GET", "/v1/games/golf/seasons", {})),
        (
            "matches",
            ("golf",),
            {"status": "open", "player": "ada"},
            {"matches": []},
            ("GET", "/v1/games/golf/matches", {"status": "open", "player": "ada"}),
        ),
        ("match", ("golf", "m1"), {}, {"match": "m1"}, ("GET", "/v1/games/golf/matches/m1", {})),
        ("player", ("ada",), {}, {"player": "ada"}, ("GET", "/v1/players/ada", {})),
        ("player_stats", ("ada",), {}, {"player": "ada"}, ("GET", "/v1/players/ada/stats", {})),
        ("player_achievements", ("ada",), {}, {"player": "ada"}, ("GET", "/v1/players/ada/achievements", {})),
        (
            "player_matches",
            ("ada",),
            {"limit": 5},
            {"matches": []},
            ("GET", "/v1/players/ada/matches", {"limit": "5"}),
        ),
        ("put_player", ("ada",), {"name": "Ada"}, {"player": "ada"}, ("PUT", "/v1/players/ada", {})),
        (
            "moderation.void",
            ("golf",),
            {"match": "m1", "reason": "x", "dry_run": True},
            {**OUTCOME, "correction": None},
            ("POST", "/v1/games/golf/corrections", {"dry_run": "true"}),
        ),
        (
            "moderation.ban",
            ("a/b",),
            {"reason": "x", "namespace": "golf"},
            OUTCOME,
            ("POST", "/v1/players/a%2Fb/ban", {"namespace": "golf"}),
        ),
        (
            "moderation.ban",
            ("ada",),
            {"reason": "x", "game": "golf"},
            OUTCOME,
            ("POST", "/v1/games/golf/corrections", {}),
        ),
        (
            "moderation.unban",
            ("ada",),
            {"reason": "it was bo", "game": "golf"},
            OUTCOME,
            ("DELETE", "/v1/players/ada/ban", {"reason": "it was bo", "game": "golf"}),
        ),
        (
            "moderation.merge",
            ("golf", "ada", "bo"),
            {"reason": "x"},
            OUTCOME,
            ("POST", "/v1/games/golf/corrections", {}),
        ),
        (
            "moderation.undo",
            ("golf", 7),
            {"reason": "x"},
            OUTCOME,
            ("POST", "/v1/games/golf/corrections/7/undo", {}),
        ),
        (
            "moderation.accept",
            ("golf", 4),
            {"reason": "x"},
            OUTCOME,
            ("POST", "/v1/games/golf/quarantine/4/accept", {}),
        ),
        (
            "moderation.refuse",
            ("golf", 4),
            {"reason": "x", "dry_run": True},
            OUTCOME,
            ("POST", "/v1/games/golf/quarantine/4/refuse", {"dry_run": "true"}),
        ),
        (
            "moderation.corrections",
            ("golf",),
            {"kind": "void", "limit": 5},
            {"corrections": [OUTCOME["correction"]], "total": 9},
            ("GET", "/v1/games/golf/corrections", {"kind": "void", "limit": "5"}),
        ),
        (
            "moderation.correction",
            ("golf", 7),
            {},
            OUTCOME["correction"],
            ("GET", "/v1/games/golf/corrections/7", {}),
        ),
        (
            "moderation.quarantine",
            ("golf",),
            {"status": "waiting"},
            {"game": "golf", "events": [], "total": 0},
            ("GET", "/v1/games/golf/quarantine", {"status": "waiting"}),
        ),
    ],
)
def test_every_call_asks_for_its_path(
    server: RecordingServer,
    ask: Ask,
    method: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    answer: dict[str, Any],
    sent: tuple[str, str, dict[str, str]],
) -> None:
    server.answer(answer)
    ask(server, method, *args, **kwargs)
    (request,) = server.requests
    assert (request.method, request.path, request.query) == sent


def test_bodies_carry_what_was_given_and_nothing_else(server: RecordingServer, ask: Ask) -> None:
    server.answer({"player": "ada"})
    ask(server, "put_player", "ada", name="Ada", region="eu")
    server.answers = [(200, PAGE, {})]
    ask(server, "lookup", "golf", "wins", ("ada", "bo"))
    assert [request.json for request in server.requests] == [
        {"name": "Ada", "region": "eu"},
        {"players": ["ada", "bo"]},
    ]


def test_a_refusal_is_an_error_with_the_problem(server: RecordingServer, ask: Ask) -> None:
    problem = {
        "type": "about:blank",
        "title": "Unknown game",
        "status": 404,
        "detail": "no game 'gulf'",
        "near": "golf",
    }
    server.answer(problem, status=404)
    with pytest.raises(KleosAPIError) as caught:
        ask(server, "board", "gulf", "wins")
    error = caught.value
    assert (error.status, error.title, error.detail) == (404, "Unknown game", "no game 'gulf'")
    assert error.problem["near"] == "golf"
    assert len(server.requests) == 1, "a refusal is not tried again"


def test_a_refusal_that_is_no_problem_document_keeps_its_text(server: RecordingServer, ask: Ask) -> None:
    server.answer(b"<h1>Bad Gateway</h1>", status=502)
    with pytest.raises(KleosAPIError) as caught:
        ask(server, "games")
    assert (caught.value.status, caught.value.detail) == (502, "<h1>Bad Gateway</h1>")


def test_an_answer_of_another_shape_is_an_error(server: RecordingServer, ask: Ask) -> None:
    server.answer({"accepted": "many"})
    with pytest.raises(KleosClientError, match="something else"):
        ask(server, "send", "golf", {"type": "a"})


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_not_now_is_tried_again_with_the_same_ids(server: RecordingServer, ask: Ask, status: int) -> None:
    server.answer({"title": "Not now"}, status=status)
    server.answer({"title": "Not now"}, status=status, retry_after="0")
    server.answer(RECEIPT)
    receipt = ask(server, "send", "golf", [{"type": "a"}])
    assert receipt.accepted == 1
    assert len(server.requests) == 3
    assert len({request.json[0]["id"] for request in server.requests}) == 1


def test_a_correction_says_what_it_is_about_and_is_read_with_what_it_changes(server: RecordingServer, ask: Ask) -> None:
    server.answer(OUTCOME)
    since = datetime(2026, 2, 1, tzinfo=UTC)
    outcome = ask(server, "moderation.void", "golf", player="ada", since=since, reason="shared")
    sent = {"kind": "void", "reason": "shared", "player": "ada", "from": "2026-02-01T00:00:00Z"}
    assert server.requests[0].json == sent
    assert (outcome.correction.correction, outcome.correction.subject.since) == (7, since)
    (effect,) = outcome.effects
    assert effect.rows[0].cells == {"games_won": (4, 3)}
    assert (effect.awards[0].kind, effect.ranks[0].before, effect.ranks[0].after) == ("lost", 1, None)


def test_a_correction_is_sent_once_and_its_rehearsal_again(server: RecordingServer, ask: Ask) -> None:
    server.answer({"title": "Unavailable", "detail": "the database is away"}, status=503)
    with pytest.raises(KleosAPIError, match="the database is away"):
        ask(server, "moderation.void", "golf", match="m1", reason="x")
    assert len(server.requests) == 1
    server.forget()
    server.answer({"title": "Unavailable"}, status=503)
    server.answer({**OUTCOME, "dry_run": True, "correction": None})
    assert ask(server, "moderation.void", "golf", match="m1", reason="x", dry_run=True).correction is None
    assert len(server.requests) == 2


def test_an_answer_for_good_is_not_tried_again(server: RecordingServer, ask: Ask) -> None:
    server.answer({"title": "Internal Server Error"}, status=500)
    with pytest.raises(KleosAPIError, match="500"):
        ask(server, "games")
    assert len(server.requests) == 1


def test_a_503_that_stays_is_an_error_in_the_end(server: RecordingServer, ask: Ask) -> None:
    server.answer({"title": "Unavailable", "detail": "the database is away"}, status=503)
    with pytest.raises(KleosAPIError, match="the database is away"):
        ask(server, "games")
    assert len(server.requests) == QUICK.attempts


def test_a_server_that_is_not_there_is_a_connection_error(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = RecordingServer(url=f"http://127.0.0.1:{taken.getsockname()[1]}")
    with pytest.raises(KleosConnectionError, match="failed 3 times"):
        ask(nobody, "games")


def test_waits_grow_are_drawn_and_end() -> None:
    seed = 20
    policy, rng = RetryPolicy(attempts=8, base_s=0.1, longest_s=2.0), Random(seed)
    for attempt in range(1, 8):
        waits = [policy.wait_s(attempt, None, rng) for _ in range(200)]
        ceiling = min(2.0, 0.1 * 2 ** (attempt - 1))
        assert all(wait is not None and 0.0 <= wait <= ceiling for wait in waits), f"seed {seed}"
        assert max(wait for wait in waits if wait is not None) > 0.8 * ceiling, f"seed {seed}"
    assert policy.wait_s(8, None, rng) is None
    after = policy.wait_s(1, "1", rng)
    assert after is not None
    assert after >= 1.0


def waited_for(offered: dict[str, inspect.Signature]) -> dict[str, inspect.Signature]:
    """All of them are coroutines, and are else the same."""
    assert all(inspect.iscoroutinefunction(getattr(AsyncModeration, name)) for name in offered)
    return offered


def test_both_clients_offer_the_same() -> None:
    def offered(client: type) -> dict[str, inspect.Signature]:
        public = {name: method for name, method in inspect.getmembers(client, inspect.isfunction) if name[0] != "_"}
        return {name: inspect.signature(method) for name, method in public.items()}

    ordinary, asynchronous = offered(Kleos), offered(AsyncKleos)
    recorders = ordinary["recorder"].return_annotation, asynchronous["recorder"].return_annotation
    assert recorders == (Recorder, AsyncRecorder)
    assert waited_for(offered(AsyncModeration)) == offered(Moderation)
    assert offered(Recorder).keys() == offered(AsyncRecorder).keys() - {"open"}
    asynchronous["recorder"] = asynchronous["recorder"].replace(return_annotation=Recorder)
    assert ordinary == asynchronous
