"""Recorders against real servers: what was recorded counts exactly once, whatever happens to the server."""

import asyncio
import email.utils
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from kleos.client import (
    AsyncKleos,
    AsyncRecorder,
    Backoff,
    FailedEvent,
    Kind,
    Kleos,
    Recorder,
    RecorderClosed,
    RecorderSettings,
    SpoolError,
    SpoolFull,
    SpoolInUse,
    Trouble,
)
from kleos.client.dead_letters import DeadLetters, read_dead_letters
from tests.client.kleos_server import KEY, KleosServer
from tests.client.recording_server import Recorded, RecordingServer

QUICK = RecorderSettings(send_every_s=0.005, timeout_s=10.0, backoff=Backoff(base_s=0.005, longest_s=0.05))
RUN = {"player": "ada", "score": 1.0, "game_mode": "timed"}
PATIENCE_S = 120.0


def taken(recorded: Recorded) -> dict[str, Any]:
    return {"accepted": len(recorded.json), "duplicates": 0, "quarantined": 0, "rejected": [], "seq": 1}


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(0.005)


def recorder(
    server: RecordingServer | KleosServer,
    spool: Path,
    troubles: list[Trouble] | None = None,
    settings: RecorderSettings = QUICK,
    key: str = KEY,
) -> Recorder:
    heard = troubles if troubles is not None else []
    return Recorder(server.url, key, "arcade", spool, settings=settings, on_trouble=heard.append)


def test_what_was_recorded_counts(kleos_server: KleosServer, tmp_path: Path) -> None:
    with Kleos(kleos_server.url, KEY) as kleos, kleos.recorder("arcade", tmp_path) as recording:
        ids = [recording.record("score_submitted", **RUN) for _ in range(200)]
        given = recording.record({"type": "score_submitted", **RUN}, id="mine", at=datetime(2026, 1, 2, tzinfo=UTC))
        assert recording.flush(PATIENCE_S)
        statistics = recording.statistics()
    assert given == "mine"
    assert sorted(ids) == ids
    assert len(set(ids)) == 200
    assert kleos_server.runs_of("ada") == 201
    assert (statistics.recorded, statistics.accepted, statistics.pending) == (201, 201, 0)
    assert (statistics.oldest_age_s, statistics.troubles) == (None, frozenset())
    assert sorted(path.name for path in (tmp_path / "arcade").iterdir()) == ["lock"]


def test_events_are_what_they_were_when_recorded(server: RecordingServer, tmp_path: Path) -> None:
    server.respond = taken
    metadata = {"level": 1}
    before_us = time.time_ns() // 1000
    with recorder(server, tmp_path) as recording:
        for _ in range(50):
            recording.record("score_submitted", **RUN, metadata=metadata)
        metadata["level"] = 2
        assert recording.flush(PATIENCE_S)
    events = [event for request in server.requests for event in request.json]
    assert {event["metadata"]["level"] for event in events} == {1}
    assert server.requests[0].path == "/v1/games/arcade/events"
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    times = [(datetime.fromisoformat(event["at"]), event["id"]) for event in events]
    assert times == sorted(times)
    assert before_us / 1e6 - 1e-3 <= times[0][0].timestamp() <= time.time()


@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_sends_the_same_events_and_waits_as_long_as_it_is_told(
    server: RecordingServer, tmp_path: Path, status: int
) -> None:
    server.answer({"detail": "not now"}, status, Retry_After="1")
    server.answer({"accepted": 1})
    troubles: list[Trouble] = []
    with recorder(server, tmp_path, troubles) as recording:
        recording.record("score_submitted", **RUN)
        started = time.monotonic()
        assert recording.flush(PATIENCE_S)
        assert time.monotonic() - started >= 0.9
    first, second = server.requests
    assert first.body == second.body
    assert [trouble.kind for trouble in troubles] == [Kind.UNREACHABLE]


def test_waits_grow_to_their_bound_and_never_overflow() -> None:
    backoff = Backoff(base_s=0.2, longest_s=60.0, rng=Random(7))
    for failures in (1, 2, 5, 10, 5000):
        bound = min(60.0, 0.2 * 2.0 ** min(failures - 1, 40))
        waits = [backoff.wait_s(failures) for _ in range(300)]
        assert 0.0 <= min(waits) < 0.2 * bound
        assert 0.8 * bound < max(waits) <= bound
    assert 5.0 <= backoff.wait_s(1, "5") <= 5.2
    in_a_minute = email.utils.format_datetime(datetime.fromtimestamp(time.time() + 60, UTC), usegmt=True)
    assert 50.0 < backoff.wait_s(1, in_a_minute) < 60.5
    assert backoff.wait_s(1, "soon") <= 0.2
    assert backoff.wait_s(1, "999999999") <= 3600.2


