"""What is kept of each match, as SQL: of all events that count, those of types that the definition dropped included."""

from collections.abc import Sequence
from typing import Final

from kleos.core.definition.model import Definition
from kleos.replay.csv import text
from kleos.replay.session import OTHERS, UNVOIDED, Sources

MATCH_COLUMNS: Final = {"first_at": "BIGINT", "last_at": "BIGINT", "events": "BIGINT", "ended_at": "BIGINT"}


def matches(definition: Definition, sources: Sources) -> str:
    """The SELECT of ``match`` and :data:`MATCH_COLUMNS` of every match that the game named."""
    others = [f'SELECT id, "match", "type", "at" FROM {OTHERS}']
    others += [
        f'SELECT id, "match", {text(type_)}, epoch_us("at") FROM {files(paths)}'
        for type_, paths in sources.parquet.items()
        if type_ not in definition.events and "." not in type_
    ]
    every = [f"SELECT * FROM ({' UNION ALL '.join(others)}) {UNVOIDED}"]
    every += [f'SELECT id, "match", {text(name)} AS "type", "at" FROM log."{name}"' for name in definition.events]
    ending = ", ".join(map(text, sorted(definition.ended_by))) or "NULL"
    return f"""
        SELECT "match", min("at") AS first_at, max("at") AS last_at, count(*) AS events,
               min("at") FILTER (WHERE "type" IN ({ending})) AS ended_at
        FROM ({" UNION ALL ".join(every)}) WHERE "match" <> id GROUP BY "match"
    """


def files(paths: Sequence[str]) -> str:
    """Parquet files as a relation."""
    return f"(SELECT * FROM read_parquet([{', '.join(map(text, paths))}], union_by_name = true))"
