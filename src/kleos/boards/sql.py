"""The questions that a board answers, as statements: for windows that are closed, and while an index is not warm.

Each gives the same numbers as the rank index, from the rows themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kleos.boards.compiled import CompiledBoard, Partition
from kleos.core.expression import sql_source
from kleos.core.windows import Window
from kleos.sheets.layout import quoted, table

_STANDINGS: Final = """
SELECT i.id, {by}, {since} AS since, s.version{extra}
FROM {table} s
JOIN kleos.identities i ON i.namespace = {namespace} AND i.player = s.{player}{profile}
WHERE s."window" = {window} AND s.present{conditions}
"""

_SEEN: Final = " AND NOT EXISTS (SELECT FROM kleos.hidden h WHERE h.player = s.{player} AND h.game IN ('', '{game}'))"

_PROFILE_NOW: Final = "\nLEFT JOIN kleos.players p ON p.player = s.{player}"

_PROFILE_AT_END: Final = """
LEFT JOIN LATERAL (
    SELECT h.region, h.attributes FROM kleos.profiles h
    WHERE h.player = s.{player} AND h.at < {end} ORDER BY h.at DESC, h.seq DESC LIMIT 1
) p ON true"""

_RANKED: Final = """
WITH standing AS MATERIALIZED ({standings}),
ranked AS (
    SELECT *, {rank} AS rank, row_number() OVER (ORDER BY {order}) AS place FROM standing
)
"""

_ASKED: Final = """
SELECT counted.total, asked.*
FROM (SELECT count(*) AS total FROM standing) counted LEFT JOIN ({asked}) asked ON true
ORDER BY asked.place
"""

_PAGE: Final = "SELECT * FROM ranked WHERE place > {offset} AND place <= {offset} + {limit}"
_LOOKUP: Final = "SELECT * FROM ranked WHERE id = ANY({ids}::text[])"
_AROUND: Final = """
SELECT ranked.* FROM ranked JOIN (SELECT place AS middle FROM ranked WHERE id = {id}) me
ON place BETWEEN me.middle - {span} AND me.middle + {span}
"""

_EXPLAINED: Final = """
SELECT ranked.* FROM ranked JOIN (
    SELECT mine.rank, (SELECT max(place) FROM ranked WHERE rank = mine.rank) AS last FROM ranked mine WHERE id = {id}
) me ON ranked.id = {id} OR ranked.place IN (me.rank - 1, me.last)
"""

_PARTS: Final = """
SELECT {parted}, count(*) AS standings FROM ({standings}) standing WHERE {known}
GROUP BY {parted} ORDER BY standings DESC, {parted} LIMIT {limit}
"""

_BESIDE: Final = """
SELECT {player} AS of_player, {columns} FROM {table}
WHERE "window" = {window} AND {player} = ANY({players}) AND present{conditions}
"""


@dataclass(slots=True)
class Statement:
    """A text with its arguments, numbered as they are added."""

    text: str = ""
    arguments: list[Any] = field(default_factory=list)

    def argument(self, value: Any, type: str) -> str:
        self.arguments.append(value)
        return f"${len(self.arguments)}::{type}"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked about. ``is_closed``: the window has ended, so players stand where they stood at its end."""

    board: CompiledBoard
    window: Window
    is_closed: bool
    partition: Partition


def page(scope: Scope, offset: int, limit: int) -> Statement:
    """Rows (total, rank, place, id, by_0…, since, version); one row with only the total where the page is empty."""
    statement, ranked = _ranked(scope)
    asked = _PAGE.format(offset=statement.argument(offset, "bigint"), limit=statement.argument(limit, "bigint"))
    return _finish(statement, ranked, asked)


def lookup(scope: Scope, ids: list[str]) -> Statement:
    statement, ranked = _ranked(scope)
    return _finish(statement, ranked, _LOOKUP.format(ids=statement.argument(ids, "text[]")))


def around(scope: Scope, id: str, span: int) -> Statement:
    statement, ranked = _ranked(scope)
    asked = _AROUND.format(id=statement.argument(id, "text"), span=statement.argument(span, "bigint"))
    return _finish(statement, ranked, asked)


def explained(scope: Scope, id: str) -> Statement:
    """An id, the nearest with a better rank, and the last who shares the id's rank; none where it does not stand."""
    statement, ranked = _ranked(scope)
    return _finish(statement, ranked, _EXPLAINED.format(id=statement.argument(id, "text")))


def every_standing(board: CompiledBoard, window: Window) -> Statement:
    """All standings of an open window in the board's order: id, by_0…, since, version, key_0…, attributes of_0…

    Those of hidden players too: they may be shown again.
    """
    statement = Statement()
    extra = "".join(f", s.{quoted(name)} AS key_{place}" for place, name in enumerate(board.key_names))
    extra += "".join(f", {_attribute(name)} AS of_{place}" for place, name in enumerate(board.attribute_names))
    needs_profile = bool(board.attribute_names)
    rows = _standings(statement, board, window, None, needs_profile, "", extra)
    statement.text = f"SELECT * FROM ({rows}) standing ORDER BY {_order(board)}"
    return statement