def test_a_lost_network_loses_nothing(kleos_server: KleosServer, tmp_path: Path) -> None:
    troubles: list[Trouble] = []
    with recorder(kleos_server, tmp_path, troubles) as recording:
        for _ in range(30):
            recording.record("score_submitted", **RUN)
        assert recording.flush(PATIENCE_S)
        kleos_server.stop()
        for _ in range(50):
            recording.record("score_submitted", **RUN)
        until(lambda: recording.statistics().troubles == {Kind.UNREACHABLE})
        assert recording.sync(PATIENCE_S)
        assert not recording.flush(0.05)
        statistics = recording.statistics()
        assert (statistics.pending, statistics.in_memory) == (50, 0)
        assert statistics.oldest_age_s is not None
        assert 0.0 < statistics.oldest_age_s < PATIENCE_S
        kleos_server.start()
        assert recording.flush(PATIENCE_S)
        assert recording.statistics().troubles == frozenset()
    assert kleos_server.runs_of("ada") == 80
    assert [trouble.kind for trouble in troubles] == [Kind.UNREACHABLE]


def test_what_could_not_be_sent_is_sent_by_the_next_one(kleos_server: KleosServer, tmp_path: Path) -> None:
    kleos_server.stop()
    away = recorder(kleos_server, tmp_path)
    for _ in range(40):
        away.record("score_submitted", **RUN)
    away.close(timeout_s=0.0)
    with pytest.raises(RecorderClosed):
        away.record("score_submitted", **RUN)
    kleos_server.start()
    with recorder(kleos_server, tmp_path) as recording:
        assert recording.flush(PATIENCE_S)
        assert recording.statistics().sent == 40
    assert kleos_server.runs_of("ada") == 40


def test_rejected_and_quarantined_events_are_told_and_kept(kleos_server: KleosServer, tmp_path: Path) -> None:
    troubles: list[Trouble] = []
    with recorder(kleos_server, tmp_path, troubles) as recording:
        recording.record("score_submitted", **RUN)
        recording.record("score_submitted", id="no-mode", player="ada", score=1.0)
        recording.record("score_submitted", id="below", player="ada", score=-1.0, game_mode="timed")
        recording.record("no_such_type", id="no-type")
        assert recording.flush(PATIENCE_S)
        statistics = recording.statistics()
    assert kleos_server.runs_of("ada") == 1
    assert (statistics.accepted, statistics.rejected, statistics.quarantined) == (1, 2, 1)
    told = {(trouble.kind, event.id) for trouble in troubles for event in trouble.events}
    assert told == {(Kind.REJECTED, "no-mode"), (Kind.REJECTED, "no-type"), (Kind.QUARANTINED, "below")}
    letters = read_dead_letters(tmp_path / "arcade")
    kept = {(letter.why, msgspec.json.decode(letter.event)["id"]) for letter in letters}
    assert kept == {(str(kind), id) for kind, id in told}
    assert all(letter.error for letter in letters)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_is_refused_whole_is_halved_until_the_culprit_is_alone(
    server: RecordingServer, tmp_path: Path, status: int
) -> None:
    accepted: list[str] = []

    def judge(recorded: Recorded) -> tuple[int, Any]:
        ids = [event["id"] for event in recorded.json]
        if "poison" in ids:
            return status, {"title": "no"}
        accepted.extend(ids)
        return 200, taken(recorded)

    server.judge = judge
    ids = [f"run-{number}" for number in range(20)]
    with recorder(server, tmp_path) as recording:
        for id in (*ids[:13], "poison", *ids[13:]):
            recording.record("score_submitted", **RUN, id=id)
        assert recording.flush(PATIENCE_S)
        assert recording.statistics().rejected == 1
    assert sorted(accepted) == sorted(ids)
    (letter,) = read_dead_letters(tmp_path / "arcade")
    assert letter.why == "refused"
    assert msgspec.json.decode(letter.event)["id"] == "poison"
    assert str(status) in letter.error


