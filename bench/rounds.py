"""The golf rounds that ingest is measured with: the same for Kleos, as JSON, and for the bare statements, folded."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from kleos.core.windows import Calendar, iso

PLAYERS: Final = 100_000
PLAYERS_IN_A_ROUND: Final = 4
ROUNDS_IN_A_BATCH: Final = 500
WINDOWS: Final = ("all", "week", "day")
SPAN_US: Final = 3_600_000_000

_EMPTY_ROW: Final = (0, 0, 0, None, None, 0, 0, 0, None, None, None)


@dataclass(frozen=True, slots=True)
class Round:
    id: str
    at: int
    players: tuple[int, ...]
    scores: tuple[int, ...]
    winner: int
    finisher: int


def name(player: int) -> str:
    return f"player-{player:06d}"


def rounds(seed: str, batches: int, now_us: int, players: int = PLAYERS) -> Iterator[list[Round]]:
    """Batches of rounds of the last hour. The first ``players / 2000`` batches together name every player once."""
    chance = random.Random(seed)
    order = list(range(1, players + 1))
    chance.shuffle(order)
    drawn = 0
    for batch in range(batches):
        made = []
        for number in range(ROUNDS_IN_A_BATCH):
            if drawn + PLAYERS_IN_A_ROUND <= players:
                seats = tuple(order[drawn : drawn + PLAYERS_IN_A_ROUND])
                drawn += PLAYERS_IN_A_ROUND
            else:
                seats = tuple(chance.sample(order, PLAYERS_IN_A_ROUND))
            scores = tuple(chance.randint(-4, 40) for _ in seats)
            winner = seats[scores.index(min(scores))]
            at = now_us - chance.randrange(SPAN_US)
            made.append(Round(f"{seed}-{batch}-{number}", at, seats, scores, winner, chance.choice(seats)))
        yield made


def body(batch: Sequence[Round]) -> bytes:
    """A batch as a game sends it."""
    return msgspec.json.encode(
        [
            {
                "type": "round_ended",
                "id": one.id,
                "at": iso(one.at),
                "scores": {name(player): score for player, score in zip(one.players, one.scores, strict=True)},
                "winner": name(one.winner),
                "finisher": name(one.finisher),
            }
            for one in batch
        ]
    )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch as the bare statements take it: arrays of columns, sorted by key, players as numbers, folded."""

    events: tuple[list[Any], ...]
    appearances: tuple[list[Any], ...]
    rows: tuple[list[Any], ...]


def prepare(batch: Sequence[Round], calendar: Calendar) -> Prepared:
    ordered = sorted(batch, key=lambda one: one.id)
    ids = [one.id for one in ordered]
    events = (ids, ids, ["round_ended"] * len(ids), [one.at for one in ordered], [_logged(one) for one in ordered])
    seats = sorted((player, one.id) for one in batch for player in one.players)
    folded = _fold(batch, calendar)
    columns = [list(column) for column in zip(*((*key, *folded[key]) for key in sorted(folded)), strict=True)]
    return Prepared(events, ([player for player, _ in seats], [match for _, match in seats]), tuple(columns))


def _logged(one: Round) -> bytes:
    scores = list(zip(one.players, one.scores, strict=True))
    return msgspec.json.encode(
        {"scores": scores, "winner": one.winner, "finisher": one.finisher, "jacks": [], "cpus": []}
    )


def _fold(batch: Sequence[Round], calendar: Calendar) -> dict[tuple[str, int], list[Any]]:
    rows: dict[tuple[str, int], list[Any]] = {}
    for one in sorted(batch, key=lambda one: one.at):
        for window in calendar.names(WINDOWS, one.at):
            for player, score in zip(one.players, one.scores, strict=True):
                _add(rows.setdefault((window, player), list(_EMPTY_ROW)), one, player, score)
    return rows


def _add(row: list[Any], one: Round, player: int, score: int) -> None:
    """Played, won, points, best, worst, knockouts, perfect, wolfpacks; then when the first three last changed."""
    row[0] += 1
    row[8] = one.at
    if player == one.winner:
        row[1] += 1
        row[9] = one.at
    row[2] += score
    if score:
        row[10] = one.at
    row[3] = score if row[3] is None else min(row[3], score)
    row[4] = score if row[4] is None else max(row[4], score)
    row[5] += player == one.finisher
    row[6] += score <= 0
