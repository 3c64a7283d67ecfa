"""From played games to the events that report them, and the matches that the bots play."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from kleos.demo.arcade import ArcadeRun, play_run
from kleos.demo.golf import GameResult, play_game
from kleos.demo.roster import COMPUTER_PLAYERS, Bot, seat_bots
from kleos.demo.strategy import Golfer, Temper

ROUND_LENGTH = timedelta(minutes=2)
CPU_GOLFER = Golfer(Temper(error=2.0, patience=2.5, pair_sense=0.7, caution=0.3))
SHARE_WITH_CPUS = 0.25
Event = dict[str, Any]


def golf_events(
    match: str,
    players: Sequence[str],
    played: GameResult,
    *,
    ended_at: datetime,
    round_length: timedelta = ROUND_LENGTH,
) -> list[Event]:
    """The events of a golf game: a ``round_ended`` for each round, then ``game_ended``; ids follow from the
    match's.

    ``players`` are the ids by seat, those that begin with ``cpu-`` computer players. The winner of a round
    and of the game has the lowest score; of equal ones the earlier seat.
    """
    cpus = [player for player in players if player.startswith("cpu-")]
    events: list[Event] = []
    for number, result in enumerate(played.rounds, start=1):
        at = ended_at - (len(played.rounds) - number) * round_length - timedelta(milliseconds=1)
        event = _envelope(match, f"round-{number}", "round_ended", at)
        event["scores"] = dict(zip(players, result.scores, strict=True))
        event["winner"] = players[result.winner]
        event["finisher"] = players[result.finisher]
        event["jacks"] = {player: jacks for player, jacks in zip(players, result.jacks, strict=True) if jacks}
        event["cpus"] = cpus
        events.append(event)
    ended = _envelope(match, "end", "game_ended", ended_at)
    ended["totals"] = dict(zip(players, played.totals, strict=True))
    ended["winner"] = players[played.winner]
    ended["humans"] = len(players) - len(cpus)
    ended["cpus"] = cpus
    return [*events, ended]


def arcade_event(match: str, player: str, run: ArcadeRun, *, at: datetime) -> Event:
    """The event of an arcade run."""
    event = _envelope(match, "run", "score_submitted", at)
    event["player"] = player
    event["score"] = run.score
    event["game_mode"] = run.game_mode
    event["duration_ms"] = run.duration_ms
    event["multiplier"] = run.multiplier
    event["metadata"] = {"waves": run.waves}
    return event


def play_golf_match(
    match: str,
    bots: tuple[Bot, ...],
    rng: Random,
    *,
    ended_at: datetime,
    round_length: timedelta = ROUND_LENGTH,
) -> list[Event]:
    """Seat two to five bots, computer players among them now and then, play a game and report it."""
    seated = seat_bots(bots, rng.choice((2, 3, 3, 4, 4, 5)), rng)
    table = [(bot.player, bot.golfer) for bot in seated]
    if rng.random() < SHARE_WITH_CPUS:
        cpu = rng.choice(COMPUTER_PLAYERS)
        table[rng.randrange(len(table))] = (cpu, CPU_GOLFER)
    rng.shuffle(table)
    played = play_game([golfer for _, golfer in table], rng)
    return golf_events(match, [player for player, _ in table], played, ended_at=ended_at, round_length=round_length)


def play_arcade_match(match: str, bots: tuple[Bot, ...], rng: Random, *, at: datetime) -> list[Event]:
    """One bot plays one run."""
    (bot,) = seat_bots(bots, 1, rng)
    return [arcade_event(match, bot.player, play_run(bot.skill, rng), at=at)]


def _envelope(match: str, part: str, event_type: str, at: datetime) -> Event:
    stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": f"{match}/{part}", "type": event_type, "match": match, "at": stamp}
