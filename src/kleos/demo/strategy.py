"""How bots decide in Golf. They differ in skill, so that their standings do.

A move is worth the points that it is expected to save. A bot judges it with an error of its own size, counts
on pairs as far as it sees them, and is more or less afraid of going out while somebody else looks better.
"""

from dataclasses import dataclass
from random import Random

from kleos.demo.cards import MEAN_POINTS, Card
from kleos.demo.golf import CARDS_PER_HAND, COLUMNS, Flip, Seen, Swap, View

PARTNER = {a: b for column in COLUMNS for a, b in (column, column[::-1])}
WORTH_OF_TURNING_UP = 0.4
"""Points that knowing one more card is worth: the round comes nearer to its end, and pairs can be seen."""


@dataclass(frozen=True, slots=True)
class Temper:
    """What a bot is like.

    ``error`` is the standard deviation, in points, of its judgement (0 is flawless); ``patience`` the points
    that taking the discard must save for it not to hope for a better card from the stock; ``pair_sense`` (0
    to 1) how much of a pair's worth it sees; ``caution`` (0 to 1) how much it minds going out behind.
    """

    error: float
    patience: float
    pair_sense: float
    caution: float


@dataclass(frozen=True, slots=True)
class Golfer:
    """A bot at a Golf table: :class:`kleos.demo.golf.Strategy` by its temper."""

    temper: Temper

    def opening(self, rng: Random) -> tuple[int, int]:
        """Two cards of different columns: each can still become half of a pair."""
        first, second = rng.sample(COLUMNS, 2)
        return rng.choice(first), rng.choice(second)

    def take_discard(self, view: View, rng: Random) -> int | None:
        position, saved = self._best_swap(view, view.discard, rng)
        return position if saved > self.temper.patience else None

    def use_drawn(self, view: View, drawn: Card, rng: Random) -> Swap | Flip:
        position, saved = self._best_swap(view, drawn, rng)
        down = [place for place, card in enumerate(view.own) if card is None]
        fear = self._fear_of_going_out(view) if len(down) == 1 else 0.0
        if saved > max(0.0, WORTH_OF_TURNING_UP - fear):  # never a swap at a loss, or a round might not end
            return Swap(position)
        return Flip(self._most_telling(view.own, down, rng))

    def _best_swap(self, view: View, card: Card, rng: Random) -> tuple[int, float]:
        """The position where the card saves most, and how much, as this bot sees it."""
        down = view.own.count(None)
        best, best_saved = 0, float("-inf")
        for position in range(CARDS_PER_HAND):
            saved = self._saved(view.own, position, card) + rng.gauss(0.0, self.temper.error)
            if down == 1 and view.own[position] is None:
                saved -= self._fear_of_going_out(view)
            if saved > best_saved:
                best, best_saved = position, saved
        return best, best_saved

    def _saved(self, own: Seen, position: int, card: Card) -> float:
        """Expected points saved by putting the card there."""
        partner = own[PARTNER[position]]
        before = self._column_points(own[position], partner)
        return before - self._column_points(card, partner)

    def _column_points(self, one: Card | None, other: Card | None) -> float:
        if one is not None and other is not None and one.rank == other.rank:
            plain = 2 * one.points
            return plain * (1 - self.temper.pair_sense) if plain > 0 else 0.0
        return _expected(one) + _expected(other)

    def _fear_of_going_out(self, view: View) -> float:
        """Points off for ending the round while another hand looks better; none when it ends anyway."""
        if view.is_last:
            return 0.0
        lead = min(_looks_like(other) for other in view.others)
        return self.temper.caution * max(0.0, _looks_like(view.own) - lead)

    def _most_telling(self, own: Seen, down: list[int], rng: Random) -> int:
        """A face-down card to turn up: rather one whose partner is known."""
        known = [position for position in down if own[PARTNER[position]] is not None]
        return rng.choice(known or down)


def _expected(card: Card | None) -> float:
    return MEAN_POINTS if card is None else float(card.points)


def _looks_like(hand: Seen) -> float:
    """What a hand will cost, by what is seen of it."""
    total = 0.0
    for top, bottom in COLUMNS:
        one, other = hand[top], hand[bottom]
        if one is None or other is None or one.rank != other.rank:
            total += _expected(one) + _expected(other)
    return total
