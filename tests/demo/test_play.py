"""Played matches as events: what they say, and that the same seed says the same."""

from datetime import UTC, datetime, timedelta
from random import Random

from kleos.demo.arcade import GAME_MODES, MULTIPLIERS, TIMED_RUN_MS, play_run
from kleos.demo.golf import play_game
from kleos.demo.play import golf_events, play_arcade_match, play_golf_match
from kleos.demo.roster import NAMES, REGIONS, make_bots, seat_bots

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_the_roster_is_sixty_different_players() -> None:
    bots = make_bots(Random(1))
    assert len(bots) == len({bot.player for bot in bots}) == len(set(NAMES)) == 60
    assert {bot.region for bot in bots} == set(REGIONS)
    assert all(bot.player.isascii() and " " not in bot.player for bot in bots)


def test_a_table_seats_different_bots() -> None:
    bots, rng = make_bots(Random(1)), Random(2)
    for _ in range(50):
        assert len({bot.player for bot in seat_bots(bots, 5, rng)}) == 5


def test_a_game_is_nine_rounds_and_an_end() -> None:
    bots = make_bots(Random(3))
    players = ["cpu-bogey", bots[0].player, bots[1].player]
    played = play_game([bot.golfer for bot in bots[:3]], Random(4))
    events = golf_events("m1", players, played, ended_at=NOW)

    *rounds, ended = events
    assert [event["type"] for event in rounds] == ["round_ended"] * 9
    assert ended["type"] == "game_ended"
    assert len({event["id"] for event in events}) == 10
    assert {event["match"] for event in events} == {"m1"}
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert ended["at"] == "2026-03-01T12:00:00.000Z"
    assert ended["totals"] == {p: sum(event["scores"][p] for event in rounds) for p in players}
    assert ended["winner"] == min(players, key=lambda player: ended["totals"][player])
    assert (ended["humans"], ended["cpus"]) == (2, ["cpu-bogey"])
    for event, result in zip(rounds, played.rounds, strict=True):
        assert event["winner"] == min(players, key=lambda player: event["scores"][player])
        assert event["finisher"] == players[result.finisher]
        assert sum(event["jacks"].values()) == sum(result.jacks)
        assert event["cpus"] == ["cpu-bogey"]


def test_some_games_have_computer_players_and_most_have_none() -> None:
    bots, rng = make_bots(Random(5)), Random(6)
    games = [play_golf_match(f"m{i}", bots, rng, ended_at=NOW)[-1] for i in range(80)]
    with_cpus = [game for game in games if game["cpus"]]
    assert 5 <= len(with_cpus) <= 40
    assert all(game["humans"] + len(game["cpus"]) == len(game["totals"]) for game in games)


def test_the_same_seed_reports_the_same_match() -> None:
    bots = make_bots(Random(7))
    first, second = (play_golf_match("m", bots, Random(8), ended_at=NOW) for _ in range(2))
    assert first == second


def test_a_run_reports_what_the_arcade_takes() -> None:
    bots, rng = make_bots(Random(9)), Random(10)
    for number in range(100):
        (event,) = play_arcade_match(f"r{number}", bots, rng, at=NOW - timedelta(minutes=number))
        assert event["type"] == "score_submitted"
        assert event["score"] > 0
        assert event["game_mode"] in GAME_MODES
        assert event["multiplier"] == MULTIPLIERS[event["game_mode"]]
        assert event["duration_ms"] > 0


def test_a_timed_run_ends_on_time() -> None:
    assert max(play_run(1.0, Random(seed), "timed").duration_ms for seed in range(200)) == TIMED_RUN_MS
