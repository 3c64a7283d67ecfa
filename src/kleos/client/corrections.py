"""The requests of moderation. Those that correct are sent once: a second one may be another correction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from kleos.client.calls import Call, api_path, query
from kleos.client.corrected import Correction, Corrections, Outcome, Quarantine

NAMES: Final = {"since": "from", "until": "to"}


def void(
    game: str,
    reason: str,
    event: str | None,
    match: str | None,
    player: str | None,
    since: datetime | None,
    until: datetime | None,
    dry_run: bool,
) -> Call[Outcome]:
    subject = {"event": event, "match": match, "player": player, "since": since, "until": until}
    return _made(game, {"kind": "void", "reason": reason, **subject}, dry_run)


def ban(player: str, reason: str, game: str | None, namespace: str | None, dry_run: bool) -> Call[Outcome]:
    if game is not None:
        return _made(game, {"kind": "ban", "player": player, "reason": reason}, dry_run)
    return _correcting(("players", player, "ban"), {"reason": reason}, dry_run, {"namespace": namespace})


def unban(player: str, reason: str, game: str | None, namespace: str | None, dry_run: bool) -> Call[Outcome]:
    given = query(reason=reason, game=game, namespace=namespace, dry_run=dry_run or None)
    return Call("DELETE", api_path("players", player, "ban"), Outcome, given, repeatable=dry_run)


def merge(game: str, player: str, into: str, reason: str, dry_run: bool) -> Call[Outcome]:
    return _made(game, {"kind": "merge", "player": player, "into": into, "reason": reason}, dry_run)


def undo(game: str, correction: int, reason: str, dry_run: bool) -> Call[Outcome]:
    return _correcting(("games", game, "corrections", str(correction), "undo"), {"reason": reason}, dry_run)


def judge(game: str, number: int, verdict: str, reason: str, dry_run: bool) -> Call[Outcome]:
    """``verdict`` is "accept" or "refuse"."""
    return _correcting(("games", game, "quarantine", str(number), verdict), {"reason": reason}, dry_run)


def corrections(
    game: str, kind: str | None, player: str | None, limit: int | None, offset: int | None
) -> Call[Corrections]:
    given = query(kind=kind, player=player, limit=limit, offset=offset)
    return Call("GET", api_path("games", game, "corrections"), Corrections, given)


def correction(game: str, number: int) -> Call[Correction]:
    return Call("GET", api_path("games", game, "corrections", str(number)), Correction)


def quarantine(
    game: str, status: str | None, reason: str | None, limit: int | None, offset: int | None
) -> Call[Quarantine]:
    given = query(status=status, reason=reason, limit=limit, offset=offset)
    return Call("GET", api_path("games", game, "quarantine"), Quarantine, given)


def _made(game: str, body: Mapping[str, Any], dry_run: bool) -> Call[Outcome]:
    return _correcting(("games", game, "corrections"), body, dry_run)


def _correcting(
    path: tuple[str, ...], body: Mapping[str, Any], dry_run: bool, given: Mapping[str, str | None] | None = None
) -> Call[Outcome]:
    content = msgspec.json.encode({NAMES.get(name, name): value for name, value in body.items() if value is not None})
    params = query(**(given or {}), dry_run=dry_run or None)
    return Call("POST", api_path(*path), Outcome, params, content, repeatable=dry_run)
