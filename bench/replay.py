"""Replay: folding a log of Parquet files, beside a DuckDB query by hand for the same sheet; a board of the past."""

from __future__ import annotations

import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from bench.report import Row, middle
from kleos.boards import past_sql
from kleos.boards.compiled import CompiledBoard, Partition
from kleos.boards.past import PastQuestion, standings_of
from kleos.core.definition.load import load
from kleos.core.definition.model import Definition
from kleos.core.plan import compile_plan
from kleos.core.windows import ALL, Calendar
from kleos.engine.game import Game
from kleos.replay.columns import parquet_columns
from kleos.replay.fold import fold_sheet, folded
from kleos.replay.past import HIDDEN, narrowed
from kleos.replay.session import Duck, Sources, create_views, open_session
from kleos.replay.spans import create_spans
from kleos.store.embedded import EmbeddedPostgres

GAMES: Final = Path(__file__).parent / "games"
EVENTS: Final = 2_500_000
AS_OF_EVENTS: Final = 10_000_000
EVENTS_A_FILE: Final = 500_000
FACTS_AN_EVENT: Final = 4
PLAYERS: Final = 50_000
DAYS: Final = 30
START_US: Final = 1_767_225_600_000_000
REPEATS: Final = 3
MEMORY_MB: Final = 640
GIB: Final = 1024**3

_ENVELOPE: Final = """
    i AS "_seq", 'e' || i AS id, 'm' || (i // 10) AS "match",
    make_timestamptz({start} + i * ({days} * 86400000000 // {events}) + CAST(hash(i) % 60000000 AS BIGINT)) AS "at",
    make_timestamptz({start}) AS "_received_at" """
_PLAYERS: Final = "[" + ", ".join(f"CAST(hash(i, {n}) % ({PLAYERS} // 4) * 4 + {n} AS BIGINT)" for n in range(4)) + "]"
_ROUNDS: Final = f"""
SELECT {_ENVELOPE}, map(players, list_transform(range(4), lambda n: CAST(hash(i, 9, n) % 60 AS BIGINT) - 10)) AS scores,
    players[1] AS winner, CASE WHEN i % 3 > 0 THEN players[2] END AS finisher,
    CASE WHEN i % 20 = 0 THEN map([players[3]], [4::BIGINT]) ELSE map([]::BIGINT[], []::BIGINT[]) END AS jacks,
    CASE WHEN i % 10 = 0 THEN [players[4]] ELSE []::BIGINT[] END AS cpus, NULL::VARCHAR AS "_rest"
FROM (SELECT i, {_PLAYERS} AS players FROM range({{first}}, {{last}}) AS t(i))
"""
_SCORES: Final = f"""
SELECT {_ENVELOPE}, CAST(hash(i) % {PLAYERS} AS BIGINT) AS player, CAST(hash(i, 1) % 1000000 AS BIGINT) AS points,
    NULL::VARCHAR AS "_rest"
FROM range({{first}}, {{last}}) AS t(i)
"""

BY_HAND: Final = """
CREATE OR REPLACE TABLE by_hand AS
WITH facts AS (
    SELECT "at", date_trunc('day', "at") AS day, winner, finisher, jacks, cpus,
           unnest(map_keys(scores)) AS player, unnest(map_values(scores)) AS score
    FROM read_parquet({files})
), daily AS MATERIALIZED (
    SELECT player, day, count(*) AS played, count(*) FILTER (WHERE player = winner) AS won, sum(score) AS points,
           min(score) AS best, max(score) AS worst, count(*) FILTER (WHERE player = finisher) AS knockouts,
           count(*) FILTER (WHERE score <= 0) AS perfect,
           count(*) FILTER (WHERE map_extract(jacks, player)[1] >= 4) AS wolfpacks, max("at") AS played_at,
           max("at") FILTER (WHERE player = winner) AS won_at, max("at") FILTER (WHERE score <> 0) AS points_at
    FROM facts WHERE NOT list_contains(cpus, player) GROUP BY player, day
), rows AS (
    SELECT strftime(day, '%Y-%m-%d') AS "window", * EXCLUDE (day) FROM daily
    UNION ALL {week}
    UNION ALL {all}
)
SELECT *, points / played AS avg_score FROM rows
"""
_SUMS: Final = """player, sum(played), sum(won), sum(points), min(best), max(worst), sum(knockouts), sum(perfect),
    sum(wolfpacks), max(played_at), max(won_at), max(points_at) FROM daily"""
_WEEK: Final = f"SELECT strftime(day, '%G-W%V'), {_SUMS} GROUP BY ALL"
_ALL: Final = f"SELECT 'all', {_SUMS} GROUP BY player"
_AGREE: Final = """
SELECT count(*), count(*) FILTER (WHERE r.rounds_won = h.won AND r.total_points = h.points
    AND r.wolfpacks = h.wolfpacks AND r.avg_score = h.avg_score AND r.rounds_won_since IS NOT DISTINCT FROM h.won_at)
FROM {ours} AS r FULL JOIN (SELECT * REPLACE (epoch_us(won_at) AS won_at) FROM by_hand) AS h USING ("window", player)
"""

Answer = TypeVar("Answer")


