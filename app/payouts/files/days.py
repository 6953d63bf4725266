"""The days on which banks move money: the euro's TARGET, the Federal Reserve, and any other from Monday to Friday."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

Calendar = Callable[[date], bool]


def easter(year: int) -> date:
    """Return Easter Sunday (Gregorian; the anonymous algorithm of 1876)."""
    century, of_century = divmod(year, 100)
    golden = year % 19
    leap_centuries, rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leap_centuries - correction + 15) % 30
    quarter, odd = divmod(of_century, 4)
    weekday = (32 + 2 * rest + 2 * quarter - moon - odd) % 7
    shift = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


def is_target_day(day: date) -> bool:
    """Whether TARGET is open (ECB: closed on weekends and six holidays)."""
    sunday = easter(day.year)
    moving = {sunday - timedelta(days=2), sunday + timedelta(days=1)}
    fixed = {(1, 1), (5, 1), (12, 25), (12, 26)}
    return is_weekday(day) and day not in moving and (day.month, day.day) not in fixed


def is_federal_reserve_day(day: date) -> bool:
    """Whether the Federal Reserve settles; a holiday on Sunday is kept on Monday, on Saturday not at all."""
    return is_weekday(day) and day not in _federal_holidays(day.year)


def is_weekday(day: date) -> bool:
    """Whether `day` lies between Monday and Friday."""
    return day.weekday() < 5


def next_open(day: date, is_open: Calendar) -> date:
    """Return `day`, or the first open day after it."""
    while not is_open(day):
        day += timedelta(days=1)
    return day


def _federal_holidays(year: int) -> set[date]:
    fixed = [date(year, 1, 1), date(year, 6, 19), date(year, 7, 4), date(year, 11, 11)]
    fixed.append(date(year, 12, 25))
    kept = {day + timedelta(days=1) if day.weekday() == 6 else day for day in fixed}
    return kept | {
        _nth_monday(year, 1, 3),
        _nth_monday(year, 2, 3),
        _nth_monday(year, 6, 1) - timedelta(days=7),
        _nth_monday(year, 9, 1),
        _nth_monday(year, 10, 2),
        _nth(year, 11, weekday=3, number=4),
    }


def _nth_monday(year: int, month: int, number: int) -> date:
    return _nth(year, month, weekday=0, number=number)


def _nth(year: int, month: int, *, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))
