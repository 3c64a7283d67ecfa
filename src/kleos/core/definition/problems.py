"""What is wrong with a definition, gathered so that its author hears of everything at once."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from kleos.core.errors import DefinitionError, Problem

MOST_PROBLEMS: Final = 200
"""More are not looked for: a file that is wrong throughout must not be slow to refuse."""

_LONGEST_GUESS = 60


class Problems:
    """The problems of one file, in the order found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Problem] = []

    def add(self, table: str, key: str, message: str, mend: str) -> None:
        """Raises DefinitionError when there are too many to go on."""
        self.found.append(Problem(self.file, table, key or None, message, mend))
        if len(self.found) == MOST_PROBLEMS:
            more = Problem(self.file, "", None, "has more problems than are shown", "mend these first")
            raise DefinitionError((*self.found, more))

    def raise_if_any(self) -> None:
        if self.found:
            raise DefinitionError(tuple(self.found))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """What to write instead of a name that is not known."""
    names = sorted(known)
    if not names:
        return "there is none to name here"
    close = get_close_matches(name, names, n=1, cutoff=0.6) if len(name) <= _LONGEST_GUESS else []
    if close:
        return f"did you mean {close[0]!r}?"
    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"one of: {listed}"


def shown(name: str) -> str:
    """A name of the file's author in a message, cut where it is too long to read."""
    return repr(name if len(name) <= _LONGEST_GUESS else name[:_LONGEST_GUESS] + "…")
