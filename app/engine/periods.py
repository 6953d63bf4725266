"""Which stretch of days a sale counts in, when its pay is released and how long it is at risk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from app.engine.document import Component, Effective, Period, PeriodEndRelease, WeekdayRelease


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Whole days from `first` to `last`, both included; no `last` means open."""

    first: date
    last: date | None

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        return self.first <= day and (self.last is None or day <= self.last)


def span_of(effective: Effective) -> Span:
    """Return the days on which a component counts."""
    return Span(effective.from_, effective.to)


def period_of(component: Component, day: date, quota_spans: Iterable[Span] = ()) -> Span | None:
    """Return the period of `component` that `day` lies in, None when it counts in none.

    A period keeps its whole calendar length when the component starts or stops within it; for quota
    periods, `quota_spans` are those of the payee.
    """
    if day not in span_of(component.effective):
        return None
    if component.period.kind == "quota":
        return next((span for span in quota_spans if day in span), None)
    if component.period.kind == "window":
        return span_of(component.effective)
    return calendar_period(component.period, day)


def calendar_period(period: Period, day: date) -> Span:
    """Return the week (Monday first), month, quarter or year around `day`."""
    if period.kind == "week":
        first = day - timedelta(days=day.weekday())
        return Span(first, first + timedelta(days=6))
    months = {"month": 1, "quarter": 3, "year": 12}[period.kind]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    following = first.month + months
    after = date(first.year + (following - 1) // 12, (following - 1) % 12 + 1, 1)
    return Span(first, after - timedelta(days=1))


def key_of(period: Period, span: Span) -> str:
    """Return the name of a period: 2026-W47, 2026-11, 2026-Q4, 2026 or first..last."""
    if period.kind == "week":
        year, week, _ = span.first.isocalendar()
        return f"{year}-W{week:02}"
    if period.kind == "month":
        return f"{span.first:%Y-%m}"
    if period.kind == "quarter":
        return f"{span.first.year}-Q{(span.first.month + 2) // 3}"
    if period.kind == "year":
        return str(span.first.year)
    return f"{span.first}..{span.last or ''}"


def released_on(component: Component, span: Span, earned_on: date) -> date:
    """Return the day from which what was earned on `earned_on` can be used, never earlier."""
    release = component.release
    if isinstance(release, WeekdayRelease):
        return earned_on + timedelta(days=(release.weekday - earned_on.isoweekday() - 1) % 7 + 1)
    if isinstance(release, PeriodEndRelease) and span.last is not None:
        return max(earned_on, span.last + timedelta(days=release.plus_days))
    return earned_on


def at_risk_until(component: Component, sold_on: date) -> date | None:
    """Return the last day on which pay for a sale can be taken back, None when never."""
    if component.clawback_days is None:
        return None
    return sold_on + timedelta(days=component.clawback_days)
