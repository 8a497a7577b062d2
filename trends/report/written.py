"""Days, times and numbers as they stand on paper."""

from datetime import date, datetime

from django.utils import formats, timezone


def day(on: date) -> str:
    return str(formats.date_format(on, "j M Y"))


def day_of(at: datetime) -> str:
    return day(timezone.localdate(at))


def moment(at: datetime) -> str:
    return str(formats.date_format(timezone.localtime(at), "j M Y, H:i"))


def score(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
