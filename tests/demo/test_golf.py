"""The rules of six-card Golf: known hands, and whole games whose every turn obeys them."""

from collections import Counter
from random import Random

import pytest

from kleos.demo.cards import Card, decks_for, make_decks
from kleos.demo.golf import (
    ROUNDS_PER_GAME,
    Flip,
    IllegalMove,
    Swap,
    Table,
    Turn,
    View,
    deal,
    lowest,
    play_game,
    play_round,
    score_hand,
)
from kleos.demo.roster import make_bots
from kleos.demo.strategy import Golfer, Temper


def hand(text: str) -> list[Card]:
    """Six cards by rank, the upper row and then the lower one; suits do not matter here."""
    return [Card(rank, "♣") for rank in text.split()]


@pytest.mark.parametrize(
    "cards,points",
    [
        ("A 2 3 4 5 6", 1 - 2 + 3 + 4 + 5 + 6),
        ("7 8 9 10 J Q", 7 + 8 + 9 + 10 + 10 + 10),
        ("K K K K K K", 0),
        ("K 5 6 K 5 6", 0),
        ("9 4 K 9 Q K", 14),
        ("2 K K 2 K K", 0),  # a pair of twos cancels as well
        ("2 2 2 K K K", -6),
        ("5 5 A K Q 3", 5 + 5 + 10 + 1 + 3),  # a pair in a row is none
        ("J J 3 J J 4", 7),
        ("J Q K Q J A", 10 + 10 + 10 + 10 + 0 + 1),  # a jack and a queen are no pair
        ("10 10 10 J Q J", 60),
    ],
)
def test_known_hands(cards: str, points: int) -> None:
    assert score_hand(hand(cards)) == points


def test_one_deck_serves_four_players_and_two_serve_more() -> None:
    assert [decks_for(players) for players in range(2, 9)] == [1, 1, 1, 2, 2, 2, 2]
    assert Counter(make_decks(2)).most_common(1)[0][1] == 1
    assert len(make_decks(2)) == 104


def test_a_tie_goes_to_the_earlier_seat() -> None:
    assert lowest([5, 3, 3]) == 1


def test_a_table_has_two_to_eight_seats() -> None:
    for players in (1, 9):
        with pytest.raises(ValueError, match="2 to 8"):
            deal(players, Random(0))


def test_the_discards_become_the_stock_when_it_runs_out() -> None:
    table = deal(2, Random(1))
    before = Counter(table.cards())
    while table.stock:
        table.discards.append(table.draw())
    top = table.discards[-1]
    drawn = table.draw()
    assert table.discards == [top]
    assert Counter([*table.cards(), drawn]) == before


class AlwaysFlips:
    """Turns up one card after the other, without looking."""

    def opening(self, rng: Random) -> tuple[int, int]:
        return 0, 1

    def take_discard(self, view: View, rng: Random) -> int | None:
        return None

    def use_drawn(self, view: View, drawn: Card, rng: Random) -> Swap | Flip:
        return Flip(view.own.index(None))


class FlipsTheSameCard(AlwaysFlips):
    def use_drawn(self, view: View, drawn: Card, rng: Random) -> Swap | Flip:
        return Flip(0)


class TakesEveryDiscard(AlwaysFlips):
    def take_discard(self, view: View, rng: Random) -> int | None:
        return view.own.index(None)


def test_flipping_only_ends_after_four_turns_each() -> None:
    turns: list[Turn] = []
    played = play_round([AlwaysFlips(), AlwaysFlips()], Random(2), observe=lambda _, turn: turns.append(turn))
    assert [turn.seat for turn in turns] == [0, 1, 0, 1, 0, 1, 0, 1]
    assert [turn.went_out for turn in turns] == [False] * 6 + [True, False]
    assert [turn.is_last for turn in turns] == [False] * 7 + [True]
    assert played.finisher == 0


def test_a_taken_discard_goes_to_the_hand_and_the_old_card_to_the_discards() -> None:
    seen: list[tuple[int, bool]] = []

    def observe(table: Table, turn: Turn) -> None:
        seen.append((len(table.stock), turn.took_discard))
        assert len(table.discards) == 1

    play_round([TakesEveryDiscard(), TakesEveryDiscard()], Random(3), observe=observe)
    assert seen == [(52 - 12 - 1, True)] * 8


def test_a_face_up_card_cannot_be_flipped() -> None:
    with pytest.raises(IllegalMove, match="face up"):
        play_round([FlipsTheSameCard(), AlwaysFlips()], Random(4))


@pytest.mark.parametrize("players", [2, 3, 4, 6])
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_every_turn_of_a_game_obeys_the_rules(players: int, seed: int) -> None:
    bots = make_bots(Random(seed))
    pack = Counter(make_decks(decks_for(players)))
    rounds: list[list[Turn]] = [[]]

    def observe(table: Table, turn: Turn) -> None:
        assert Counter(table.cards()) == pack
        assert all(len(hand.cards) == 6 for hand in table.hands)
        assert table.discards
        hands_out = [hand.is_out for hand in table.hands]
        assert turn.went_out == (hands_out[turn.seat] and not turn.is_last)
        assert any(hands_out) == (turn.went_out or turn.is_last)
        rounds[-1].append(turn)
        if turn.is_last and sum(played.is_last for played in rounds[-1]) == players - 1:
            rounds.append([])

    played = play_game([bot.golfer for bot in bots[:players]], Random(seed), observe=observe)

    assert len(played.rounds) == ROUNDS_PER_GAME
    assert rounds.pop() == []
    assert len(rounds) == ROUNDS_PER_GAME
    for number, (turns, result) in enumerate(zip(rounds, played.rounds, strict=True)):
        assert [turn.seat for turn in turns] == [(number + i) % players for i in range(len(turns))]
        assert result.turns == len(turns)
        (out,) = [i for i, turn in enumerate(turns) if turn.went_out]
        assert turns[out].seat == result.finisher
        last_seats = [turn.seat for turn in turns[out + 1 :]]
        assert sorted([*last_seats, result.finisher]) == list(range(players))
        assert result.scores[result.winner] == min(result.scores)
        assert result.scores.index(min(result.scores)) == result.winner
        assert sum(result.jacks) <= 4 * decks_for(players)
    assert played.totals == tuple(sum(r.scores[seat] for r in played.rounds) for seat in range(players))
    assert played.totals.index(min(played.totals)) == played.winner


def test_the_same_seed_plays_the_same_game() -> None:
    golfers = [bot.golfer for bot in make_bots(Random(5))[:4]]
    assert play_game(golfers, Random(6)) == play_game(golfers, Random(6))
    assert play_game(golfers, Random(6)) != play_game(golfers, Random(7))


def test_skill_wins_games() -> None:
    novice = Golfer(Temper(error=4.5, patience=2.5, pair_sense=0.3, caution=0.5))
    master = Golfer(Temper(error=0.0, patience=2.5, pair_sense=1.0, caution=0.5))
    won = [play_game([novice, master], Random(seed)).winner for seed in range(40)]
    assert sum(won) > 30


def test_a_pair_is_taken_by_whoever_sees_it() -> None:
    master = Golfer(Temper(error=0.0, patience=2.5, pair_sense=1.0, caution=0.0))
    own = (Card("9", "♣"), None, None, None, Card("5", "♣"), None)
    view = View(own=own, others=(own,), discard=Card("9", "♦"), is_last=False)
    assert master.take_discard(view, Random(0)) == 3
