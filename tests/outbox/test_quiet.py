"""Nobody is mailed at night, in no zone and in no night in which the clock is changed."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.quiet import quiet_until

ZONES = sorted(available_timezones())
BERLIN = ZoneInfo("Europe/Berlin")
EVENING, MORNING = time(21), time(8)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
WEEK = timedelta(weeks=1)
YEARS = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))

clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
hours = st.tuples(clocks, clocks)


def is_quiet(at: datetime, zone: ZoneInfo, start: time, end: time) -> bool:
    return quiet_until(at, zone, start, end) is not None


def shown(clock: time, zone: ZoneInfo, start: time, end: time) -> bool:
    """Whether a clock that shows this is within [start, end), said in another way: by turning it
    so that the quiet hours begin at midnight."""

    def since_start(of: time) -> int:
        return ((of.hour - start.hour) * 60 + of.minute - start.minute) % (24 * 60)

    return since_start(clock) < since_start(end)


@cache
def changes(name: str) -> list[datetime]:
    """When the clocks of a zone are changed in 2026 and 2027, to the minute.

    Looked for week by week: no zone keeps a change for less (Morocco's is the shortest, 5 weeks).
    """
    zone = ZoneInfo(name)
    found: list[datetime] = []
    at, last = YEARS
    while at < last:
        if _offset(at, zone) != _offset(at + WEEK, zone):
            found.append(_change_within(at, zone))
        at += WEEK
    return found


def _change_within(at: datetime, zone: ZoneInfo) -> datetime:
    """In the week that begins here, found by halving."""
    before, after = 0, WEEK // MINUTE
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(at + middle * MINUTE, zone) == _offset(at, zone):
            before = middle
        else:
            after = middle
    return at + after * MINUTE


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def changing_zones() -> list[str]:
    return [name for name in ZONES if changes(name)]


def different_zones() -> list[str]:
    """One of those whose clocks show the same in 2026 and 2027: most have several names."""
    alike: dict[tuple[object, ...], str] = {}
    for name in ZONES:
        zone = ZoneInfo(name)
        offsets = [_offset(at, zone) for at in (YEARS[0], *changes(name))]
        alike.setdefault((*changes(name), *offsets), name)
    return list(alike.values())


def check(at: datetime, zone: ZoneInfo, start: time, end: time) -> None:
    """What must hold always."""
    until = quiet_until(at, zone, start, end)
    clock = at.astimezone(zone).time()
    assert (until is not None) == shown(clock, zone, start, end)
    if until is not None:
        assert until > at
        assert until.tzinfo is UTC
        assert not is_quiet(until, zone, start, end)
        assert is_quiet(until - SECOND, zone, start, end), "it is the very end"
        assert until - at <= 49 * HOUR


# --- Examples: Berlin puts its clock forward at 2:00 on 28 March 2027, back at 3:00 on 25 October


def berlin(text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


def until(at: datetime, start: time, end: time) -> str | None:
    found = quiet_until(at, BERLIN, start, end)
    return found.astimezone(BERLIN).isoformat() if found else None


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-09-07T20:59:59", None),
        ("2026-09-07T21:00:00", "2026-09-08T08:00:00+02:00"),
        ("2026-09-07T23:30:00", "2026-09-08T08:00:00+02:00"),
        ("2026-09-08T00:00:00", "2026-09-08T08:00:00+02:00"),
        ("2026-09-08T07:59:59.999999", "2026-09-08T08:00:00+02:00"),
        ("2026-09-08T08:00:00", None),
        ("2026-10-24T22:00:00", "2026-10-25T08:00:00+01:00"),  # an hour longer
        ("2027-03-27T22:00:00", "2027-03-28T08:00:00+02:00"),  # an hour shorter
    ],
)
def test_over_night(at: str, expected: str | None) -> None:
    assert until(berlin(at), EVENING, MORNING) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-09-07T11:59:00", None),
        ("2026-09-07T12:00:00", "2026-09-07T14:30:00+02:00"),
        ("2026-09-07T14:30:00", None),
    ],
)
def test_at_noon(at: str, expected: str | None) -> None:
    assert until(berlin(at), time(12), time(14, 30)) == expected


@pytest.mark.parametrize("clock", [time(0), time(8), time(23, 59)])
def test_there_are_none_when_they_begin_and_end_together(clock: time) -> None:
    for hour in range(24):
        assert until(berlin(f"2026-09-07T{hour:02}:00:00"), clock, clock) is None


def test_an_end_that_the_clock_jumps_over_is_the_jump() -> None:
    assert until(berlin("2027-03-28T01:00"), EVENING, time(2, 30)) == "2027-03-28T03:00:00+02:00"


def test_an_end_that_comes_twice_is_the_first() -> None:
    assert until(berlin("2026-10-25T01:00"), EVENING, time(2, 30)) == "2026-10-25T02:30:00+02:00"


def test_quiet_again_in_the_second_two_o_clock_ends_in_it() -> None:
    again = berlin("2026-10-25T02:10", fold=1)
    assert until(again, EVENING, time(2, 30)) == "2026-10-25T02:30:00+01:00"


def test_a_jump_into_quiet_hours_is_no_end() -> None:
    """Only 2:30 to 2:45 is not quiet, and this night has no such quarter of an hour."""
    at = berlin("2027-03-27T02:50")
    assert until(at, time(2, 45), time(2, 30)) == "2027-03-29T02:30:00+02:00"


def test_a_day_that_does_not_exist() -> None:
    """Samoa had no 30 December 2011."""
    apia = ZoneInfo("Pacific/Apia")
    at = datetime(2011, 12, 29, 22, 0, tzinfo=apia)
    found = quiet_until(at, apia, EVENING, MORNING)
    assert found == datetime(2011, 12, 31, 8, 0, tzinfo=apia)
    assert found is not None
    assert found - at.astimezone(UTC) == 10 * HOUR


def test_a_midnight_that_comes_twice() -> None:
    """In Havana, 0:00 to 0:59 comes twice on 1 November 2026."""
    havana = ZoneInfo("America/Havana")
    at = datetime(2026, 11, 1, 0, 10, tzinfo=havana, fold=1)
    found = quiet_until(at, havana, EVENING, time(0, 30))
    assert found == datetime(2026, 11, 1, 0, 30, tzinfo=havana, fold=1).astimezone(UTC)


# --- Properties, in every zone


def test_there_are_zones_to_look_at() -> None:
    assert len(ZONES) > 400
    assert len(changing_zones()) > 100
    assert 60 < len(different_zones()) < 200
    assert changes("Europe/Berlin")[:2] == [
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
    ]
    assert len(changes("Africa/Casablanca")) == 4  # for Ramadan, and back, in each year


def test_nights_of_every_zone() -> None:
    """Every fifth hour of two weeks, and every half hour around each change of the clock."""
    for name in different_zones():
        zone = ZoneInfo(name)
        for first in (datetime(2026, 1, 12, tzinfo=UTC), datetime(2026, 7, 13, tzinfo=UTC)):
            for number in range(0, 7 * 24, 5):
                check(first + number * HOUR, zone, EVENING, MORNING)
        for change in changes(name):
            for number in range(-50, 8):
                check(change + number * HOUR / 2, zone, EVENING, MORNING)
                check(change + number * HOUR / 2, zone, EVENING, time(2, 30))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(changing_zones()).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from(changes(name)))
    ),
    st.integers(-30 * 60, 5 * 60),
    hours,
)
def test_any_quiet_hours_around_a_change_of_the_clock(
    where: tuple[str, datetime], minutes: int, quiet: tuple[time, time]
) -> None:
    name, change = where
    check(change + minutes * MINUTE, ZoneInfo(name), *quiet)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(1971, 1, 3), datetime(2099, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    hours,
)
def test_any_quiet_hours_at_any_time(name: str, at: datetime, quiet: tuple[time, time]) -> None:
    check(at, ZoneInfo(name), *quiet)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.datetimes(YEARS[0].replace(tzinfo=None), YEARS[1].replace(tzinfo=None)),
    hours,
)
def test_they_end_within_a_day_where_the_clock_stays(
    name: str, wall: datetime, quiet: tuple[time, time]
) -> None:
    zone = ZoneInfo(name)
    at = wall.replace(tzinfo=UTC)
    found = quiet_until(at, zone, *quiet)
    if found is None or any(at - HOUR <= change <= at + 25 * HOUR for change in changes(name)):
        return
    assert found - at <= 24 * HOUR
    assert found.astimezone(zone).time() == quiet[1]
