"""Arcade runs: a score and how it came about. Better bots score higher and last longer."""

from dataclasses import dataclass
from random import Random

GAME_MODES = ("classic", "ranked", "timed", "survival", "challenge")
TIMED_RUN_MS = 120_000
MULTIPLIERS = {"classic": 1.0, "ranked": 1.5, "timed": 1.0, "survival": 1.2, "challenge": 2.0}


@dataclass(frozen=True, slots=True)
class ArcadeRun:
    """One run. ``score`` is over 0, before the multiplier; ``waves`` is the run's own detail."""

    game_mode: str
    score: float
    duration_ms: int
    multiplier: float
    waves: int


def play_run(skill: float, rng: Random, game_mode: str | None = None) -> ArcadeRun:
    """Play one run with a skill of 0 to 1: wave after wave until one is lost, or the time is up."""
    mode = game_mode or rng.choice(GAME_MODES)
    waves, score, duration_ms = 0, 0.0, 0
    while True:
        waves += 1
        took_ms = rng.randint(6_000, 14_000)
        if mode == "timed" and duration_ms + took_ms > TIMED_RUN_MS:
            duration_ms = TIMED_RUN_MS
            break
        duration_ms += took_ms
        score += round(rng.uniform(40.0, 100.0) * (1.0 + 0.05 * waves) * (0.6 + skill), 1)
        if rng.random() > 0.80 + 0.11 * skill:
            break
    return ArcadeRun(mode, round(max(score, 10.0), 1), duration_ms, MULTIPLIERS[mode], waves)
