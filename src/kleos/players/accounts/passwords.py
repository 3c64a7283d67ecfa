"""Passwords: argon2id, beside the loop, a few at a time."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kleos.core.errors import BadInput, Unavailable

SHORTEST: Final = 10
LONGEST: Final = 256
_AT_ONCE: Final = 2
_MOST_WAITING: Final = 64

_Result = TypeVar("_Result")


class Passwords:
    """Each hash takes 64 MiB for a moment, so only a few are made at once; the rest wait, and not too many."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher if hasher is not None else PasswordHasher()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")
        self._nobodys = self._hasher.hash("the password of nobody")
        self._waiting = 0

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        return await self._run(self._hasher.hash, normal(password))

    async def is_right(self, kept: str | None, password: str) -> bool:
        """Takes the same time where there is no password to compare with."""
        return await self._run(self._verify, kept, normal(password))

    def is_dated(self, kept: str) -> bool:
        """Whether a hash was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(kept)

    def _verify(self, kept: str | None, password: str) -> bool:
        try:
            is_right = self._hasher.verify(kept if kept is not None else self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return is_right if kept is not None else False

    async def _run(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        if self._waiting >= _MOST_WAITING:
            raise Unavailable("too many are logging in at once; try again", 5.0)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._waiting -= 1


def normal(password: str) -> str:
    """One form for one text, however a keyboard composed it. Raises BadInput for what no password can be."""
    text = unicodedata.normalize("NFC", password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise BadInput(f"a password has {SHORTEST} to {LONGEST} characters", "password")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadInput("a password is valid Unicode", "password")
    return text
