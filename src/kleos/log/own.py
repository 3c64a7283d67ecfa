"""Events that players send themselves: only of the types that the definition opens, and only their own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from kleos.core.plan import Plan
from kleos.log.decode import NDJSON_TYPES, Batch, Rejected, Stamp, admit, decode_each
from kleos.log.pieces import elements_of, lines_of


@dataclass(frozen=True, slots=True)
class Sender:
    """A player who sends events. ``admit`` is told how many they are, and raises where they are too many."""

    player: str
    admit: Callable[[int], None]


def decode_own(plan: Plan, body: bytes, content_type: str, stamp: Stamp, sender: Sender) -> Batch:
    """As :func:`kleos.log.decode.decode_batch`, and what is not the sender's own is rejected by position."""
    lines = content_type.partition(";")[0].strip().lower() in NDJSON_TYPES
    pieces = lines_of(body) if lines else elements_of(body)
    sender.admit(len(pieces))
    decoded, rejected = decode_each(plan, [_filled(piece, sender.player) for piece in pieces])
    mine: list[tuple[int, Any]] = []
    for index, wire in decoded:
        refusal = _not_own(plan, wire, sender.player)
        if refusal is None:
            mine.append((index, wire))
        else:
            rejected.append(Rejected(index, wire.id, refusal))
    return admit(plan, mine, rejected, stamp)


def _filled(piece: bytes, player: str) -> bytes:
    """The event with its player, where it names none; what is no object stays, for the decoder to refuse."""
    try:
        event = msgspec.json.decode(piece)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return piece
    if not isinstance(event, dict) or "player" in event:
        return piece
    return msgspec.json.encode({**event, "player": player})


def _not_own(plan: Plan, wire: Any, player: str) -> str | None:
    name = plan.of_struct[type(wire)].type.name
    if name not in plan.definition.submit:
        opened = ", ".join(sorted(plan.definition.submit)) or "none"
        return f"{name!r} is sent by the game's servers only; players send: {opened}"
    if wire.player != player:
        return f"not yours: you are {player!r}, and the event is of {wire.player!r}"
    return None
