"""`kleos import`: every event counted once, however often and in whatever form it comes; bad lines named."""

import gzip
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import zstandard

from kleos.cli.lines import opened
from tests.cli.conftest import KEY, PATIENCE_S, Result, Served, Start, kleos, ndjson, runs


def counts(result: Result) -> tuple[int, int, int, int]:
    """Accepted, duplicates, quarantined, rejected."""
    files = result.json["files"]
    names = ("accepted", "duplicates", "quarantined", "rejected")
    accepted, duplicates, quarantined, rejected = (sum(each[name] for each in files) for name in names)
    return accepted, duplicates, quarantined, rejected


@pytest.fixture
def events() -> bytes:
    """Runs that no other test has, without ids."""
    return ndjson(runs(230, player=uuid4().hex + "-{}"))


def plain(content: bytes) -> tuple[str, bytes]:
    return "runs.ndjson", content


def gzipped(content: bytes) -> tuple[str, bytes]:
    half = len(content) // 2
    return "runs.ndjson.gz", gzip.compress(content[:half]) + gzip.compress(content[half:])


def zstandarded(content: bytes) -> tuple[str, bytes]:
    half = len(content) // 2
    return "runs.ndjson.zst", zstandard.compress(content[:half]) + zstandard.compress(content[half:])


@pytest.mark.parametrize("form", [plain, gzipped, zstandarded])
def test_a_file_counts_once_in_whatever_form(
    served: Served, tmp_path: Path, events: bytes, form: Callable[[bytes], tuple[str, bytes]]
) -> None:
    name, content = form(events)
    file = tmp_path / name
    file.write_bytes(content)
    first = served.run("import", "arcade", str(file), "--json", "--batch", "100")
    assert (first.code, first.err) == (0, "")
    assert counts(first) == (230, 0, 0, 0)
    again = served.run("import", "arcade", str(file), "--json", "--batch", "7")
    assert counts(again) == (0, 230, 0, 0)
    piped = served.run("import", "arcade", "-", "--json", given=events.replace(b"\n", b"\r\n"))
    assert counts(piped) == (0, 230, 0, 0)
    assert os.listdir(tmp_path) == [name]  # no bookmark is left of an import that came to its end


def test_a_file_that_grew_counts_only_what_is_new(served: Served, tmp_path: Path, events: bytes) -> None:
    file = tmp_path / "log.ndjson"
    lines = events.splitlines(keepends=True)
    file.write_bytes(b"\xef\xbb\xbf" + b"".join(lines[:100]).rstrip(b"\n"))
    assert counts(served.run("import", "arcade", str(file), "--json")) == (100, 0, 0, 0)
    file.write_bytes(events)
    assert counts(served.run("import", "arcade", str(file), "--json")) == (130, 100, 0, 0)


def test_equal_lines_are_different_events(served: Served) -> None:
    (event,) = runs(1, player=uuid4().hex)
    assert counts(served.run("import", "arcade", "-", "--json", given=ndjson([event] * 5))) == (5, 0, 0, 0)


def test_ids_of_the_events_own_are_kept(served: Served) -> None:
    player = uuid4().hex
    named = [{**event, "id": f"{player}-{n % 3}"} for n, event in enumerate(runs(6, player=player))]
    unnamed = [{**event, "id": None} for event in runs(2, player=player)]
    result = served.run("import", "arcade", "-", "--json", given=ndjson([*named, *unnamed]))
    assert counts(result) == (5, 3, 0, 0)


def test_bad_lines_are_named_and_do_not_stop_the_rest(served: Served, tmp_path: Path, events: bytes) -> None:
    lines = events.splitlines(keepends=True)
    lines[10:10] = [b"\n", b"not json\n", b'"text"\n', b"{}\n", b'{"type":"jumped"}\n']
    lines[100:100] = [ndjson(runs(1, game_mode="chess")), ndjson(runs(1, score=-1.0))]
    lines.append(b'{"type":"score_submitted","metadata":"' + b"x" * 9_000_000 + b'"}\n')
    lines.append(ndjson(runs(1, player=uuid4().hex)))
    file = tmp_path / "runs.ndjson"
    file.write_bytes(b"".join(lines))
    told = served.run("import", "arcade", str(file), "--batch", "50")
    assert told.code == 1
    named = [line.removeprefix(f"{file}:").partition(":")[0] for line in told.err.splitlines()]
    assert named == ["12", "13", "14", "15", "101", "102", "238"]
    assert "231 accepted, 0 duplicates, 2 quarantined, 5 rejected" in told.out
    again = served.run("import", "arcade", str(file), "--json")
    assert again.code == 1
    kinds = [(problem["line"], problem["kind"]) for problem in again.json["problems"]]
    assert kinds == [(line, "rejected") for line in (12, 13, 14, 15, 238)]
    assert all(problem["error"] and problem["file"] == str(file) for problem in again.json["problems"])