@pytest.mark.parametrize("status", [401, 403, 404, 307])
def test_a_wrong_key_or_address_keeps_the_events(server: RecordingServer, tmp_path: Path, status: int) -> None:
    server.answer({"title": "who are you?"}, status)
    server.answer({"title": "who are you?"}, status)
    server.answer({"accepted": 1})
    troubles: list[Trouble] = []
    with recorder(server, tmp_path, troubles) as recording:
        recording.record("score_submitted", **RUN)
        assert recording.flush(PATIENCE_S)
        assert recording.statistics().accepted == 1
    assert [trouble.kind for trouble in troubles] == [Kind.HELD]
    assert read_dead_letters(tmp_path / "arcade") == []


def test_an_answer_that_is_not_kleos_acknowledges_nothing(server: RecordingServer, tmp_path: Path) -> None:
    server.answer(b"<html>Sign in to the hotel's network</html>")
    server.answer({"accepted": 1})
    troubles: list[Trouble] = []
    with recorder(server, tmp_path, troubles) as recording:
        recording.record("score_submitted", **RUN)
        assert recording.flush(PATIENCE_S)
    assert len(server.requests) == 2
    assert [trouble.kind for trouble in troubles] == [Kind.HELD]


def test_a_full_spool_refuses_the_newest_and_says_so(server: RecordingServer, tmp_path: Path) -> None:
    server.answer({}, 503, Retry_After="3600")
    troubles: list[Trouble] = []
    full = RecorderSettings(spool_limit_bytes=2000, send_every_s=0.001, timeout_s=5.0)
    recording = recorder(server, tmp_path, troubles, full)
    kept = _record_until_full(recording)
    with pytest.raises(SpoolFull, match="of at most 2,000"):
        recording.record("score_submitted", **RUN)
    statistics = recording.statistics()
    assert (statistics.recorded, statistics.refused) == (kept, 2)
    assert 5 < kept < 20
    assert Kind.FULL in statistics.troubles
    recording.close(timeout_s=0.0)
    assert [trouble.kind for trouble in troubles].count(Kind.FULL) == 1

    server.forget()
    server.respond = taken
    with recorder(server, tmp_path) as again:
        assert again.flush(PATIENCE_S)
        assert again.statistics().sent == kept


def _record_until_full(recording: Recorder) -> int:
    for kept in range(1000):
        try:
            recording.record("score_submitted", **RUN)
        except SpoolFull:
            return kept
    raise AssertionError("it was never full")


def test_memory_is_bounded_where_the_disk_does_not_keep_up(server: RecordingServer, tmp_path: Path) -> None:
    server.respond = taken
    with recorder(server, tmp_path, settings=RecorderSettings(memory_limit_bytes=1000)) as recording:
        with pytest.raises(SpoolFull, match="in memory of at most 1,000"):
            recording.record("score_submitted", **RUN, metadata="x" * 1000)
        recording.record("score_submitted", **RUN)
        assert recording.flush(PATIENCE_S)


def test_threads_record_at_once(kleos_server: KleosServer, tmp_path: Path) -> None:
    ids: list[list[str]] = [[] for _ in range(8)]
    with recorder(kleos_server, tmp_path) as recording:

        def play(mine: list[str]) -> None:
            mine.extend(recording.record("score_submitted", **RUN) for _ in range(250))

        threads = [threading.Thread(target=play, args=(mine,)) for mine in ids]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert recording.flush(PATIENCE_S)
        assert recording.statistics().recorded == 2000
    assert len({id for mine in ids for id in mine}) == 2000
    assert kleos_server.runs_of("ada") == 2000


def test_what_json_cannot_hold_is_said_at_once_and_harms_nothing(server: RecordingServer, tmp_path: Path) -> None:
    server.respond = taken
    with recorder(server, tmp_path) as recording:
        with pytest.raises(TypeError):
            recording.record("score_submitted", player=object())
        with pytest.raises(ValueError, match="surrogates"):
            recording.record("score_submitted", player="\ud800")
        recording.record("score_submitted", **RUN)
        assert recording.flush(PATIENCE_S)
        assert (recording.statistics().recorded, recording.statistics().sent) == (1, 1)


def test_dead_letters_survive_a_crash_in_the_middle_of_one(tmp_path: Path) -> None:
    failed = FailedEvent("a", "no", b'{"id":"a"}')
    DeadLetters(tmp_path).add(Kind.REJECTED, [failed])
    whole = DeadLetters(tmp_path).size_bytes
    with (tmp_path / "dead-letters.ndjson").open("ab") as file:
        file.write(b'{"why":"rejec')
    again = DeadLetters(tmp_path)
    assert again.size_bytes == whole
    again.add(Kind.REFUSED, [failed])
    assert [letter.why for letter in read_dead_letters(tmp_path)] == ["rejected", "refused"]


