"""From a request's bytes to events: one pass where all is well, event by event where it is not.

Every event gets its id, time and match here, and either a place in the batch or a reason why not. Nothing is dropped
without a word: what is refused is named by its position.
"""

import re
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from kleos.core import events as forms
from kleos.core.definition.model import AWARD_GRANTED, Manual
from kleos.core.errors import BadInput, TooLarge
from kleos.core.plan import EventPlan, Plan
from kleos.core.windows import EARLIEST_AT, LATEST_AT, from_datetime, iso
from kleos.log.pieces import MAX_EVENTS, are_whole, elements_of, lines_of

MAX_AHEAD_US: Final = 24 * 3600 * 1_000_000
"""How far in the future an event's time may lie: a day, for clocks that are wrong."""

_HALF_A_PAIR = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_NO_NUMBER = re.compile(rb"\bNaN\b|\bInfinity\b")
_NUL: Final = "text must not contain the NUL character"

NDJSON_TYPES: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})


class Rejected(msgspec.Struct, frozen=True):
    """An event that is not kept: ``index`` is its position in the request, ``id`` its own if it could be read."""

    index: int
    id: str | None
    error: str


@dataclass(slots=True)
class Incoming:
    """A decoded event. With a ``reason`` it fails a check and goes to quarantine."""

    index: int
    plan: EventPlan
    event: Any
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    events: list[Incoming]
    rejected: list[Rejected]


class Stamp:
    """Times and ids for events that come without: rising, and never given twice by one process, in any thread."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._last = 0
        self._giving = threading.Lock()

    def now(self) -> int:
        return self._clock()

    def next_at(self) -> int:
        with self._giving:
            self._last = max(self._clock(), self._last + 1)
            return self._last

    def next_id(self) -> str:
        return f"{self.next_at():014x}{secrets.token_hex(6)}"


def decode_batch(plan: Plan, body: bytes, content_type: str, stamp: Stamp, may_grant: bool = True) -> Batch:
    """The events of a request's body: one object, an array, or lines of JSON. ``may_grant``: whether the caller may
    grant achievements.

    Raises BadInput where the body as a whole is no JSON, TooLarge where it holds more than MAX_EVENTS events.
    """
    lines = content_type.partition(";")[0].strip().lower() in NDJSON_TYPES
    wires = _decode_whole(plan, body, lines)
    if wires is not None:
        if len(wires) > MAX_EVENTS:  # their `type` was written in a way that a glance does not see, as `"\\u0074ype"`
            raise TooLarge(f"a request holds up to {MAX_EVENTS:,} events, and this one has more; split it")
        return admit(plan, list(enumerate(wires)), [], stamp, may_grant)
    decoded, rejected = decode_each(plan, lines_of(body) if lines else elements_of(body))
    return admit(plan, decoded, rejected, stamp, may_grant)


def _decode_whole(plan: Plan, body: bytes, lines: bool) -> list[Any] | None:
    """All events at once; None where any of them needs a closer look, or there may be too many."""
    if b"\0" in body or b"\\u0000" in body or body.count(b'"type"') > MAX_EVENTS:
        return None
    try:
        if lines:
            wires = plan.decode_lines(body)  # which takes any space for the end of a line
            return wires if are_whole(lines_of(body), len(wires)) else None
        return plan.decode_many(body) if body.lstrip()[:1] == b"[" else [plan.decode_one(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError):
        return None


def decode_each(plan: Plan, pieces: Sequence[bytes]) -> tuple[list[tuple[int, Any]], list[Rejected]]:
    """Events with their positions, each decoded for itself; and why the others cannot be."""
    decoded: list[tuple[int, Any]] = []
    rejected: list[Rejected] = []
    for index, piece in enumerate(pieces):
        try:
            wire = plan.decode_one(piece)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
            rejected.append(Rejected(index, _id_of(piece), explained(plan, piece, str(error))))
            continue
        if forms.has_nul(wire):
            rejected.append(Rejected(index, wire.id, _NUL))
        else:
            decoded.append((index, wire))
    return decoded, rejected


class _Named(msgspec.Struct):
    id: str | None = None


def _id_of(piece: bytes) -> str | None:
    try:
        return msgspec.json.decode(piece, type=_Named).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def explained(plan: Plan, piece: bytes, error: str) -> str:
    """The decoder's words, or better ones where they would not tell what to mend."""
    if "recursion" in error:
        return f"its brackets are nested too deep; json may be {forms.MAX_DEPTH} levels deep"
    is_malformed = any(word in error for word in ("malformed", "truncated", "codec"))
    if is_malformed and b"\0" in piece:
        return _NUL
    if is_malformed and ("codec" in error or _HALF_A_PAIR.search(piece)):
        return "text must be valid Unicode: it has half of a surrogate pair, or bytes that are not UTF-8"
    if is_malformed and _NO_NUMBER.search(piece):
        return "NaN and infinities are no numbers in JSON; leave the field out, or send a number"
    if "`$.type`" in error or "`type`" in error:
        return f"{error}; the game's event types are {', '.join(sorted(plan.events))}"
    return error


def admit(
    plan: Plan,
    decoded: Sequence[tuple[int, Any]],
    rejected: list[Rejected],
    stamp: Stamp,
    may_grant: bool = True,
) -> Batch:
    """Completes decoded events, and refuses those that cannot be taken; what was rejected before stays so."""
    latest = stamp.now() + MAX_AHEAD_US
    events = []
    for index, wire in decoded:
        event_plan = plan.of_struct[type(wire)]
        refusal = (
            _complete(wire, stamp, latest)
            or _normalise(event_plan, wire)
            or _refused_grant(plan, event_plan, wire, may_grant)
        )
        if refusal is not None:
            rejected.append(Rejected(index, wire.id, refusal))
            continue
        events.append(Incoming(index, event_plan, wire, event_plan.objection(wire)))
    return Batch(events, sorted(rejected, key=lambda one: one.index))


def _complete(wire: Any, stamp: Stamp, latest: int) -> str | None:
    """Fills in time, id and match; says why the event cannot be taken, if so."""
    wire.at = stamp.next_at() if wire.at is None else from_datetime(wire.at)
    if not EARLIEST_AT <= wire.at < LATEST_AT:
        return f"`at` is not between {iso(EARLIEST_AT)} and {iso(LATEST_AT)}"
    if wire.at > latest:
        return f"`at` is {iso(wire.at)}, more than a day in the future"
    if wire.id is None:
        wire.id = stamp.next_id()
    if wire.match is None:
        wire.match = wire.id
    return None


def _normalise(plan: EventPlan, wire: Any) -> str | None:
    try:
        plan.normalise(wire)
    except BadInput as error:
        return str(error)
    return None


def _refused_grant(plan: Plan, event_plan: EventPlan, wire: Any, may_grant: bool) -> str | None:
    """A grant must come from who may grant, and name an achievement that this game grants by hand."""
    if event_plan.type.name != AWARD_GRANTED:
        return None
    if not may_grant:
        return f"{AWARD_GRANTED!r} grants an achievement, and needs a key with awards:write"
    achievements = plan.definition.achievements
    found = achievements.get(wire.achievement)
    if found is not None and isinstance(found.condition, Manual):
        return None
    manual = sorted(name for name, one in achievements.items() if isinstance(one.condition, Manual))
    return f"{wire.achievement!r} is no achievement to be granted; those are: {', '.join(manual) or 'none'}"
