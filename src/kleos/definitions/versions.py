"""Versions of a definition, read back and compared."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
import msgspec

from kleos.core.definition.changes import Changes, compare
from kleos.core.definition.load import load
from kleos.core.errors import NotFound
from kleos.definitions import sql


@dataclass(frozen=True, slots=True)
class Version:
    """``created_at`` in microseconds; ``restores`` is the earlier version that it brought back."""

    version: int
    created_at: int
    actor: str | None
    restores: int | None
    counts_from: Mapping[str, int]
    size_bytes: int
    in_force: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a version: its text, and since when its achievements that count "from today" do."""

    source: str
    counts_from: Mapping[str, int]


async def versions_of(pool: asyncpg.Pool, game: str) -> list[Version]:
    """Newest first."""
    rows = await pool.fetch(sql.VERSIONS, game)
    return [Version(**{**dict(row), "counts_from": msgspec.json.decode(row["counts_from"])}) for row in rows]


async def kept_version(pool: asyncpg.Pool, game: str, version: int) -> Kept:
    """Raises NotFound, which knows the versions that there are."""
    row = await pool.fetchrow(sql.SOURCE, game, version)
    if row is None:
        known = [str(each["version"]) for each in await pool.fetch(sql.NUMBERS, game)]
        raise NotFound("version", str(version), known)
    return Kept(row["source"], msgspec.json.decode(row["counts_from"], type=dict[str, int]))


def compare_texts(game: str, before: str, after: str) -> Changes:
    """What going from one text to the other would change. Raises DefinitionError where one cannot be read any more."""
    return compare(load(before, game), load(after, game))


def text_difference(before: str, after: str, name_before: str, name_after: str) -> str:
    """As `diff -u` shows it; empty where the texts are the same."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name_before, name_after, lineterm="")
    return "".join(f"{line}\n" for line in lines)