async def run(server: EmbeddedPostgres, quick: bool) -> list[Row]:
    folder = Path(tempfile.mkdtemp(prefix="kleos-bench-replay-"))
    share = 20 if quick else 1
    try:
        rows = measured(folder, EVENTS // share)
        return [*rows, _as_of_row(folder, AS_OF_EVENTS // share)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measured(folder: Path, events: int) -> list[Row]:
    """How fast, beside the query by hand, and in how much memory a log of this many events is folded."""
    alone(make_log, folder, "rounds", events)
    fold_s, peak_bytes = alone(fold_log, folder, events)
    ours_s, by_hand_s = alone(beside_by_hand, folder, events)
    facts = events * FACTS_AN_EVENT
    what = f"rebuild: a sheet in three windows from {events:,} events of {FACTS_AN_EVENT} facts in Parquet, two threads"
    rate, ratio = facts / min(fold_s, ours_s), ours_s / by_hand_s
    memory = f"rebuild: memory of the whole process over {events:,} events"
    return [
        Row(what, "1,000,000 facts/s", f"{rate:,.0f} facts/s", met=rate >= 1_000_000),
        Row(
            "the same fold beside a DuckDB query written by hand",
            "at most 1.3 times",
            f"{ours_s:.2f} s",
            f"{by_hand_s:.2f} s",
            f"{ratio:.2f}",
            ratio <= 1.3,
        ),
        Row(memory, "under 1 GiB", f"{peak_bytes / GIB:.2f} GiB", met=peak_bytes < GIB),
    ]


def alone(work: Callable[..., Answer], *arguments: object) -> Answer:
    """What a function answers in a process of its own, whose memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def make_log(folder: Path, game: str, events: int) -> None:
    """Writes the log's files as the archive does: spans of so many events, in the order in which they came."""
    columns = ", ".join(f'"{name}"' for name in parquet_columns(next(iter(_definition(game).events.values()))))
    with open_session(folder / "spill", memory_mb=MEMORY_MB) as duck:
        for first in range(0, events, EVENTS_A_FILE):
            select = _ROUNDS if game == "rounds" else _SCORES
            rows = select.format(
                start=START_US, days=DAYS, events=events, first=first, last=min(events, first + EVENTS_A_FILE)
            )
            path = folder / f"{game}-{first:012}.parquet"
            duck.execute(f"COPY (SELECT {columns} FROM ({rows})) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def fold_log(folder: Path, events: int) -> tuple[float, int]:
    """Seconds, and the most memory of this process in bytes."""
    with open_session(folder / "spill", memory_mb=MEMORY_MB) as duck:
        elapsed_s = _fold(duck, folder, "rounds")
    return elapsed_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def beside_by_hand(folder: Path, events: int) -> tuple[float, float]:
    """Seconds of our fold and of the query by hand, in turn; they must agree."""
    files = ", ".join(f"'{path}'" for path in _files(folder, "rounds"))
    by_hand = BY_HAND.format(files=f"[{files}]", week=_WEEK, all=_ALL)
    ours_s, by_hand_s = [], []
    with open_session(folder / "spill", memory_mb=MEMORY_MB) as duck:
        for _ in range(REPEATS if events <= EVENTS else 1):
            ours_s.append(_fold(duck, folder, "rounds"))
            start = time.perf_counter()
            duck.execute(by_hand)
            by_hand_s.append(time.perf_counter() - start)
        ((rows, alike),) = duck.execute(_AGREE.format(ours=folded("career"))).fetchall()
        assert rows == alike, f"{rows - alike} of {rows} rows differ from the query by hand"
    return middle(ours_s), middle(by_hand_s)


def _as_of_row(folder: Path, events: int) -> Row:
    alone(make_log, folder, "scores", events)
    elapsed_s = alone(board_of_the_past, folder)
    what = f"the first hundred of a board as of a moment, from {events:,} events of one fact in Parquet"
    return Row(what, "under 2 s", f"{elapsed_s:.2f} s", met=elapsed_s < 2)


def board_of_the_past(folder: Path) -> float:
    """Seconds from an empty session to every standing in the board's order."""
    definition = _definition("scores")
    game = Game(definition, compile_plan(definition), 1, Calendar("UTC"), 1)
    board = CompiledBoard(definition, definition.boards["best"])
    question = PastQuestion(board, ALL, Partition((), ()), START_US + DAYS * 86_400_000_000 * 3 // 4)
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        with open_session(folder / "spill", memory_mb=MEMORY_MB) as duck:
            duck.execute(f"{past_sql.CREATE}; CREATE TABLE {HIDDEN} (player BIGINT)")
            create_views(duck, definition, Sources({"scored": _files(folder, "scores")}, rows=False))
            table = standings_of(duck, game, narrowed(board.sheet, board.by_names), question)
            assert table.slice(0, 100).num_rows == 100
        times.append(time.perf_counter() - start)
    return middle(times)


def _fold(duck: Duck, folder: Path, game: str) -> float:
    """Seconds from the files to the rows, the windows and views included."""
    definition = _definition(game)
    start = time.perf_counter()
    files = {next(iter(definition.events)): _files(folder, game)}
    create_views(duck, definition, Sources(files, rows=False))
    create_spans(duck, definition, Calendar("UTC"))
    fold_sheet(duck, definition, definition.sheets["career"])
    return time.perf_counter() - start


def _files(folder: Path, game: str) -> list[str]:
    return sorted(str(path) for path in folder.glob(f"{game}-*.parquet"))


def _definition(game: str) -> Definition:
    return load((GAMES / f"{game}.toml").read_text("utf-8"), game)