def test_a_callback_that_fails_stops_nothing(server: RecordingServer, tmp_path: Path) -> None:
    server.answer({"accepted": 0, "rejected": [{"index": 0, "error": "no"}]})

    def fail(trouble: Trouble) -> None:
        raise RuntimeError(trouble.detail)

    with Recorder(server.url, KEY, "arcade", tmp_path, settings=QUICK, on_trouble=fail) as recording:
        recording.record("score_submitted", **RUN)
        assert recording.flush(PATIENCE_S)
        recording.record("score_submitted", **RUN)
        assert recording.flush(PATIENCE_S)
        assert recording.statistics().rejected == 2


def test_one_recorder_has_a_spool(server: RecordingServer, tmp_path: Path) -> None:
    server.respond = taken
    with recorder(server, tmp_path), pytest.raises(SpoolInUse):
        recorder(server, tmp_path)
    recorder(server, tmp_path).close()


@pytest.mark.parametrize("game", ["", "../golf", ".", "a/b"])
def test_a_name_that_is_none_is_refused(server: RecordingServer, tmp_path: Path, game: str) -> None:
    with pytest.raises(SpoolError, match="no name of a game"):
        Recorder(server.url, KEY, game, tmp_path)


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no address of a server"):
        Recorder("kleos.example", KEY, "arcade", tmp_path)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_the_child_of_a_fork_is_told_and_the_parent_goes_on(server: RecordingServer, tmp_path: Path) -> None:
    server.respond = taken
    with recorder(server, tmp_path) as recording:
        recording.record("score_submitted", **RUN)
        child = os.fork()
        if child == 0:
            said = 1
            try:
                recording.record("score_submitted", **RUN)
            except RecorderClosed as error:
                said = 0 if "fork" in str(error) else 2
            recording.close()
            os._exit(said)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        recording.record("score_submitted", **RUN)
        assert recording.flush(PATIENCE_S)
        assert recording.statistics().sent == 2


async def test_async_what_was_recorded_counts(kleos_server: KleosServer, tmp_path: Path) -> None:
    async with AsyncKleos(kleos_server.url, KEY) as kleos, kleos.recorder("arcade", tmp_path) as recording:
        for _ in range(300):
            recording.record("score_submitted", **RUN)
        assert await recording.sync(PATIENCE_S)
        assert await recording.flush(PATIENCE_S)
        assert recording.statistics().accepted == 300
    assert kleos_server.runs_of("ada") == 300


async def test_async_waits_out_the_server_and_leaves_the_rest(server: RecordingServer, tmp_path: Path) -> None:
    troubles: list[Trouble] = []
    server.answer({}, 503)
    server.answer({}, 401)
    server.answer({"accepted": 1})
    server.answer({}, 503, Retry_After="3600")
    opened = AsyncRecorder(server.url, KEY, "arcade", tmp_path, settings=QUICK, on_trouble=troubles.append)
    with pytest.raises(RecorderClosed, match="not open yet"):
        opened.record("score_submitted", **RUN)
    async with opened as recording:
        recording.record("score_submitted", **RUN)
        assert await recording.flush(PATIENCE_S)
        late = recording.record("score_submitted", **RUN)
        assert not await recording.flush(0.2)
        await recording.close(timeout_s=0.0)
    assert [trouble.kind for trouble in troubles] == [Kind.UNREACHABLE, Kind.HELD, Kind.UNREACHABLE]

    server.forget()
    server.respond = taken
    async with AsyncRecorder(server.url, KEY, "arcade", tmp_path, settings=QUICK) as again:
        assert await again.flush(PATIENCE_S)
    assert late in [event["id"] for event in server.requests[0].json]


def test_a_loop_that_ends_without_closing_keeps_the_events(server: RecordingServer, tmp_path: Path) -> None:
    server.answer({}, 503)

    async def forget_to_close() -> AsyncRecorder:
        opened = AsyncRecorder(server.url, KEY, "arcade", tmp_path, settings=QUICK)
        await opened.open()
        opened.record("score_submitted", **RUN)
        return opened

    opened = asyncio.run(forget_to_close())
    opened.record("score_submitted", **RUN)
    asyncio.run(opened.close(timeout_s=0.0))
    server.forget()
    server.respond = taken
    with recorder(server, tmp_path) as again:
        assert again.flush(PATIENCE_S)
        assert again.statistics().sent == 2
