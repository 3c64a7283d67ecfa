"""How far long work is, for whoever watches it."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and of how many (0 where nobody knows)."""


def silent(doing: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""
