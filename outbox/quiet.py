"""Quiet hours: until when nobody is to be mailed, on the clock of the place where they live.

Pure arithmetic. A clock that is put forward or back is the difficulty: an hour may not exist, or
come twice.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


def quiet_until(at: datetime, zone: ZoneInfo, start: time, end: time) -> datetime | None:
    """None if `at` is outside [start, end) on the wall clock there; else when they are over (UTC).

    They may run over midnight; `start == end` means that there are none. What comes back lies after
    `at` and is not quiet itself: if the clock jumps over the end, it is the moment of the jump; of
    an end that comes twice, it is the next. (That is less than 25 hours ahead, unless a jump skips
    all that was not quiet of a day.)
    """
    if not _is_quiet(at, zone, start, end):
        return None
    today = at.astimezone(zone).date()
    ends = [
        moment
        for days in range(-1, 4)  # the clock may also be put back, or forward, over midnight
        for moment in _moments(today + timedelta(days=days), end, zone)
    ]
    return min(moment for moment in ends if moment > at and not _is_quiet(moment, zone, start, end))


def _is_quiet(at: datetime, zone: ZoneInfo, start: time, end: time) -> bool:
    clock = at.astimezone(zone).time()
    if start <= end:
        return start <= clock < end
    return clock >= start or clock < end


def _moments(day: date, clock: time, zone: ZoneInfo) -> Iterator[datetime]:
    """When the clock there shows this: once, twice, or in a jump, which then counts instead."""
    early, late = (
        datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1)
    )
    if early <= late:  # the same, unless the hour comes twice
        yield from {early, late}
    else:  # the clock never shows it (PEP 495): fold=0 is read with the offset before the jump
        yield _jump(late, early, zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second with the new offset; there is one change between the two."""
    new = after.astimezone(zone).utcoffset()
    low = before.replace(microsecond=0)
    high = after.replace(microsecond=0) + SECOND
    while high - low > SECOND:
        middle = low + (high - low) // 2 // SECOND * SECOND
        if middle.astimezone(zone).utcoffset() == new:
            high = middle
        else:
            low = middle
    return high
