"""What moderators ask for, as the API and the command line say it: players by the ids that games know."""

from datetime import datetime
from typing import Annotated

import msgspec

from kleos.core.errors import BadInput
from kleos.core.ids import check_external_id, check_text

MAX_REASON_CHARACTERS = 500

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    reason: str


class Void(_Asked, frozen=True, kw_only=True, tag="void", rename={"since": "from", "until": "to"}):
    """One event (its match makes it quicker to find), a whole match, or all matches in which a player has an event
    from `from` on, up to and without `to`. Of a match what comes later does not count either."""

    event: str | None = None
    match: str | None = None
    player: str | None = None
    since: Moment | None = None
    until: Moment | None = None


class Ban(_Asked, frozen=True, kw_only=True, tag="ban"):
    """The player is off every board and count of the game; what they did stays, and counts again when it is undone."""

    player: str


class Merge(_Asked, frozen=True, kw_only=True, tag="merge"):
    """`player` counts as `into` in every game of the namespace, whose profile stands; later events too."""

    player: str
    into: str


Asked = Void | Ban | Merge


def check_asked(asked: Asked) -> None:
    """Raises BadInput for what no correction can be."""
    check_reason(asked.reason)
    if isinstance(asked, Void):
        if (asked.player is None) == (asked.event is None and asked.match is None):
            raise BadInput("void either an event, or a match, or the matches of a player")
        if asked.player is None and (asked.since is not None or asked.until is not None):
            raise BadInput("a span goes with a player", "from" if asked.since is not None else "to")
        if asked.since is not None and asked.until is not None and asked.since >= asked.until:
            raise BadInput("the span must end after it begins", "to")
        for name in ("event", "match", "player"):
            if (value := getattr(asked, name)) is not None:
                check_external_id(value, name)
        return
    check_external_id(asked.player)
    if isinstance(asked, Merge):
        check_external_id(asked.into, "into")


def check_reason(reason: str) -> None:
    check_text(reason, "reason")
    if not reason.strip() or len(reason) > MAX_REASON_CHARACTERS:
        raise BadInput(f"say why, in 1 to {MAX_REASON_CHARACTERS} characters", "reason")
