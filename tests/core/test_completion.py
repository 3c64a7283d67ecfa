"""Awards against a reference that asks the condition anew after every event of the history."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from kleos.core.completion import Award, Happened, all_awards, in_requirement_order, with_requirements
from kleos.core.definition.load import load
from kleos.core.plan import compile_plan
from kleos.core.windows import Calendar, Season

DAY_US: Final = 86_400_000_000
DEFINITION: Final = load(
    """
title = "Completion"

[events.game]
scores = "map[player, int]"
place  = "str"

[sheets.career]
key     = ["player"]
windows = ["all", "season", "day"]
[[sheets.career.on]]
event  = "game"
for    = "player, score in scores"
games  = "count()"
total  = "sum(max(0, score))"
lowest = "min(score)"
best   = "max(score)"
run    = "streak(score > 0)"

[sheets.places]
key     = ["place", "player"]
windows = ["all"]
[[sheets.places.on]]
event = "game"
for   = "player, score in scores"
total = "sum(max(0, score))"

[achievements.last]
requires = ["total", "run"]
sheet = "career"
when  = "games >= 2"

[achievements.total]
sheet = "career"
when  = "total >= 6"

[achievements.run]
sheet = "career"
when  = "run_best >= 2"

[achievements.either]
sheet = "career"
when  = "lowest <= -2 or best > 4 and games >= 2"

[achievements.day]
sheet  = "career"
window = "day"
when   = "run_best >= 2"

[achievements.season]
sheet  = "career"
window = "season"
when   = "games >= 2"

[achievements.place]
sheet = "places"
when  = "total >= 5"

[achievements.five]
event = "game"
for   = "player, score in scores"
when  = "score == 5"

[achievements.given]
manual   = true
requires = ["five"]
""",
    "completion",
)
PLAN: Final = compile_plan(DEFINITION)
SEASONS: Final = (DAY_US // 2, 2 * DAY_US)
CALENDAR: Final = Calendar("UTC", [Season("s1", "First", *SEASONS)])


@dataclass(frozen=True, slots=True)
class Game:
    at: int
    id: str
    scores: dict[str, int]
    place: str = "here"
    match: str = "m"


@dataclass(frozen=True, slots=True)
class Grant:
    at: int
    id: str
    player: str
    achievement: str = "given"
    match: str = "m"


@dataclass(slots=True)
class Seen:
    """What a player has done in one window."""

    scores: list[int] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(max(0, score) for score in self.scores)

    @property
    def run(self) -> int:
        best = length = 0
        for score in self.scores:
            length = length + 1 if score > 0 else 0
            best = max(best, length)
        return best


HOLDS: Final[dict[str, tuple[Callable[[Game], Any], Callable[[Seen], bool]]]] = {
    "total": (lambda game: "all", lambda seen: seen.total >= 6),
    "run": (lambda game: "all", lambda seen: seen.run >= 2),
    "last": (lambda game: "all", lambda seen: len(seen.scores) >= 2),
    "either": (
        lambda game: "all",
        lambda seen: min(seen.scores) <= -2 or (max(seen.scores) > 4 and len(seen.scores) >= 2),
    ),
    "day": (lambda game: game.at // DAY_US, lambda seen: seen.run >= 2),
    "season": (
        lambda game: "s1" if SEASONS[0] <= game.at < SEASONS[1] else None,
        lambda seen: len(seen.scores) >= 2,
    ),
    "place": (lambda game: game.place, lambda seen: seen.total >= 5),
    "five": (lambda game: game.id, lambda seen: seen.scores[-1] == 5),
}

PLAYERS: Final = st.sampled_from(["ann", "bob"])
IDS: Final = st.text("abcé", min_size=1, max_size=3)
TIMES: Final = st.sampled_from([0, 1, DAY_US // 2 - 1, DAY_US // 2, DAY_US - 1, DAY_US, 2 * DAY_US])
HISTORIES: Final = st.lists(
    st.builds(
        Game, TIMES, IDS, st.dictionaries(PLAYERS, st.integers(-3, 5), max_size=2), st.sampled_from(["here", "there"])
    )
    | st.builds(Grant, TIMES, IDS, PLAYERS),
    max_size=14,
    unique_by=lambda event: event.id,
).map(lambda events: sorted(events, key=lambda event: (event.at, event.id)))


def reference(player: str, history: Sequence[Game | Grant]) -> dict[str, Award]:
    own: dict[str, Award] = {}
    seen: dict[tuple[str, Any], Seen] = {}
    for event in history:
        award = Award(event.at, event.id, event.match)
        if isinstance(event, Grant):
            if event.player == player:
                own.setdefault("given", award)
            continue
        if player not in event.scores:
            continue
        for name, (window_of, holds) in HOLDS.items():
            window = window_of(event)
            mine = seen.setdefault((name, window), Seen())
            mine.scores.append(event.scores[player])
            if window is not None and holds(mine):
                own.setdefault(name, award)
    if {"last", "total", "run"} <= own.keys():
        own["last"] = max(own["last"], own["total"], own["run"])
    else:
        own.pop("last", None)
    if {"given", "five"} <= own.keys():
        own["given"] = max(own["given"], own["five"])
    else:
        own.pop("given", None)
    return own


def happened(event: Game | Grant) -> Happened:
    return Happened(PLAN.events["game" if isinstance(event, Game) else "award.granted"], event)


@given(HISTORIES, PLAYERS)
def test_awards_are_dated_by_the_first_event_after_which_they_hold(
    history: Sequence[Game | Grant], player: str
) -> None:
    assert all_awards(PLAN, CALENDAR, player, [happened(event) for event in history]) == reference(player, history)


def test_an_award_comes_after_all_that_it_requires() -> None:
    order = [achievement.name for achievement in in_requirement_order(DEFINITION.achievements)]
    assert sorted(order) == sorted(DEFINITION.achievements)
    assert order.index("last") > max(order.index("total"), order.index("run"))
    assert order.index("given") > order.index("five")


def test_a_prerequisite_withholds_and_dates() -> None:
    last = DEFINITION.achievements["last"]
    own, early, late = Award(5, "b", "m"), Award(1, "a", "m"), Award(5, "c", "m")
    assert with_requirements(last, own, {"total": early}) is None
    assert with_requirements(last, None, {"total": early, "run": late}) is None
    assert with_requirements(last, own, {"total": early, "run": early}) == own
    assert with_requirements(last, own, {"total": early, "run": late}) == late
