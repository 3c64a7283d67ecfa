"""What can go wrong, in the few kinds that callers tell apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class KleosError(Exception):
    """Base of every error that Kleos raises on purpose. `str()` of it is meant for people."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a definition: where it is, what is wrong, and what would be right.

    `table` is the TOML table (`sheets.career`, or "" for the top), `key` the key inside it if there is one,
    `mend` a sentence that says what to write instead ("" where nothing can be said).
    """

    file: str | None
    table: str
    key: str | None
    message: str
    mend: str = ""

    def __str__(self) -> str:
        place = f"[{self.table}]" if self.table else ""
        if self.key is not None:
            place = f"{place} {self.key}" if place else self.key
        where = ": ".join(part for part in (self.file, place) if part)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text} ({self.mend})" if self.mend else text


class DefinitionError(KleosError):
    """A definition cannot be used. Carries every problem found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ExpressionError(KleosError):
    """An expression is not in the language, or not well typed.

    `column` is the 0-based offset, in characters, of the part that is wrong; None where there is no one place.
    """

    def __init__(self, message: str, mend: str = "", column: int | None = None) -> None:
        self.message = message
        self.mend = mend
        self.column = column
        super().__init__(f"{message} ({mend})" if mend else message)


class NotFound(KleosError):
    """There is no `what` (game, board, player, …) called `name`; `known` lists some that exist."""

    def __init__(self, what: str, name: str, known: Iterable[str] = ()) -> None:
        self.what = what
        self.name = name
        self.known: tuple[str, ...] = tuple(known)
        hint = f"; there is {', '.join(self.known)}" if self.known else ""
        super().__init__(f"no {what} {name!r}{hint}")


class Conflict(KleosError):
    """What is asked for contradicts what is there already."""


class BadInput(KleosError):
    """What came from outside cannot be used. `where` names the part that is wrong, "" for the whole."""

    def __init__(self, message: str, where: str = "") -> None:
        self.message = message
        self.where = where
        super().__init__(f"{where}: {message}" if where else message)


class Unavailable(KleosError):
    """Something that Kleos needs does not answer now; nothing was half done, and the same request may be sent
    again after `retry_after_s` seconds."""

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        self.message = message
        self.retry_after_s = retry_after_s
        super().__init__(message)


class Outdated(Unavailable):
    """What was read by a definition that is no longer in force: nothing of it was done, and it may be read anew."""


class TooLarge(KleosError):
    """A request holds more than the server takes at once; split it. HTTP status 413."""


class StaleDefinition(KleosError):
    """The definition or the seasons changed under a commit; read them anew and try again. Never reaches a caller."""