def test_many_bad_lines_are_counted_and_the_first_named(served: Served) -> None:
    result = served.run("import", "arcade", "-", "--json", given=b"nonsense\n" * 150)
    assert (result.code, counts(result)) == (1, (0, 0, 0, 150))
    assert (len(result.json["problems"]), result.json["problems_left_off"]) == (100, 50)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_an_import_that_was_stopped_goes_on(served: Served, start: Start, tmp_path: Path, elsewhere: bool) -> None:
    content = ndjson(runs(20_000, player=uuid4().hex + "-{}"))
    file, folder = tmp_path / "many.ndjson", tmp_path / "bookmarks"
    folder.mkdir()
    file.write_bytes(content)
    options = ("--state", str(folder)) if elsewhere else ()
    bookmark = (folder if elsewhere else tmp_path) / "many.ndjson.kleos-import"
    stopped = start("import", "arcade", str(file), "--batch", "20", *options, env=served.env)
    deadline_s = time.monotonic() + PATIENCE_S
    while not bookmark.exists():
        assert stopped.popen.poll() is None, stopped.errors()
        assert time.monotonic() < deadline_s
        time.sleep(0.002)  # looks again for the file; nothing tells of it
    ended = stopped.end(signal.SIGINT)
    assert (ended.code, "Traceback" in ended.err) == (130, False)
    assert bookmark.exists()
    rest = served.run("import", "arcade", str(file), "--json", *options)
    assert rest.code == 0, rest.err
    accepted, duplicates, _, _ = counts(rest)
    before = rest.json["files"][0]["from_line"] - 1
    assert 0 < before < 20_000
    assert before + accepted + duplicates == 20_000
    assert not bookmark.exists()
    whole = served.run("import", "arcade", str(file), "--json", "--from-start")
    assert counts(whole) == (0, 20_000, 0, 0)


def test_a_bookmark_of_another_file_is_passed_over(served: Served, tmp_path: Path, events: bytes) -> None:
    file, bookmark = tmp_path / "runs.ndjson", tmp_path / "runs.ndjson.kleos-import"
    file.write_bytes(events)
    for game, line in (("arcade", 7), ("arcade", 7000), ("golf", 7), ("", 0)):
        database = httpx.get(f"{served.url}/v1/games/arcade").json()["database"]
        wrong = {"game": game, "into": served.url, "database": database, "place": {"line": line, "digest": "00"}}
        bookmark.write_text(json.dumps(wrong) if game else "nonsense")
        result = served.run("import", "arcade", str(file), "--json")
        accepted, duplicates, _, _ = counts(result)
        assert (accepted + duplicates, result.json["files"][0]["from_line"]) == (230, 1)


def test_a_bookmark_of_another_database_is_passed_over(served: Served, tmp_path: Path, events: bytes) -> None:
    """The server at that address was given another one, in which nothing is of what was sent before."""
    file, bookmark = tmp_path / "runs.ndjson", tmp_path / "runs.ndjson.kleos-import"
    file.write_bytes(events)
    with opened(str(file)) as lines:
        end = next(iter(lines.batches(100))).end
    database = httpx.get(f"{served.url}/v1/games/arcade").json()["database"]
    there = {"game": "arcade", "into": served.url, "place": {"line": end.line, "digest": end.digest}}
    for known in ({}, {"database": str(uuid4())}, {"database": ""}):
        bookmark.write_text(json.dumps({**there, **known}))
        result = served.run("import", "arcade", str(file), "--json")
        assert (sum(counts(result)), result.json["files"][0]["from_line"]) == (230, 1), known
    bookmark.write_text(json.dumps({**there, "database": database}))
    assert served.run("import", "arcade", str(file), "--json").json["files"][0]["from_line"] == end.line + 1


def test_what_cannot_be_imported(served: Served, tmp_path: Path, events: bytes) -> None:
    broken = tmp_path / "broken.ndjson.gz"
    broken.write_bytes(gzip.compress(events)[:-20])
    for arguments, words in (
        ((str(tmp_path / "none"),), "there is no such file"),
        ((str(tmp_path),), "is a folder"),
        ((str(broken),), "cannot be read"),
        (("-", "--nope"), "no option --nope"),
        (("-", "--state", str(tmp_path / "none")), "is no folder"),
        (("-", "--key", "wrong"), "401"),
    ):
        result = served.run("import", "arcade", *arguments, given=events)
        assert (result.code, words in result.err) == (1, True), result
        assert "Traceback" not in result.err
    unknown = served.run("import", "arkade", "-", given=events)
    assert (unknown.code, "did you mean 'arcade'" in unknown.err) == (1, True)


def test_into_a_database_without_a_server(data_dir: Path, tmp_path: Path, events: bytes) -> None:
    file = tmp_path / "runs.ndjson"
    file.write_bytes(events + b"nonsense\n")
    result = kleos("import", "arcade", str(file), "--data", str(data_dir), "--json")
    assert (result.code, counts(result)) == (1, (230, 0, 0, 1))
    right = kleos("verify", "arcade", "--data", str(data_dir))
    assert (right.code, right.out.startswith("arcade: no difference (230 events")) == (0, True)
    unknown = kleos("import", "arkade", str(file), "--data", str(data_dir))
    assert (unknown.code, "arkade" in unknown.err) == (1, True)


def test_into_the_database_of_a_running_server(served: Served, tmp_path: Path) -> None:
    result = served.run("import", "arcade", "-", "--data", str(served.data), given=b"{}")
    assert (result.code, "in use by another Kleos" in result.err) == (1, True)
    assert KEY not in result.err
