"""A board as it was, in DuckDB: standings of folded rows, and how many were better than one player."""

from typing import Final

from kleos.boards.compiled import CompiledBoard, Partition
from kleos.core.expression import sql_source
from kleos.replay.past import HIDDEN, literal

MEMBERS: Final = "replay.members"
"""``(player, at, until)``: since when and before when a player had what a partition asks of a profile."""

CREATE: Final = f"""
CREATE TABLE {MEMBERS} (player BIGINT, "at" BIGINT, until BIGINT);
"""

# What is read of PostgreSQL.
READ_MEMBERS: Final = """
SELECT player, at, until FROM (
    SELECT player, (extract(epoch FROM at) * 1000000)::bigint AS at,
           (extract(epoch FROM lead(at) OVER (PARTITION BY player ORDER BY at, seq)) * 1000000)::bigint AS until,
           ({belongs}) AS belongs
    FROM kleos.profiles
) p WHERE belongs
"""
"""A profile in force until the next; the last one for ever."""


def standings(board: CompiledBoard, partition: Partition, rows: str, moment: str | None = None) -> str:
    """Who stands on the board: window, player, by_0…, since. ``rows`` is the table of the sheet's rows.

    ``moment`` is SQL of the moment at whose profiles the partition asks, exclusive; None where it asks of none.
    """
    conditions = []
    if board.board.where is not None:
        names = {name: _quoted(name) for name in board.board.where.names}
        conditions.append(f"({sql_source(board.board.where, names, 'duckdb')}) IS TRUE")
    conditions += [
        f"{_quoted(name)} = {literal(value)}" for name, value in partition.as_given().items() if name in board.key_names
    ]
    if moment is not None:
        conditions.append(
            f"EXISTS (SELECT 1 FROM {MEMBERS} m WHERE m.player = r.{_quoted(board.player_name)}"
            f' AND m."at" < {moment} AND (m."until" IS NULL OR m."until" >= {moment}))'
        )
    by = ", ".join(f"{_quoted(name)} AS by_{place}" for place, name in enumerate(board.by_names))
    since = ", ".join(_quoted(name) for name in board.since_names)
    chosen = f'"window", {_quoted(board.player_name)} AS player, {by}, greatest({since}) AS since'
    seen = f"{rows} AS r ANTI JOIN {HIDDEN} AS h ON h.player = r.{_quoted(board.player_name)}"
    return f"SELECT {chosen} FROM {seen} WHERE {' AND '.join(conditions) or 'TRUE'}"


def in_order(board: CompiledBoard, standings: str) -> str:
    """Ids are not known here: who stands level in values and since stands by number."""
    columns = ", ".join(f"by_{place}" for place in range(len(board.by_names)))
    order = ", ".join(f"by_{place} {sort.direction.upper()} NULLS LAST" for place, sort in enumerate(board.board.by))
    return f"SELECT player, {columns}, since FROM ({standings}) ORDER BY {order}, since ASC NULLS LAST, player"


def course(board: CompiledBoard, standings: str, player: int) -> str:
    """One player in every window: window, total, better, player (NULL where not ranked), by_0…, since, level.

    ``better`` is how many stand before the player, by the columns, and where every standing has a rank of its own by
    since too; ``level`` then lists those whom only the id tells apart.
    """
    is_ordinal = board.board.ties == "ordinal"
    columns = [(f"by_{place}", sort.direction == "desc") for place, sort in enumerate(board.board.by)]
    if is_ordinal:
        columns.append(("since", False))
    better: list[str] = []
    equal: list[str] = []
    for name, is_descending in columns:
        sign = ">" if is_descending else "<"
        wins = f"(s.{name} {sign} m.{name} OR (s.{name} IS NOT NULL AND m.{name} IS NULL))"
        better.append(" AND ".join([*equal, wins]))
        equal.append(f"s.{name} IS NOT DISTINCT FROM m.{name}")
    is_better = " OR ".join(f"({each})" for each in better)
    level = f"list(s.player) FILTER (m.player IS NOT NULL AND {' AND '.join(equal)})" if is_ordinal else "NULL"
    own = ", ".join(f"any_value(m.{name}) AS {name}" for name in _own(board))
    return f"""
WITH s AS MATERIALIZED ({standings}), m AS (SELECT * FROM s WHERE player = {player})
SELECT s."window", count(*) AS total, count(*) FILTER (m.player IS NOT NULL AND ({is_better})) AS better,
       any_value(m.player) AS player, {own}, {level} AS level
FROM s LEFT JOIN m ON m."window" = s."window" GROUP BY s."window"
"""


def _own(board: CompiledBoard) -> list[str]:
    return [*(f"by_{place}" for place in range(len(board.by_names))), "since"]


def _quoted(name: str) -> str:
    return f'"{name}"'
