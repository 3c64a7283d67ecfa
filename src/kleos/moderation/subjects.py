"""What a correction is about, as the log and the database keep it: players are numbers, times microseconds."""

from typing import Any, Literal

import msgspec

Kind = Literal["void", "ban", "merge", "accept", "refuse"]


class Subject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"since": "from", "until": "to"}):
    """Of a void: an event with its match, a match, or a player with the matches found from ``since`` up to but without
    ``until``. Of a ban: the player. Of a merge: the player and as whom they count. Of the quarantine: the event."""

    event: str | None = None
    match: str | None = None
    player: int | None = None
    into: int | None = None
    since: int | None = None
    until: int | None = None
    matches: list[str] = []
    quarantine: int | None = None

    @property
    def players(self) -> list[int]:
        return [player for player in (self.player, self.into) if player is not None]

    @property
    def places(self) -> list[str]:
        """The matches whose events count otherwise."""
        return [self.match] if self.match is not None else sorted(self.matches)


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """A correction as the database has it. ``game`` is '' where it is about every game of the namespace."""

    seq: int
    game: str
    namespace: str
    kind: Kind
    subject: Subject
    actor: str
    reason: str
    at: int
    undone_at: int | None = None
    undone_by: str | None = None
    undone_reason: str | None = None


def correction_of(row: Any) -> Correction:
    values = dict(row)
    return Correction(**{**values, "subject": msgspec.json.decode(values["subject"], type=Subject)})
