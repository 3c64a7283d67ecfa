"""What games get wrong in events: each mistake is refused by position and reason, and harms nothing beside it."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest

from kleos.core.windows import iso
from tests.server.conftest import HOUR_US, NOW_US, Clock, Server, problem_of, serving
from tests.server.probe import (
    NDJSON,
    array,
    count_of,
    encoded,
    fresh,
    install,
    post,
    probe,
    refused,
    taken,
)

DAY_US = 24 * HOUR_US
MOST = 2**53
WIDE = "\U0001f3c6"  # one character, two UTF-16 units, four bytes
DEEP = 400


@pytest.fixture(scope="module")
async def probed(server: Server) -> Server:
    await install(server)
    return server


def with_text(piece: str, id: str | None = None) -> bytes:
    """A probe whose fields after the player are this JSON text."""
    return f'{{"type":"probe","id":"{id or fresh()}","match":"m","player":"spoiler",{piece}}}'.encode()


BAD: dict[str, tuple[bytes, str]] = {
    "a number": (b"5", "Expected `object`"),
    "null": (b"null", "Expected `object`"),
    "a text": (b'"probe"', "Expected `object`"),
    "an array": (b"[[]]", "Expected `object`"),
    "no type": (b'{"id":"x"}', "`type`"),
    "an empty object": (b"{}", "event types are"),
    "unknown type": (b'{"type":"prob","id":"x"}', "event types are"),
    "a type that is no text": (b'{"type":5,"id":"x"}', "event types are"),
    "unknown field": (with_text('"lives":3'), "`lives`"),
    "missing field": (b'{"type":"probe","id":"x"}', "`player`"),
    "null for a field": (with_text('"n":null'), "`$.n`"),
    "a text for an int": (with_text('"n":"5"'), "`$.n`"),
    "a float for an int": (with_text('"n":5.5'), "`$.n`"),
    "a bool for an int": (with_text('"n":true'), "`$.n`"),
    "an int for a bool": (with_text('"flag":1'), "`$.flag`"),
    "an int for a text": (with_text('"text":1'), "`$.text`"),
    "an array for a text": (with_text('"text":["a"]'), "`$.text`"),
    "an object for a list": (with_text('"parts":{"who":"a"}'), "`$.parts`"),
    "a list for a map": (with_text('"words":[1]'), "`$.words`"),
    "a bad record": (with_text('"parts":[{"who":"a"},{"whom":"a"}]'), "`$.parts[1]`"),
    "a bad map value": (with_text('"words":{"a":1,"b":"2"}'), "`$.words[...]`"),
    "NaN": (with_text('"x":NaN'), "NaN and infinities"),
    "Infinity": (with_text('"x":Infinity'), "NaN and infinities"),
    "-Infinity": (with_text('"x":-Infinity'), "NaN and infinities"),
    "1e999": (with_text('"x":1e999'), "out of range"),
    "-1e999 in json": (with_text('"data":[-1e999]'), "out of range"),
    "NaN in json": (with_text('"data":{"a":[NaN]}'), "NaN and infinities"),
    "a float over 1e9": (with_text('"x":1000000001'), "`$.x`"),
    "an int over 2^53": (with_text(f'"n":{MOST + 1}'), "`$.n`"),
    "an int under -2^53": (with_text(f'"n":{-MOST - 1}'), "`$.n`"),
    "an int of 64 bits": (with_text(f'"n":{2**64}'), "`$.n`"),
    "an int of 1000 digits": (with_text('"n":' + "9" * 1000), "`$.n`"),
    "an int as 1e20": (with_text('"n":1e20'), "`$.n`"),
    "a raw tab": (with_text('"text":"a\tb"'), "malformed"),
    "a raw NUL": (with_text('"text":"a\0b"'), "NUL"),
    "an escaped NUL": (with_text('"text":"a\\u0000b"'), "NUL"),
    "a NUL in a map key": (with_text('"words":{"a\\u0000":1}'), "NUL"),
    "a NUL in json": (with_text('"data":[{"a":"\\u0000"}]'), "NUL"),
    "a NUL in a json key": (with_text('"data":{"\\u0000":1}'), "NUL"),
    "a NUL in a record": (with_text('"parts":[{"who":"a","notes":["\\u0000"]}]'), "NUL"),
    "a NUL in the id": (b'{"type":"probe","id":"a\\u0000","player":"spoiler"}', "NUL"),
    "a NUL in the match": (b'{"type":"probe","match":"a\\u0000","player":"spoiler"}', "NUL"),
    "a NUL in the player": (b'{"type":"probe","player":"a\\u0000"}', "NUL"),
    "half a surrogate pair": (with_text('"text":"\\ud83c"'), "valid Unicode"),
    "the other half": (with_text('"text":"\\udfc6!"'), "valid Unicode"),
    "half a pair in json": (with_text('"data":{"\\ud83c":1}'), "valid Unicode"),
    "half a pair as bytes": (with_text('"text":"@"').replace(b"@", b"\xed\xa0\xbc"), "valid Unicode"),
    "bytes that are no UTF-8": (with_text('"text":"@"').replace(b"@", b"\xff\xfe"), "valid Unicode"),
    "a cut character": (with_text('"text":"@"').replace(b"@", b"\xf0\x9f\x8f"), "valid Unicode"),
    "an overlong NUL": (with_text('"text":"@"').replace(b"@", b"\xc0\x80"), "valid Unicode"),
    "a long id": (encoded({"type": "probe", "id": WIDE * 129, "player": "spoiler"}), "`$.id`"),
    "a long match": (encoded({"type": "probe", "match": "m" * 129, "player": "spoiler"}), "`$.match`"),
    "a long player": (encoded({"type": "probe", "player": "p" * 129}), "`$.player`"),
    "a long player in a list": (with_text('"parts":[{"who":"' + "p" * 129 + '"}]'), "`$.parts[0].who`"),
    "a long player in a map": (
        encoded({"type": "marked", "id": "x", "marks": {"p" * 129: 1}}),
        "`key` in `$.marks`",
    ),
    "an empty id": (encoded({"type": "probe", "id": "", "player": "spoiler"}), "`$.id`"),
    "an empty match": (encoded({"type": "probe", "match": "", "player": "spoiler"}), "`$.match`"),
    "an empty player": (encoded({"type": "probe", "player": ""}), "`$.player`"),
    "an empty player in a map": (encoded({"type": "marked", "marks": {"": 1}}), "`key` in `$.marks`"),
    "an id that is a number": (encoded({"type": "probe", "id": 5, "player": "spoiler"}), "`$.id`"),
    "a text that is too long": (with_text('"text":"' + "x" * 2001 + '"'), "`$.text`"),
    "too many in a list": (encoded(probe("spoiler", parts=[{"who": "a"}] * 10_001)), "`$.parts`"),
    "too many in a map": (encoded(probe("spoiler", words={f"w{i}": i for i in range(10_001)})), "`$.words`"),
    "deep json": (with_text('"data":' + "[" * DEEP + "]" * DEEP), "deep"),
    "deep json with a NUL": (with_text('"data":' + "[" * DEEP + '"\\u0000"' + "]" * DEEP), "NUL"),
    "very deep json": (with_text('"data":' + "[" * 50_000 + "]" * 50_000), "deep"),
    "very deep objects": (with_text('"data":' + '{"]":' * 5000 + "1" + "}" * 5000), "deep"),
    "more than a day ahead": (encoded(probe("spoiler", at=iso(NOW_US + DAY_US + 1))), "more than a day in the future"),
    "the last moment there is": (encoded(probe("spoiler", at="9999-12-31T23:59:59.999999Z")), "is not between"),
    "the last moment, and more": (encoded(probe("spoiler", at="9999-12-31T23:59:59-23:59")), "is not between"),
    "the first moment, and less": (encoded(probe("spoiler", at="0001-01-01T00:00:00+23:59")), "is not between"),
    "no time zone": (encoded(probe("spoiler", at="2026-01-01T00:00:00")), "`$.at`"),
    "no time at all": (encoded(probe("spoiler", at="yesterday")), "`$.at`"),
    "a time as a number": (encoded(probe("spoiler", at=1_790_000_000)), "`$.at`"),
    "the 30th of February": (encoded(probe("spoiler", at="2026-02-30T00:00:00Z")), "`$.at`"),
    "an empty time": (encoded(probe("spoiler", at="")), "`$.at`"),
    "a date": (encoded(probe("spoiler", at="2026-01-01")), "`$.at`"),
    "a field's time without zone": (encoded(probe("spoiler", when="2026-01-01T00:00:00")), "`$.when`"),
    "a field's time before all calendars": (
        encoded(probe("spoiler", when="0001-01-01T00:00:00+14:00")),
        "when: a time lies between",
    ),
    "a field's time after all calendars": (
        encoded(probe("spoiler", when="9999-12-31T23:59:59-14:00")),
        "when: a time lies between",
    ),
}
"""A bad event, and what its refusal must say."""


@pytest.mark.parametrize("bad, said", BAD.values(), ids=BAD)
async def test_one_bad_event_among_999_good(probed: Server, bad: bytes, said: str) -> None:
    player = fresh()
    good = [encoded(probe(player)) for _ in range(999)]
    position = 7919 * len(bad) % 1000
    receipt = await taken(probed, array([*good[:position], bad, *good[position:]]))
    assert (receipt["accepted"], receipt["duplicates"], receipt["quarantined"]) == (999, 0, 0), receipt
    (only,) = receipt["rejected"]
    assert only["index"] == position
    assert said in only["error"]
    assert len(only["error"]) < 1000
    assert await count_of(probed, player) == 999
    assert await count_of(probed, "spoiler") == 0


@pytest.mark.parametrize("bad, said", BAD.values(), ids=BAD)
async def test_a_bad_event_alone_and_in_a_line(probed: Server, bad: bytes, said: str) -> None:
    if not bad.startswith(b"["):
        (only,) = (await taken(probed, bad))["rejected"]
        assert only["index"] == 0
        assert said in only["error"]
    player = fresh()
    lines = b"\n".join([encoded(probe(player)), bad, encoded(probe(player))])
    receipt = await taken(probed, lines, content_type=NDJSON)
    assert receipt["accepted"] == 2
    (only,) = receipt["rejected"]
    assert only["index"] == 1
    assert said in only["error"]


async def test_a_rejected_event_is_named_by_its_id(probed: Server) -> None:
    pieces = [
        with_text('"n":"x"', "wrong type"),
        with_text('"x":NaN', "no number"),
        with_text('"text":"\\u0000"', "nul"),
        with_text('"text":"\\ud800"', "half a pair"),
        with_text('"data":' + "[" * DEEP + "]" * DEEP, "deep"),
        encoded(probe("spoiler", at="3000-01-01T00:00:00Z") | {"id": "far"}),
        b"5",
    ]
    receipt = await taken(probed, array(pieces))
    assert [one["index"] for one in receipt["rejected"]] == list(range(7))
    named = [one["id"] for one in receipt["rejected"]]
    assert named[0] == "wrong type"
    assert named[2] == "nul"
    assert named[4:] == ["deep", "far", None]


NOT_JSON = {
    "nothing": b"",
    "spaces": b"  \n ",
    "words": b"hello",
    "a form": b"type=probe&player=ann",
    "XML": b"<event/>",
    "a cut object": b'{"type":"probe"',
    "a cut array": b'[{"type":"probe","player":"a"},',
    "a comma too many": b'[{"type":"probe","player":"a"},]',
    "a comma too few": b'[{"type":"probe"} {"type":"probe"}]',
    "two objects": b'{"type":"probe"}{"type":"probe"}',
    "words after": b'[{"type":"probe","player":"a"}] and so on',
    "single quotes": b"[{'type':'probe'}]",
    "a hexadecimal number": b'[{"type":"probe","player":"a","n":0x10}]',
    "a comment": b"[/* none */]",
    "bytes": bytes(range(256)),
    "NULs": b"\0" * 100,
    "UTF-16": '[{"type":"probe"}]'.encode("utf-16"),
    "open brackets": b"[" * 1_000_000,
    "open objects": b'{"a":' * 200_000,
    "an open text": b'["' + b"x" * 1_000_000,
    "a raw line feed in a text": b'["a\nb',
    "MessagePack": b"\x81\xa4type\xa5probe",
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
async def test_what_is_not_json_is_refused_whole(probed: Server, body: bytes) -> None:
    said = await refused(probed, body, 400)
    assert said["where"] == "body"
    assert len(said["detail"]) < 500


async def test_an_empty_array_is_nothing(probed: Server) -> None:
    assert (
        await taken(probed, b"[]")
        == {
            "accepted": 0,
            "duplicates": 0,
            "quarantined": 0,
            "rejected": [],
            "seq": None,
            "quarantine": [],
        }
        or (await taken(probed, b" [ ] "))["accepted"] == 0
    )
    assert (await taken(probed, b"\n\n", content_type=NDJSON))["rejected"] == []


async def test_broken_lines_harm_no_other(probed: Server) -> None:
    player = fresh()
    lines = [
        encoded(probe(player)),
        b"{",
        b"",
        encoded(probe(player))[:-1],
        b'{"a":' * 10_000,
        encoded(probe(player)) + b" trailing",
        b"\xff\xff",
        encoded(probe(player)) + b"\r",
    ]
    receipt = await taken(probed, b"\n".join(lines), content_type=f"{NDJSON}; charset=utf-8")
    assert receipt["accepted"] == 2
    assert [one["index"] for one in receipt["rejected"]] == [1, 2, 3, 4, 5]
    assert await count_of(probed, player) == 2


@pytest.mark.parametrize("last", [b"", b"\n{}"])
async def test_a_line_is_one_event_whatever_is_beside_it(probed: Server, last: bytes) -> None:
    player = fresh()
    pretty = json.dumps(probe(player, data={}), indent=1).encode()
    three = b" ".join(encoded(probe(player)) for _ in range(3))
    over_three = encoded(probe(player, data={"a": {}})).removesuffix(b"}}") + b"\n}\n}"
    for bad, lines in ((three, 1), (pretty, pretty.count(b"\n") + 1), (three + b"\n" + over_three, 4)):
        body = b"\n".join([encoded(probe(player)), bad, encoded(probe(player)) + b" \r"])
        receipt = await taken(probed, body + last, content_type=NDJSON)
        assert receipt["accepted"] == 2
        refused_lines = [*range(1, lines + 1), *([lines + 2] if last else [])]
        assert [one["index"] for one in receipt["rejected"]] == refused_lines


@pytest.mark.parametrize("space", [b"\n", b" \n", b"\r\n"])
async def test_empty_lines_are_nothing(probed: Server, space: bytes) -> None:
    player = fresh()
    good = [encoded(probe(player)), encoded(probe(player))]
    for bad, rejected in (([], []), ([b"{}"], [2])):
        receipt = await taken(probed, space * 30_000 + space.join([*good, *bad]) + space, content_type=NDJSON)
        assert [one["index"] for one in receipt["rejected"]] == rejected
    assert receipt["duplicates"] == 2


async def test_unknown_games_are_named(probed: Server) -> None:
    body = {"content": encoded(probe("a"))}
    assert (await probed.refused("POST", "/v1/games/prope/events", 404, **body))["did_you_mean"] == "probe"
    await probed.refused("POST", "/v1/games/public/events", 404, **body)
    await probed.refused("POST", "/v1/games/%00/events", 404, **body)


@pytest.mark.parametrize("number", [MOST, -MOST, MOST - 1])
async def test_numbers_up_to_2_to_the_53_are_exact(probed: Server, number: int) -> None:
    player = fresh()
    assert (await taken(probed, encoded(probe(player, n=number, data=number))))["accepted"] == 1
    standing = await probed.get(f"/v1/games/probe/boards/most/players/{player}")
    assert standing["value"] == number
    (row,) = (await probed.get("/v1/games/probe/sheets/career", player=player))["rows"]
    assert row["values"]["most"] == row["values"]["total"] == number


async def test_neighbours_at_2_to_the_53_are_told_apart(probed: Server) -> None:
    high, low = fresh(), fresh()
    day = "2001-02-03"
    events = [probe(low, n=MOST - 1, at=f"{day}T01:00:00Z"), probe(high, n=MOST, at=f"{day}T02:00:00Z")]
    assert (await probed.send("probe", events))["accepted"] == 2
    page = await probed.get("/v1/games/probe/boards/most", window=day)
    assert [(one["rank"], one["player"], one["value"]) for one in page["entries"]] == [
        (1, high, MOST),
        (2, low, MOST - 1),
    ]
    assert (await probed.get(f"/v1/games/probe/boards/most/players/{low}", window=day))["rank"] == 2


async def test_a_sum_beyond_all_numbers_is_kept_back(probed: Server) -> None:
    player = fresh()
    for _ in range(2):
        receipt = await probed.send("probe", [probe(player, n=MOST) for _ in range(600)])
        assert receipt["accepted"] + receipt["quarantined"] == 600
    assert receipt["quarantined"] > 0
    assert "too large" in receipt["quarantine"][0]["error"]
    assert await count_of(probed, player) == 1200 - receipt["quarantined"]


async def test_json_is_kept_as_it_was(probed: Server) -> None:
    data = {
        "a": [1, 2.5, None, True, {"ключ": 'значение \\ " /'}],
        "big": 2**70,
        "": [[[[]]]],
        "\ud7ff\uffff": "\x7f\x01",
    }
    match = fresh()
    assert (await probed.send("probe", [probe(fresh(), data=data) | {"match": match}]))["accepted"] == 1
    (event,) = (await probed.get(f"/v1/games/probe/matches/{match}/events"))["events"]
    assert event["fields"]["data"] == data


ODD_NAMES = {
    "128 wide characters": WIDE * 128,
    "spaces": "  a  b  ",
    "slashes": "a/b//c/../d",
    "quotes": 'o\'neil "the" `great`',
    "SQL": "'; DROP TABLE events; --",
    "HTML": "<script>alert(1)</script>&amp;",
    "a template": "{{7*7}}${7*7}%s%n",
    "percent": "100%25%00%zz",
    "question marks": "who?am=i&you#me",
    "right to left": "\u202eevil\u2066",
    "joined emoji": "👩‍👩‍👧‍👦 🏳️‍🌈",
    "combining": "e\u0301e\u0301\u0323",
    "control characters": "a\tb\nc\x7f\x1b[31m",
    "backslashes": "C:\\temp\\new",
    "dots": "..",
    "a plus": "a+b",
    "a reserved word": "around",
    "non-characters": "\uffff\U0010ffff",
    "commas and braces": '{a,b},"c"',
}


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES)
async def test_odd_names_are_shown_right_everywhere(probed: Server, name: str) -> None:
    assert len(name) <= 128
    day = f"19{80 + list(ODD_NAMES.values()).index(name)}-05-05"
    match = f"{name[:126]}/m"
    event = probe(name, n=7, text=name, words={name: 1}, parts=[{"who": name, "notes": [name]}])
    event |= {"id": name, "match": match, "at": f"{day}T10:00:00Z"}
    assert (await probed.send("probe", [event]))["accepted"] == 1
    there = quote(name, safe="").replace(".", "%2E")  # a client takes `..` for the way up
    whither = quote(match, safe="").replace(".", "%2E")
    page = await probed.get("/v1/games/probe/boards/most", window=day)
    assert [entry["player"] for entry in page["entries"]] == [name]
    board = f"/v1/games/probe/boards/most/players/{there}"
    assert (await read(probed, board))["player"] == name
    assert name in [entry["player"] for entry in (await read(probed, f"{board}/around"))["entries"]]
    looked = await probed.http.post("/v1/games/probe/boards/most/lookup", json={"players": [name]})
    assert [entry["player"] for entry in looked.json()["entries"]] == [name]
    (row,) = (await probed.get("/v1/games/probe/sheets/by_text", player=name, text=name))["rows"]
    assert row["key"] == {"player": name, "text": name}
    assert (await probed.get("/v1/games/probe/boards/texts", text=name))["total"] == 1
    assert (await read(probed, f"/v1/players/{there}"))["player"] == name
    assert [one["match"] for one in (await read(probed, f"/v1/players/{there}/matches"))["matches"]] == [match]
    shown = await read(probed, f"/v1/games/probe/matches/{whither}")
    assert (shown["match"], shown["players"]) == (match, [name])
    (logged,) = (await read(probed, f"/v1/games/probe/matches/{whither}/events"))["events"]
    assert logged["id"] == name
    assert logged["fields"]["parts"] == [{"who": name, "notes": [name]}]
    assert logged["fields"]["words"] == {name: 1}
    renamed = await probed.http.put(f"/v1/players/{there}", json={"name": f"{name[:100]}!"}, headers=probed.headers)
    assert renamed.json()["player"] == name, renamed.text
    assert (await read(probed, board))["player"] == name
    found = (await probed.get("/v1/players", query=name))["players"]
    assert name in [one["player"] for one in found]


async def read(server: Server, path: str) -> Any:
    response = await server.http.get(path)
    assert response.status_code == 200, response.text
    return response.json()


async def test_the_past_lies_in_its_own_windows(probed: Server) -> None:
    player = fresh()
    assert (await probed.send("probe", [probe(player, n=5, at="1999-12-31T23:30:00Z")]))["accepted"] == 1
    for window in ("1999-12-31", "1999-W52", "1999-12"):
        page = await probed.get("/v1/games/probe/boards/most", window=window)
        assert (page["window"], page["total"]) == (window, 1)
        assert page["entries"][0]["player"] == player
        assert (await probed.get(f"/v1/games/probe/boards/most/players/{player}", window=window))["rank"] == 1
    assert (await probed.get("/v1/games/probe/boards/most", window="2000-01"))["total"] == 0
    for window in ("day", "week", "month"):
        await probed.refused("GET", f"/v1/games/probe/boards/most/players/{player}?window={window}", 404)
    assert (await probed.get(f"/v1/games/probe/boards/most/players/{player}"))["value"] == 5


@pytest.mark.parametrize("at", ["0002-01-01T00:00:00Z", iso(NOW_US + DAY_US), "1969-12-31T23:59:59.999999Z"])
async def test_the_ends_of_time_are_taken(probed: Server, at: str) -> None:
    player = fresh()
    assert (await probed.send("probe", [probe(player, n=5, at=at, when=at)]))["accepted"] == 1
    assert (await probed.get(f"/v1/games/probe/boards/latest/players/{player}"))["value"] == at
    (row,) = (await probed.get("/v1/games/probe/sheets/career", player=player, window=at[:10]))["rows"]
    assert row["values"]["latest"] == at


async def test_lists_and_maps_of_10_000_are_taken(probed: Server) -> None:
    player = fresh()
    event = probe(
        player, words={f"w{i}": i for i in range(10_000)}, parts=[{"who": f"{i % 50}"} for i in range(10_000)]
    )
    assert (await probed.send("probe", [event]))["accepted"] == 1


async def test_the_same_id_twice_in_a_batch(probed: Server) -> None:
    player, id = fresh(), fresh()
    first, second = probe(player, n=1) | {"id": id}, probe(player, n=2) | {"id": id}
    receipt = await probed.send("probe", [first, second, first])
    assert (receipt["accepted"], receipt["duplicates"]) == (1, 2)
    assert (await probed.get(f"/v1/games/probe/boards/most/players/{player}"))["value"] == 1
    broken = encoded(second)[:-1] + b',"lives":1}'
    other = fresh()
    pieces = [broken.replace(id.encode(), other.encode()), encoded(second | {"id": other})]
    receipt = await taken(probed, array(pieces))
    assert (receipt["accepted"], len(receipt["rejected"])) == (1, 1)  # what is rejected has not been seen


async def test_the_same_id_on_two_connections_at_once(probed: Server) -> None:
    player = fresh()
    events = [probe(player) for _ in range(300)]
    receipts = await asyncio.gather(*(probed.send("probe", events) for _ in range(6)))
    assert sum(receipt["accepted"] for receipt in receipts) == 300
    assert sum(receipt["duplicates"] for receipt in receipts) == 5 * 300
    assert await count_of(probed, player) == 300


async def test_the_same_id_after_a_restart(database_url: str) -> None:
    events = [probe("ann") for _ in range(10)]
    for expected in ((10, 0), (0, 10)):
        async with serving(database_url, Clock()) as server:
            await install(server)
            receipt = await server.send("probe", events)
            assert (receipt["accepted"], receipt["duplicates"]) == expected
            assert await count_of(server, "ann") == 10


async def test_without_ids_nothing_is_a_repeat(probed: Server) -> None:
    player = fresh()
    event = {"type": "probe", "player": player}
    assert (await probed.send("probe", [event] * 5))["accepted"] == 5
    assert (await probed.send("probe", [event] * 5))["accepted"] == 5
    assert await count_of(probed, player) == 10


async def test_a_failed_check_is_quarantined_and_seen(probed: Server) -> None:
    event = {"type": "score_submitted", "id": fresh(), "player": "cheat", "score": -5, "game_mode": "classic"}
    first = await probed.send("arcade", [event])
    assert (first["accepted"], first["quarantined"], first["rejected"]) == (0, 1, [])
    assert first["quarantine"][0]["error"] == "score must be over 0"
    again = await probed.send("arcade", [event | {"score": 5}])
    assert (again["accepted"], again["duplicates"], again["quarantined"]) == (0, 1, 0)


async def test_a_text_too_long_for_a_key_is_kept_back(probed: Server) -> None:
    player = fresh()
    long = "".join(chr(0x4E00 + (i * i * 7919) % 20_000) for i in range(2000))
    receipt = await probed.send("probe", [probe(player), probe(player, text=long), probe(player)])
    assert (receipt["accepted"], receipt["quarantined"]) == (2, 1)
    assert receipt["quarantine"][0]["index"] == 1
    assert await count_of(probed, player) == 2


async def test_duplicate_names_in_an_object(probed: Server) -> None:
    player = fresh()
    body = f'{{"type":"probe","player":"nobody","player":"{player}","n":1,"n":2}}'
    assert (await taken(probed, body.encode()))["accepted"] == 1
    assert (await probed.get(f"/v1/games/probe/boards/most/players/{player}"))["value"] == 2


async def test_writing_needs_a_key(probed: Server) -> None:
    body = json.dumps(probe("nobody"))
    for authorization in (None, "Bearer wrong", "Basic a2xlb3M6a2xlb3M=", "Bearer", "Bearer \xff\xfe"):
        headers = [] if authorization is None else [(b"Authorization", authorization.encode("latin-1"))]
        response = await probed.http.post("/v1/games/probe/events", content=body, headers=headers)
        problem_of(response, 401)
        assert response.headers["www-authenticate"].startswith("Bearer")
    assert await count_of(probed, "nobody") == 0
    assert (await post(probed, body.encode())).status_code == 200
