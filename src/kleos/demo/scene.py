"""What the demo knows of the moment: the board's top and how it moved, the last awards, how much was sent."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from kleos.client.answers import Receipt, Standing

RATE_SPAN_S = 10.0
MOVEMENT_SHOWN_S = 12.0
AWARDS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Movement:
    """How many places up (negative: down) an entry went, and when; None for one new to the top."""

    places: int | None
    at_s: float


@dataclass(frozen=True, slots=True)
class Badge:
    """An achievement as it is shown."""

    title: str
    icon: str = ""


@dataclass(slots=True)
class Scene:
    """All that the screen shows. Times are seconds of a monotonic clock, given by the caller."""

    url: str
    phase: str = "taking seats"
    top: tuple[Standing, ...] = ()
    players: int = 0
    movements: dict[str, Movement] = field(default_factory=dict)
    awards: deque[tuple[str, Badge]] = field(default_factory=lambda: deque(maxlen=AWARDS_SHOWN))
    names: dict[str, str] = field(default_factory=dict)
    badges: dict[tuple[str, str], Badge] = field(default_factory=dict)
    matches: int = 0
    events: int = 0
    refused: int = 0
    trouble: str = ""
    _recent: deque[tuple[float, int]] = field(default_factory=deque)

    def name_of(self, player: str) -> str:
        return self.names.get(player, player)

    def see_board(self, top: Sequence[Standing], players: int, now_s: float) -> None:
        """Take in the board's top, and remember who moved since it was last seen."""
        before = {entry.player: place for place, entry in enumerate(self.top)}
        for place, entry in enumerate(top):
            if not before:
                continue
            was = before.get(entry.player)
            if was != place:
                self.movements[entry.player] = Movement(None if was is None else was - place, now_s)
        self.movements = {
            player: moved for player, moved in self.movements.items() if now_s - moved.at_s < MOVEMENT_SHOWN_S
        }
        self.top, self.players = tuple(top), players

    def see_receipt(self, game: str, receipt: Receipt, matches: int, now_s: float) -> None:
        """Take in what the server said to the events of some matches."""
        self.matches += matches
        self.events += receipt.accepted
        self.refused += receipt.quarantined + len(receipt.rejected)
        self.trouble = ""
        self._recent.append((now_s, receipt.accepted))
        for award in receipt.awards:
            badge = self.badges.get((game, award.achievement)) or Badge(award.title or award.achievement, award.icon)
            self.awards.appendleft((award.player, badge))

    def events_per_second(self, now_s: float) -> float:
        """The mean of the last seconds."""
        while self._recent and now_s - self._recent[0][0] > RATE_SPAN_S:
            self._recent.popleft()
        return sum(count for _, count in self._recent) / RATE_SPAN_S
