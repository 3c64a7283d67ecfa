"""Windows hold exactly the moments that a calendar on the wall of their zone would say."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kleos.core.definition.model import WindowKind
from kleos.core.errors import BadInput, NotFound
from kleos.core.windows import (
    ALL,
    EARLIEST_AT,
    LATEST_AT,
    Calendar,
    Season,
    Window,
    from_datetime,
    iso,
    to_datetime,
)

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/Sao_Paulo",  # no midnight on some days
    "America/Havana",  # two midnights on some days
    "America/St_Johns",  # 00:01 becomes 23:01 of the day before
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",  # no 2011-12-30 at all
    "America/Juneau",  # one day twice, in 1867
)
KINDS: tuple[WindowKind, ...] = ("month", "week", "day")
CALENDARS = {zone: Calendar(zone) for zone in ZONES}


def transitions() -> dict[str, list[int]]:
    """By zone, moments about which its clocks change."""
    found: dict[str, list[int]] = {}
    for zone in ZONES:
        info = ZoneInfo(zone)
        found[zone] = [from_datetime(datetime(2011, 12, 30, 10, tzinfo=UTC))]
        for year in (1867, 2007, 2018, 2026):
            hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(8760)]
            offsets = [moment.astimezone(info).utcoffset() for moment in hours]
            found[zone] += [from_datetime(hours[n]) for n in range(1, 8760) if offsets[n] != offsets[n - 1]]
    return found


TRANSITIONS = transitions()
SHIFTS = (0, 1, -1, *(minutes * 60_000_000 for minutes in range(-1560, 1561, 30)), 45_000_000, -45_000_000)
NEAR_CHANGES = [(zone, at + shift) for zone in ZONES for at in TRANSITIONS[zone] for shift in SHIFTS]


@st.composite
def places(draw: st.DrawFn) -> tuple[str, int]:
    zone = draw(st.sampled_from(ZONES))
    years = st.integers(2, 9998).map(lambda year: from_datetime(datetime(year, 1, 1, tzinfo=UTC)))
    near_new_year = st.builds(lambda at, hours: at + hours * 3_600_000_000, years, st.integers(-30, 30))
    return zone, draw(st.integers(EARLIEST_AT, LATEST_AT - 1) | near_new_year)


def window_of(calendar: Calendar, kind: WindowKind, at: int) -> Window:
    window = calendar.window(kind, at)
    assert window is not None
    return window


def check_window(zone: str, at: int, kind: WindowKind) -> None:
    """It holds the moment it was asked for, touches its neighbours, overlaps none, and is what its name means."""
    calendar = Calendar(zone)
    window = window_of(calendar, kind, at)
    assert window.start is not None
    assert window.end is not None
    assert window.start <= at < window.end
    assert window.holds(window.start)
    assert window.holds(window.end - 1)
    assert not window.holds(window.start - 1)
    assert not window.holds(window.end)
    after, before = window_of(calendar, kind, window.end), window_of(calendar, kind, window.start - 1)
    assert (before.end, window.end) == (window.start, after.start)
    assert before.name < window.name < after.name
    assert calendar.named(window.name, 0) == calendar.named(kind, at) == window
    assert calendar.kind_of(window.name) == kind


def check_wall(zone: str, at: int) -> None:
    """The day and the week are those on the wall, but where the clocks go back over midnight: what follows the first
    midnight belongs to the new day.
    """
    local = to_datetime(at).astimezone(ZoneInfo(zone))
    tomorrow = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if at < from_datetime(tomorrow):
        year, week, _ = local.isocalendar()
        calendar = CALENDARS[zone]
        assert window_of(calendar, "day", at).name == local.date().isoformat()
        assert window_of(calendar, "week", at).name == f"{year:04d}-W{week:02d}"
        assert window_of(calendar, "month", at).name == local.date().isoformat()[:7]


@pytest.mark.parametrize("kind", KINDS)
def test_windows_about_every_change_of_the_clocks(kind: WindowKind) -> None:
    for zone, at in NEAR_CHANGES:
        check_window(zone, at, kind)


@given(places(), st.sampled_from(KINDS))
def test_windows_anywhere(place: tuple[str, int], kind: WindowKind) -> None:
    check_window(*place, kind)


def test_days_weeks_and_months_are_those_on_the_wall() -> None:
    for zone, at in NEAR_CHANGES:
        check_wall(zone, at)


@given(places())
def test_days_weeks_and_months_are_those_on_the_wall_anywhere(place: tuple[str, int]) -> None:
    check_wall(*place)


@pytest.mark.parametrize("zone", ZONES)
def test_what_was_asked_before_changes_no_answer(zone: str) -> None:
    moments = [at for place, at in NEAR_CHANGES if place == zone]
    fresh = {at: Calendar(zone).names(KINDS, at) for at in moments}
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    random.Random(seed).shuffle(moments)
    assert {at: CALENDARS[zone].names(KINDS, at) for at in moments} == fresh


@pytest.mark.parametrize(
    "zone, day, hours",
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/Sao_Paulo", "2018-11-04", 23),
        ("America/Sao_Paulo", "2018-02-17", 25),
        ("Asia/Kathmandu", "2026-03-29", 24),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Pacific/Apia", "2011-12-30", 0),
    ],
)
def test_days_have_the_hours_that_their_zone_gives_them(zone: str, day: str, hours: float) -> None:
    window = Calendar(zone).named(day, 0)
    assert window.start is not None
    assert window.end is not None
    assert window.end - window.start == hours * 3_600_000_000


@pytest.mark.parametrize(
    "day, week",
    [("2026-12-31", "2026-W53"), ("2027-01-03", "2026-W53"), ("2027-01-04", "2027-W01"), ("2024-12-30", "2025-W01")],
)
def test_weeks_at_the_end_of_a_year_are_iso_weeks(day: str, week: str) -> None:
    at = from_datetime(datetime.fromisoformat(f"{day}T12:00:00+00:00"))
    assert window_of(Calendar("UTC"), "week", at).name == week


@pytest.mark.parametrize("name", ["2026-13", "2026-02-30", "2025-W53", "2026-W00", "0000-01", "9999-12-31", "9999-W53"])
def test_what_is_not_in_the_calendar_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        Calendar("UTC").named(name, 0)


def test_seasons_hold_their_dates_and_nothing_else() -> None:
    spring, autumn = Season("spring", "Spring", 100, 200), Season("autumn", "Autumn", 200, 300)
    calendar = Calendar("Europe/Berlin", [autumn, spring])
    found = {at: calendar.names(["all", "season"], at) for at in (99, 100, 199, 200, 299, 300)}
    assert found == {
        99: ("all",),
        100: ("all", "spring"),
        199: ("all", "spring"),
        200: ("all", "autumn"),
        299: ("all", "autumn"),
        300: ("all",),
    }
    assert calendar.named("season", 150) == calendar.named("spring", 0) == Window("spring", "season", 100, 200)
    assert calendar.kind_of("spring") == "season"
    assert calendar.named("all", 0) == ALL
    with pytest.raises(NotFound):
        calendar.named("season", 300)
    with pytest.raises(NotFound):
        calendar.named("winter", 0)


@given(st.integers(EARLIEST_AT, LATEST_AT))
def test_times_are_written_and_read_back(at: int) -> None:
    assert from_datetime(datetime.fromisoformat(iso(at).replace("Z", "+00:00"))) == at
