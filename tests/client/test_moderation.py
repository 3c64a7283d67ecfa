"""Corrections by the client, against a real server: shown first, made, listed, undone."""

from typing import Any

import pytest

from kleos.client import Kleos, KleosAPIError
from tests.client.kleos_server import KEY, KleosServer


def run(player: str, number: int, mode: str = "timed") -> dict[str, Any]:
    at = f"2026-03-0{1 + number}T12:00:00Z"
    fields = {"player": player, "score": 10.0, "game_mode": mode, "at": at, "id": f"{player}-{number}"}
    return {"type": "score_submitted", "match": f"m-{player}-{number}", **fields}


@pytest.fixture
def kleos(kleos_server: KleosServer) -> Any:
    with Kleos(kleos_server.url, KEY) as client:
        client.send("arcade", [run(player, number) for player in ("ada", "bo", "cy") for number in range(3)])
        yield client


def standings(kleos: Kleos) -> dict[str, Any]:
    return {entry.player: entry.value for entry in kleos.board("arcade", "total_score").entries}


def test_a_void_is_rehearsed_made_listed_and_undone(kleos: Kleos) -> None:
    before = standings(kleos)
    shown = kleos.moderation.void("arcade", match="m-ada-1", reason="a script", dry_run=True)
    assert (shown.dry_run, shown.correction) == (True, None)
    assert standings(kleos) == before
    made = kleos.moderation.void("arcade", match="m-ada-1", reason="a script")
    assert made.correction is not None
    assert made.effects == shown.effects
    assert made.effects[0].events == 1
    assert standings(kleos) == {**before, "ada": 20.0}
    listed = kleos.moderation.corrections("arcade", kind="void")
    assert (listed.total, listed.corrections[0]) == (1, made.correction)
    undone = kleos.moderation.undo("arcade", made.correction.correction, reason="a mistake")
    assert undone.correction is not None
    assert standings(kleos) == before
    told = kleos.moderation.correction("arcade", made.correction.correction).undone
    assert told is not None
    assert (told.by, told.reason) == ("admin", "a mistake")
    with pytest.raises(KleosAPIError, match="undone before"):
        kleos.moderation.undo("arcade", made.correction.correction, reason="again")


def test_bans_end_and_merges_are_undone(kleos: Kleos) -> None:
    before = standings(kleos)
    kleos.moderation.ban("ada", reason="a script", game="arcade")
    kleos.moderation.ban("bo", reason="abuse")
    assert set(standings(kleos)) == {"cy"}
    kleos.moderation.unban("ada", reason="no script", game="arcade")
    kleos.moderation.unban("bo", reason="forgiven")
    assert standings(kleos) == before
    with pytest.raises(KleosAPIError, match="ban of player"):
        kleos.moderation.unban("bo", reason="again")
    merged = kleos.moderation.merge("arcade", "bo", "ada", reason="one person")
    assert standings(kleos) == {"ada": 60.0, "cy": 30.0}
    assert merged.correction is not None
    assert (merged.correction.game, merged.correction.subject.into) == (None, "ada")
    kleos.moderation.undo("arcade", merged.correction.correction, reason="two people")
    assert standings(kleos) == before


def test_what_is_in_quarantine_is_judged(kleos: Kleos) -> None:
    receipt = kleos.send("arcade", [run("dee", 0, "secret"), run("dee", 1, "secret")])
    assert receipt.quarantined == 2
    page = kleos.moderation.quarantine("arcade", status="waiting")
    second, first = page.events
    assert (page.total, first.id, second.body["player"]) == (2, "dee-0", "dee")
    assert kleos.moderation.accept("arcade", first.seq, reason="seen", dry_run=True).correction is None
    kleos.moderation.accept("arcade", first.seq, reason="seen")
    kleos.moderation.refuse("arcade", second.seq, reason="impossible")
    assert standings(kleos)["dee"] == 10.0
    found = {each.id: each.status for each in kleos.moderation.quarantine("arcade").events}
    assert found == {"dee-0": "accepted", "dee-1": "refused"}