def parts(board: CompiledBoard, window: Window, is_closed: bool, names: Sequence[str], limit: int) -> Statement:
    """Where standings are: part_0…, standings; the fullest first."""
    statement = Statement()
    columns = [f"s.{quoted(name)}" if name in board.key_names else _attribute(name) for name in names]
    extra = "".join(f", {column} AS part_{place}" for place, column in enumerate(columns))
    seen = _SEEN.format(player=quoted(board.player_name), game=board.game)
    end = window.end if is_closed else None
    rows = _standings(statement, board, window, end, bool(board.attribute_names), seen, extra)
    parted = ", ".join(f"part_{place}" for place in range(len(names)))
    statement.text = _PARTS.format(
        parted=parted,
        standings=rows,
        known=" AND ".join(f"part_{place} IS NOT NULL" for place in range(len(names))),
        limit=statement.argument(limit, "bigint"),
    )
    return statement


def rows_beside(
    board: CompiledBoard,
    window: Window,
    players: Sequence[int],
    partition: Mapping[str, Any],
    columns: Sequence[str],
) -> Statement:
    """Columns of the rows that players have in a partition: of_player, and the columns."""
    statement = Statement()
    kinds = {column.name: column.type.kind for column in board.sheet.key}
    statement.text = _BESIDE.format(
        player=quoted(board.player_name),
        columns=", ".join(quoted(name) for name in columns),
        table=table(board.game, board.sheet.name),
        window=statement.argument(window.name, "text"),
        players=statement.argument(list(players), "bigint[]"),
        conditions="".join(
            f" AND {quoted(name)} = {statement.argument(value, _KEY_TYPES[kinds[name]])}"
            for name, value in partition.items()
            if name in board.key_names
        ),
    )
    return statement


def _ranked(scope: Scope) -> tuple[Statement, str]:
    statement = Statement()
    conditions = _SEEN.format(player=quoted(scope.board.player_name), game=scope.board.game)
    needs_profile = False
    for name, value in scope.partition.as_given().items():
        if name in scope.board.key_names:
            kind = {column.name: column.type.kind for column in scope.board.sheet.key}[name]
            conditions += f" AND s.{quoted(name)} = {statement.argument(value, _KEY_TYPES[kind])}"
        else:
            needs_profile = True
            conditions += f" AND {_attribute(name)} = {statement.argument(value, 'text')}"
    end = scope.window.end if scope.is_closed else None
    standings = _standings(statement, scope.board, scope.window, end, needs_profile, conditions)
    by, whole = _by_order(scope.board), _order(scope.board)
    rank = "row_number()" if scope.board.board.ties == "ordinal" else "rank()"
    over = whole if scope.board.board.ties == "ordinal" else by
    return statement, _RANKED.format(standings=standings, rank=f"{rank} OVER (ORDER BY {over})", order=whole)


def _finish(statement: Statement, ranked: str, asked: str) -> Statement:
    statement.text = ranked + _ASKED.format(asked=asked)
    return statement


def _standings(
    statement: Statement,
    board: CompiledBoard,
    window: Window,
    profile_end: int | None,
    needs_profile: bool,
    conditions: str,
    extra: str = "",
) -> str:
    if board.board.where is not None:
        names = {name: f"s.{quoted(name)}" for name in board.board.where.names}
        conditions += f" AND ({sql_source(board.board.where, names, 'postgresql')}) IS TRUE"
    player = quoted(board.player_name)
    profile = ""
    if needs_profile and profile_end is None:
        profile = _PROFILE_NOW.format(player=player)
    elif needs_profile:
        profile = _PROFILE_AT_END.format(player=player, end=statement.argument(profile_end, "timestamptz"))
    since = ", ".join(f"s.{quoted(name)}" for name in board.since_names)
    return _STANDINGS.format(
        by=", ".join(f"s.{quoted(name)} AS by_{place}" for place, name in enumerate(board.by_names)),
        since=f"GREATEST({since})",
        extra=extra,
        table=table(board.game, board.sheet.name),
        namespace=statement.argument(board.namespace, "text"),
        player=player,
        profile=profile,
        window=statement.argument(window.name, "text"),
        conditions=conditions,
    )


def _by_order(board: CompiledBoard) -> str:
    return ", ".join(f"by_{place} {sort.direction.upper()} NULLS LAST" for place, sort in enumerate(board.board.by))


def _order(board: CompiledBoard) -> str:
    return f'{_by_order(board)}, since ASC NULLS LAST, id COLLATE "C"'


def _attribute(name: str) -> str:
    return "p.region" if name == "region" else f"p.attributes->>'{name}'"


_KEY_TYPES: Final = {
    "player": "bigint",
    "str": "text",
    "int": "bigint",
    "float": "double precision",
    "bool": "boolean",
    "time": "timestamptz",
}

PROFILE_AT_END: Final = """
SELECT region, attributes FROM kleos.profiles
WHERE player = $1 AND at < $2::timestamptz ORDER BY at DESC, seq DESC LIMIT 1
"""

HIDDEN_IDS: Final = """
SELECT DISTINCT i.id FROM kleos.hidden h JOIN kleos.identities i USING (player)
WHERE i.namespace = $1 AND h.game IN ('', $2)
"""

WINDOWS: Final = 'SELECT DISTINCT "window" FROM {table} WHERE present ORDER BY "window" DESC'
