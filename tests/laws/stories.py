"""Stories: random facts about a game of ``law_two.toml``, and random ways of telling them."""

import random
from dataclasses import dataclass
from typing import Any, Final

from kleos.players.profiles import ProfileChange
from tests.laws.world import DAY_US, LAW_TWO, NOW, Fact, moment, wire_time

PLAYERS: Final = ("ann", "Ann", "é", "z", "\U0001f600")
WEAPONS: Final = ("axe", "bow")
MATCHES: Final = ("m1", "m2", "m3")
EDGES: Final = tuple(
    moment(text)
    for text in (
        "2018-10-29T03:00:00+00:00",  # a week begins
        "2018-11-01T03:00:00+00:00",  # a month begins
        "2018-11-04T03:00:00+00:00",  # a day begins, at one o'clock
        "2018-11-05T02:00:00+00:00",  # a week begins
    )
)
TIMES: Final = tuple(sorted(at + shift for at in EDGES for shift in (-1, 0, 1_000_000, 3_600_000_000)))
"""Few, so that many events have equal times and their ids decide."""

SEASON: Final = (moment("2018-10-31T00:00:00+00:00"), moment("2018-11-04T03:30:00+00:00"))
OTHER_DATES: Final = (
    (moment("2018-10-20T00:00:00+00:00"), moment("2018-11-01T03:00:00+00:00")),
    (moment("2018-11-04T02:59:59+00:00"), NOW + 10 * DAY_US),
    (moment("2017-01-01T00:00:00+00:00"), moment("2017-02-01T00:00:00+00:00")),
)


def _without(source: str, *parts: str) -> str:
    """A definition without these lines, and without the tables that they head."""
    lines: list[str] = []
    is_left_out = False
    for line in source.splitlines():
        is_left_out = line in parts if line.startswith("[") else is_left_out
        if not is_left_out and line not in parts:
            lines.append(line)
    return "\n".join(lines)


EARLIER: Final = _without(
    LAW_TWO,
    "[boards.extremes]",  # whose times are not folded then
    "[boards.order]",
    'far    = "max(distance)"',
    'prey   = "last(target)"',
    "[achievements.hotter]",
    "[achievements.snipe]",
    "[achievements.revenge]",
)
"""An earlier version of the game: to put the later one in force is to fill it from the log."""

Profile = tuple[str, ProfileChange]


@dataclass(slots=True)
class Story:
    """Facts that a game reports, profile changes in the order in which they happen, and whether there is a season."""

    facts: list[Fact]
    profiles: list[Profile]
    has_season: bool


@dataclass(slots=True)
class Telling:
    """Steps one after another: sends that are in flight at once, a profile, the dates of the season, or a definition.

    It begins with the definition ``source``.
    """

    steps: list[list[list[Fact]] | Profile | tuple[int, int] | str]
    source: str = LAW_TWO


def random_story(rng: random.Random, most_facts: int) -> Story:
    times = rng.sample(TIMES, rng.randint(2, len(TIMES)))
    count = rng.randint(1, most_facts)
    ids = rng.sample(range(100_000), count)
    letters = "aZé\uffee\U00010000"
    facts = [_fact(rng, f"{letters[id % 5]}{id}", rng.choice(times)) for id in ids]
    profiles = [_profile(rng) for _ in range(rng.randint(0, 4))]
    return Story(facts, profiles, rng.random() < 0.7)


def _fact(rng: random.Random, id: str, at: int) -> Fact:
    kind = rng.choice(("round", "round", "hit", "hit", "hit", "over", "award.granted"))
    fact: Fact = {"id": id, "type": kind, "at": wire_time(at)}
    if rng.random() < 0.8:
        fact["match"] = rng.choice(MATCHES)
    return fact | _FIELDS[kind](rng)


def _round(rng: random.Random) -> Fact:
    players = rng.sample(PLAYERS, rng.randint(1, len(PLAYERS)))
    fields: Fact = {"scores": {player: rng.randint(-3, 10) for player in players}}
    if rng.random() < 0.5:
        fields["weights"] = {player: rng.choice((0.1, 0.2, -0.3, 1e-6, 4.4)) for player in rng.sample(players, 1)}
    if rng.random() < 0.8:
        fields["winner"] = rng.choice(players[:2])
    if rng.random() < 0.3:
        fields["bonus"] = rng.choice((None, 0, 7, 100))
    if rng.random() < 0.2:
        fields["cpus"] = [rng.choice(PLAYERS)]
    return fields


def _hit(rng: random.Random) -> Fact:
    fields: Fact = {
        "by": rng.choice(PLAYERS),
        "weapon": rng.choice(WEAPONS),
        "damage": rng.choice((0, 0.1, 0.2, 2.5, 7.5, -1.1)),
        "clean": rng.random() < 0.7,
    }
    if rng.random() < 0.7:
        fields["target"] = rng.choice(PLAYERS)
    if rng.random() < 0.5:
        fields["distance"] = rng.choice((-0.0, 0.0, 10.5, 50.1))
    if rng.random() < 0.4:
        fields["seen"] = wire_time(rng.choice(TIMES))
    return fields


def _over(rng: random.Random) -> Fact:
    captains = rng.sample((*PLAYERS, None), 2)
    sides: list[Any] = [{"name": name, "captain": captain} for name, captain in zip("AB", captains, strict=True)]
    sides[0]["players"] = list(PLAYERS[:2])
    return {"sides": sides, "winner": rng.choice(("A", "B", None))}


def _granted(rng: random.Random) -> Fact:
    return {"player": rng.choice(PLAYERS), "achievement": rng.choice(("given", "crowned"))}


_FIELDS: Final = {"round": _round, "hit": _hit, "over": _over, "award.granted": _granted}


def _profile(rng: random.Random) -> Profile:
    change = ProfileChange(
        region=rng.choice(("eu", "us", None)),
        attributes={"clan": rng.choice(("red", None))},
    )
    return rng.choice((*PLAYERS, "stranger")), change


def in_order(story: Story) -> Telling:
    """Everything at its time, in one request."""
    steps: list[Any] = [SEASON] if story.has_season else []
    steps += story.profiles
    return Telling([*steps, [sorted(story.facts, key=lambda fact: (fact["at"], fact["id"]))]])


def in_any_order(rng: random.Random, story: Story) -> Telling:
    """The same facts shuffled, some of them repeated, cut anywhere, sent one by one or many at once."""
    facts = story.facts + [fact for fact in story.facts if rng.random() < 0.2]
    rng.shuffle(facts)
    sends = []
    while facts:
        size = rng.choice((1, 1, 2, 3, 5, 13, 100))
        sends.append(facts[:size])
        facts = facts[size:]
    steps: list[Any] = []
    while sends:
        width = rng.choice((1, 1, 2, 4, 16))
        steps.append(sends[:width])
        sends = sends[width:]
    for later in _places(rng, len(story.profiles), len(steps)):
        steps.insert(later, story.profiles[0])
        story = Story(story.facts, story.profiles[1:], story.has_season)
    dates = [*rng.sample(OTHER_DATES, rng.randint(0, 2)), SEASON] if story.has_season else []
    for later, span in zip(_places(rng, len(dates), len(steps)), dates, strict=True):
        steps.insert(later, span)
    if rng.random() < 0.3:
        steps.insert(rng.randint(0, len(steps)), LAW_TWO)
        return Telling(steps, EARLIER)
    return Telling(steps)


def _places(rng: random.Random, count: int, length: int) -> list[int]:
    """Rising places into which to insert one after another, so that their order stays."""
    return [place + n for n, place in enumerate(sorted(rng.randint(0, length) for _ in range(count)))]
