"""The bots: who they are and how well they play. The same in every run."""

from dataclasses import dataclass
from random import Random

from kleos.demo.strategy import Golfer, Temper

REGIONS = ("eu", "na", "apac")
COMPUTER_PLAYERS = ("cpu-bogey", "cpu-divot", "cpu-mulligan")
NAMES = (
    "Ada Birdie", "Ajax", "Amaru", "Anouk", "Atalanta", "Bao", "Birch", "Calliope", "Cato", "Chidi",
    "Clio", "Daphne", "Dashiell", "Echo", "Eero", "Ember", "Fable", "Farid", "Fenn", "Freya",
    "Galatea", "Goro", "Hana", "Hector", "Idris", "Imani", "Io", "Isolde", "Juno", "Kaito",
    "Kestrel", "Lark", "Leander", "Linnea", "Lykke", "Mael", "Marlow", "Mika", "Nadir", "Niobe",
    "Nyx", "Odile", "Orpheus", "Oisín", "Paloma", "Pike", "Quill", "Rhea", "Roan", "Saga",
    "Sable", "Soren", "Suki", "Talos", "Tamsin", "Umi", "Vesper", "Wren", "Xiadani", "Zephyr",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bot:
    """One bot: ``skill`` is 0 (novice) to 1 (master), ``eagerness`` how often it plays, against others."""

    player: str
    name: str
    region: str
    skill: float
    eagerness: float
    golfer: Golfer


def make_bots(rng: Random) -> tuple[Bot, ...]:
    """All bots, their skill and temper drawn from ``rng``."""
    return tuple(_make_bot(name, rng) for name in NAMES)


def _make_bot(name: str, rng: Random) -> Bot:
    skill = rng.random()
    temper = Temper(
        error=4.5 * (1.0 - skill),
        patience=rng.uniform(1.5, 4.0),
        pair_sense=0.3 + 0.7 * skill,
        caution=rng.random(),
    )
    player = name.lower().replace(" ", "-").replace("í", "i")
    return Bot(player, name, rng.choice(REGIONS), skill, rng.uniform(0.5, 2.0), Golfer(temper))


def seat_bots(bots: tuple[Bot, ...], count: int, rng: Random) -> tuple[Bot, ...]:
    """``count`` different bots for one table, the eager ones more often."""
    by_impatience = sorted(bots, key=lambda bot: rng.random() ** (1.0 / bot.eagerness), reverse=True)
    return tuple(by_impatience[:count])
