"""Ids: what an external id may be, and ids that follow from names."""

from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from kleos.core.errors import BadInput

MAX_ID_CHARACTERS: Final = 128

_ACHIEVEMENTS: Final = uuid5(NAMESPACE_URL, "urn:kleos:achievement")


def check_external_id(id: str, where: str = "player") -> str:
    """The id itself. Raises BadInput for what no game can have sent."""
    if not 1 <= len(id) <= MAX_ID_CHARACTERS:
        raise BadInput(f"an id has 1 to {MAX_ID_CHARACTERS} characters", where)
    check_text(id, where)
    return id


def check_text(text: str, where: str) -> None:
    """Raises BadInput for what no database can keep: NUL and lone surrogates."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise BadInput("it holds a NUL character or half a surrogate pair", where)


def achievement_uuid(game: str, achievement: str) -> UUID:
    """The same for ever, on every server: version 5 of game and id."""
    return uuid5(_ACHIEVEMENTS, f"{game}/{achievement}")
