"""Playing cards, and what they cost in six-card Golf."""

from dataclasses import dataclass

RANKS = ("A", "2", "3", "4", "5", "6", "7", "8", "9", "10", "J", "Q", "K")
SUITS = ("♣", "♦", "♥", "♠")
POINTS = {"A": 1, "2": -2, "J": 10, "Q": 10, "K": 0} | {str(face): face for face in range(3, 11)}
MEAN_POINTS = sum(POINTS.values()) / len(RANKS)
PLAYERS_PER_DECK = 4


@dataclass(frozen=True, slots=True)
class Card:
    """One card; ``deck`` tells the same card of two decks apart."""

    rank: str
    suit: str
    deck: int = 0

    @property
    def points(self) -> int:
        return POINTS[self.rank]

    def __str__(self) -> str:
        return f"{self.rank}{self.suit}"


def decks_for(players: int) -> int:
    """How many standard decks a table needs: one for up to four players, two above."""
    return 1 if players <= PLAYERS_PER_DECK else 2


def make_decks(count: int) -> list[Card]:
    """``count`` standard decks of 52 cards, in order."""
    return [Card(rank, suit, deck) for deck in range(count) for suit in SUITS for rank in RANKS]
