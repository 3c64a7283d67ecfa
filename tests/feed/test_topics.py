"""Topics are read as they are written, and what is none is refused with what would be right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kleos.core.errors import BadInput
from kleos.feed.topics import BoardTopic, GameTopic, MatchTopic, PlayerTopic, Topic, parse_topic

IDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=128)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True)
TOPICS = st.one_of(
    st.builds(GameTopic, NAMES),
    st.builds(MatchTopic, NAMES, IDS),
    st.builds(PlayerTopic, IDS, st.just("") | NAMES, st.booleans()),
    st.builds(
        BoardTopic,
        NAMES,
        NAMES,
        st.none() | NAMES,
        st.dictionaries(NAMES, IDS, max_size=3).map(lambda parts: tuple(sorted(parts.items()))),
    ),
)


@given(TOPICS)
def test_a_topic_is_read_as_it_is_written(topic: Topic) -> None:
    if len(str(topic)) <= 2_000:
        assert parse_topic(str(topic)) == topic


@pytest.mark.parametrize(
    "text, topic",
    [
        ("board:golf/wins", BoardTopic("golf", "wins")),
        ("board:golf/wins/week?region=eu", BoardTopic("golf", "wins", "week", (("region", "eu"),))),
        ("board:golf/wins/2026-W07?b=2&a=1", BoardTopic("golf", "wins", "2026-W07", (("a", "1"), ("b", "2")))),
        ("player:ann", PlayerTopic("ann")),
        ("player:a%2Fb%3F/private", PlayerTopic("a/b?", "", True)),
        ("player:ann?namespace=chess", PlayerTopic("ann", "chess")),
        ("match:golf/m%2F1", MatchTopic("golf", "m/1")),
        ("game:golf", GameTopic("golf")),
    ],
)
def test_forms(text: str, topic: Topic) -> None:
    assert parse_topic(text) == topic


@pytest.mark.parametrize(
    "text, said",
    [
        ("boards:golf/wins", "board:{game}/{board}"),
        ("golf", "game:{game}"),
        ("", "player:{player}"),
        ("board:golf", "board:{game}/{board}"),
        ("board:golf//week", "board:{game}/{board}"),
        ("board:golf/wins?region", "percent-encoded"),
        ("board:golf/wins?a=1&a=2", "board:{game}/{board}"),
        ("player:", "player:{player}"),
        ("player:ann/public", "[/private]"),
        ("match:golf", "match:{game}/{match}"),
        ("game:golf/more", "game:{game}"),
        ("player:%00", "NUL"),
        ("player:" + "x" * 129, "128 characters"),
        ("player:" + "x" * 3_000, "2000 characters"),
    ],
)
def test_what_is_none_is_refused_with_what_would_be_right(text: str, said: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_topic(text)
    assert said in str(refusal.value)
