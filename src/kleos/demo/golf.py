"""Six-card Golf by its rules; pure, every random choice drawn from the generator that the caller gives.

Each player has six cards, two rows of three: positions 0 1 2 above 3 4 5. Everybody starts with two face up.
On a turn a player takes the discard, or draws from the stock; a taken discard is swapped with one of the six,
a drawn card is swapped or thrown away, and then one face-down card is turned up. A swapped card lies face up.
The first player with all six face up has gone out, and each other player has one more turn. Then everything
is turned up and counted.

Two cards of one rank in a column cancel each other (twos too); otherwise kings cost 0, twos −2, jacks and
queens 10, aces 1, the others their face. A game has nine rounds, and the lowest total wins. Of equal scores
the earlier seat wins. The player who leads moves on by one seat every round.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from kleos.demo.cards import Card, decks_for, make_decks

CARDS_PER_HAND = 6
COLUMNS = ((0, 3), (1, 4), (2, 5))
ROUNDS_PER_GAME = 9
MIN_PLAYERS, MAX_PLAYERS = 2, 8
Seen = tuple[Card | None, ...]
"""A hand as everybody sees it: six cards, None where one lies face down."""


class IllegalMove(ValueError):
    """A strategy chose what the rules do not allow."""


@dataclass(frozen=True, slots=True)
class Swap:
    """Put the card in hand at ``position``; the one that lay there is discarded."""

    position: int


@dataclass(frozen=True, slots=True)
class Flip:
    """Throw the drawn card away and turn up the face-down card at ``position``."""

    position: int


@dataclass(frozen=True, slots=True)
class View:
    """What a player may know on a turn. ``is_last`` when somebody has gone out."""

    own: Seen
    others: tuple[Seen, ...]
    discard: Card
    is_last: bool


class Strategy(Protocol):
    """How one player decides."""

    def opening(self, rng: Random) -> tuple[int, int]:
        """The two positions to turn up at the start."""

    def take_discard(self, view: View, rng: Random) -> int | None:
        """The position to put the discard at, or None to draw from the stock."""

    def use_drawn(self, view: View, drawn: Card, rng: Random) -> Swap | Flip:
        """What to do with the card drawn from the stock."""


@dataclass(slots=True)
class Hand:
    cards: list[Card]
    is_up: list[bool] = field(default_factory=lambda: [False] * CARDS_PER_HAND)

    @property
    def is_out(self) -> bool:
        return all(self.is_up)

    def seen(self) -> Seen:
        return tuple(card if up else None for card, up in zip(self.cards, self.is_up, strict=True))

    def swap(self, position: int, card: Card) -> Card:
        old, self.cards[position] = self.cards[position], card
        self.is_up[position] = True
        return old

    def flip(self, position: int) -> None:
        if self.is_up[position]:
            raise IllegalMove(f"the card at {position} lies face up already")
        self.is_up[position] = True


@dataclass(slots=True)
class Table:
    """The cards of one round, wherever they are; their number never changes."""

    hands: list[Hand]
    stock: list[Card]
    discards: list[Card]
    rng: Random

    def cards(self) -> list[Card]:
        return [card for hand in self.hands for card in hand.cards] + self.stock + self.discards

    def draw(self) -> Card:
        """The top of the stock; an empty stock is made anew by shuffling all discards but the top."""
        if not self.stock:
            top = self.discards.pop()
            self.stock, self.discards = self.discards, [top]
            self.rng.shuffle(self.stock)
        return self.stock.pop()


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as played; ``is_last`` for the turn that the others have after somebody went out."""

    seat: int
    took_discard: bool
    is_last: bool
    went_out: bool


Observer = Callable[[Table, Turn], None]


@dataclass(frozen=True, slots=True)
class RoundResult:
    """How a round ended; every tuple is by seat. ``finisher`` and ``winner`` are seats."""

    scores: tuple[int, ...]
    jacks: tuple[int, ...]
    finisher: int
    winner: int
    turns: int


@dataclass(frozen=True, slots=True)
class GameResult:
    rounds: tuple[RoundResult, ...]
    totals: tuple[int, ...]
    winner: int


def score_hand(cards: Sequence[Card]) -> int:
    """The points of six cards in their positions, all face up."""
    return sum(
        0 if cards[top].rank == cards[bottom].rank else cards[top].points + cards[bottom].points
        for top, bottom in COLUMNS
    )


def lowest(scores: Sequence[int]) -> int:
    """The seat with the lowest score; of equal ones the earlier."""
    return min(range(len(scores)), key=scores.__getitem__)


def deal(players: int, rng: Random) -> Table:
    """Shuffle, deal six to each player face down, and turn up the first discard."""
    if not MIN_PLAYERS <= players <= MAX_PLAYERS:
        raise ValueError(f"Golf is for {MIN_PLAYERS} to {MAX_PLAYERS} players, not {players}")
    stock = make_decks(decks_for(players))
    rng.shuffle(stock)
    hands = [Hand([stock.pop() for _ in range(CARDS_PER_HAND)]) for _ in range(players)]
    return Table(hands, stock, [stock.pop()], rng)


def play_round(
    strategies: Sequence[Strategy], rng: Random, *, leader: int = 0, observe: Observer | None = None
) -> RoundResult:
    """Play one round; ``leader`` is the seat that moves first, ``observe`` is called after every turn."""
    table = deal(len(strategies), rng)
    for hand, strategy in zip(table.hands, strategies, strict=True):
        for position in strategy.opening(rng):
            hand.flip(position)
    seat, turns, finisher = leader, 0, None
    while finisher != seat:
        took_discard = _take_turn(table, seat, strategies[seat], finisher is not None)
        turns += 1
        went_out = finisher is None and table.hands[seat].is_out
        if observe is not None:
            observe(table, Turn(seat, took_discard, finisher is not None, went_out))
        finisher = seat if went_out else finisher
        seat = (seat + 1) % len(strategies)
    scores = tuple(score_hand(hand.cards) for hand in table.hands)
    jacks = tuple(sum(card.rank == "J" for card in hand.cards) for hand in table.hands)
    return RoundResult(scores, jacks, finisher, lowest(scores), turns)


def play_game(strategies: Sequence[Strategy], rng: Random, *, observe: Observer | None = None) -> GameResult:
    """Play nine rounds."""
    rounds = tuple(
        play_round(strategies, rng, leader=number % len(strategies), observe=observe)
        for number in range(ROUNDS_PER_GAME)
    )
    totals = tuple(sum(scores) for scores in zip(*(played.scores for played in rounds), strict=True))
    return GameResult(rounds, totals, lowest(totals))


def _take_turn(table: Table, seat: int, strategy: Strategy, is_last: bool) -> bool:
    """One turn of one player; whether it took the discard."""
    hand = table.hands[seat]
    others = tuple(other.seen() for other in table.hands if other is not hand)
    view = View(hand.seen(), others, table.discards[-1], is_last)
    position = strategy.take_discard(view, table.rng)
    if position is not None:
        table.discards.append(hand.swap(position, table.discards.pop()))
        return True
    drawn = table.draw()
    match strategy.use_drawn(view, drawn, table.rng):
        case Swap(position):
            table.discards.append(hand.swap(position, drawn))
        case Flip(position):
            hand.flip(position)
            table.discards.append(drawn)
    return False
