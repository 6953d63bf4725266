"""How much of a period someone was there for: enrolled days over the days of a named count.

Whoever takes part from the first to the last day counts whole under every count, and nobody counts
more than whole. Sources: ISDA 2006 definitions, section 4.16 (actual/365 fixed, actual/360, 30E/360)
and SIA, Standard Securities Calculation Methods (30/360 with the rule for the end of February).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, NamedTuple

from app.engine.limit_rules import DayCount
from app.engine.periods import Span

ONE: Final = Fraction(1)
_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


class Days(NamedTuple):
    """Enrolled days and the days of the whole period, under one count."""

    worked: Fraction
    whole: Fraction

    @property
    def share(self) -> Fraction:
        """Enrolled days over all days, never more than all."""
        return min(ONE, self.worked / self.whole)


def days_of(period: Span, enrolled: Iterable[Span], count: DayCount) -> Days:
    """Return the days of `period` that lie in `enrolled`, beside those of the whole of it.

    `period` has a last day. Working days are Monday to Friday; a period without one counts all
    days. Under actual/365 and actual/360 a year has that many days, and whole calendar months are
    their twelfths of it; a period that is not made of whole months counts its own days.
    """
    parts = within(period, enrolled)
    whole = _length(period, count)
    if not whole:
        return days_of(period, parts, "actual/actual")
    if parts == [period]:
        return Days(whole, whole)
    return Days(sum((_counted(part, count) for part in parts), Fraction(0)), whole)


def within(period: Span, enrolled: Iterable[Span]) -> list[Span]:
    """Return the stretches of `period` that lie in `enrolled`, in order, joined where they touch."""
    assert period.last is not None
    found: list[Span] = []
    for span in sorted(enrolled, key=lambda each: each.first):
        first = max(span.first, period.first)
        last = period.last if span.last is None else min(span.last, period.last)
        if last < first:
            continue
        before = found[-1] if found else None
        if before and before.last and first <= before.last + _DAY:
            found[-1] = Span(before.first, max(before.last, last))
        else:
            found.append(Span(first, last))
    return found


def _length(period: Span, count: DayCount) -> Fraction:
    """Return how many days the whole of `period` has under `count`."""
    months = whole_months(period)
    if months and count in ("actual/365", "actual/360"):
        return Fraction(365 if count == "actual/365" else 360) * months / 12
    return _counted(period, count)


def _counted(span: Span, count: DayCount) -> Fraction:
    assert span.last is not None
    after = span.last + _DAY
    if count == "working_days":
        return Fraction(working_days(span.first, after))
    if count == "30/360":
        return Fraction(days_30_us(span.first, after))
    if count == "30E/360":
        return Fraction(days_30_eu(span.first, after))
    return Fraction((after - span.first).days)


def whole_months(span: Span) -> int:
    """Return how many calendar months `span` is made of, 0 when it is not made of whole ones."""
    if span.last is None or span.first.day != 1 or not _ends_month(span.last):
        return 0
    return (span.last.year - span.first.year) * 12 + span.last.month - span.first.month + 1


def working_days(first: date, after: date) -> int:
    """Return the days from Monday to Friday from `first` to the day before `after`."""
    weeks, rest = divmod((after - first).days, 7)
    return weeks * 5 + sum((first.weekday() + extra) % 7 < _SATURDAY for extra in range(rest))


def days_30_us(first: date, after: date) -> int:
    """Return the days from `first` to `after` with months of 30 days, the American way (SIA)."""
    start, end = first.day, after.day
    if _ends_february(first):
        start, end = 30, 30 if _ends_february(after) else end
    start = min(start, 30)
    return _months_30(first, after) + (30 if end == 31 and start == 30 else end) - start


def days_30_eu(first: date, after: date) -> int:
    """Return the days from `first` to `after` with months of 30 days, the European way (30E)."""
    return _months_30(first, after) + min(after.day, 30) - min(first.day, 30)


def _months_30(first: date, after: date) -> int:
    return (after.year - first.year) * 360 + (after.month - first.month) * 30


def _ends_month(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]


def _ends_february(day: date) -> bool:
    return day.month == 2 and _ends_month(day)


def plus_months(day: date, months: int) -> date:
    """Return the same day `months` later, or the last day of that month when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_since(start: date, day: date) -> int:
    """Return how many whole months lie between `start` and `day`; 0 within the first month."""
    months = (day.year - start.year) * 12 + day.month - start.month
    return months if plus_months(start, months) <= day else months - 1


def apportion(total: int, weights: Sequence[Fraction]) -> list[int]:
    """Return `total` in whole parts as `weights` say; the parts sum to it exactly.

    Largest remainder: every part is taken down to the whole first, then the largest rests get one
    more each, the earlier part first where rests are equal. A total below zero is its mirror image.
    Weights are not negative and not all zero.
    """
    if total < 0:
        return [-part for part in apportion(-total, weights)]
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(each) for each in exact]
    rests = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
    for index in rests[: total - sum(parts)]:
        parts[index] += 1
    return parts
