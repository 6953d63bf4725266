"""Which stretch of days a sale counts in, when its pay is released and how long it is at risk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from app.engine.document import Component, Effective, Period, PeriodEndRelease, WeekdayRelease
from app.engine.measures import RollingWindow, ToDateWindow, Window

DAY: Final = timedelta(days=1)
_MONTHS: Final = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_RETAIL_WEEKS: Final = 52


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Whole days from `first` to `last`, both included; no `last` means open."""

    first: date
    last: date | None

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        return self.first <= day and (self.last is None or day <= self.last)

    def covers(self, other: Span) -> bool:
        """Whether every day of `other` is one of these."""
        return other.first in self and (
            self.last is None or (other.last is not None and other.last in self)
        )

    def within(self, other: Span) -> Span:
        """Return the days that are in both; they must meet."""
        lasts = [last for last in (self.last, other.last) if last is not None]
        return Span(max(self.first, other.first), min(lasts, default=None))


def span_of(effective: Effective) -> Span:
    """Return the days on which a component counts."""
    return Span(effective.from_, effective.to)


def period_of(component: Component, day: date, quota_spans: Iterable[Span] = ()) -> Span | None:
    """Return the period of `component` that `day` lies in, None when it counts in none.

    A period keeps its whole calendar length when the component starts or stops within it; for quota
    periods, `quota_spans` are those of the payee. An activity that pays alone has the day itself.
    """
    if day not in span_of(component.effective):
        return None
    return period_around(component, day, quota_spans)


def period_around(component: Component, day: date, quota_spans: Iterable[Span] = ()) -> Span | None:
    """Return the period that `day` would lie in if the component had always been there."""
    period = component.period
    if period.kind in {"quota", "custom"}:
        spans = quota_spans if period.kind == "quota" else custom_spans(period)
        return next((span for span in spans if day in span), None)
    if period.kind == "window":
        return span_of(component.effective)
    if period.kind == "activity":
        return Span(day, day)
    if period.kind == "rolling":
        start, length = component.effective.from_, period.days or 1
        first = start + timedelta(days=(day - start).days // length * length)
        return Span(first, first + timedelta(days=length - 1))
    return calendar_period(period, day)


def calendar_period(period: Period, day: date) -> Span:
    """Return the week (Monday first), month, quarter, half-year, year or retail month around `day`."""
    if period.kind == "retail":
        return retail_period(period, day)
    return calendar_span(period.kind, day)


def calendar_span(kind: str, day: date) -> Span:
    """Return the calendar week, month, quarter, half-year or year around `day`."""
    if kind == "week":
        first = day - timedelta(days=day.weekday())
        return Span(first, first + timedelta(days=6))
    months = _MONTHS[kind]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    following = first.month + months
    after = date(first.year + (following - 1) // 12, (following - 1) % 12 + 1, 1)
    return Span(first, after - DAY)


def custom_spans(period: Period) -> list[Span]:
    """Return the periods that the document names itself."""
    return [Span(each.from_, each.to) for each in period.spans or ()]


def retail_period(period: Period, day: date) -> Span:
    """Return the retail month around `day`: quarters of 13 weeks, split as `weeks` says.

    Years begin on the days of `starts_on`, before and after them every 52 weeks; a 53rd week belongs to
    the last month of its year.
    """
    first, after = _retail_year(period.starts_on or (), day)
    pattern = [int(weeks) for weeks in (period.weeks or "4-4-5").split("-")] * 4
    for weeks in pattern[:-1]:
        following = first + timedelta(weeks=weeks)
        if day < following:
            return Span(first, following - DAY)
        first = following
    return Span(first, after - DAY)


def _retail_year(starts: Sequence[date], day: date) -> tuple[date, date]:
    """Return the first day of the retail year around `day` and that of the next."""
    for first, following in pairwise(starts):
        if first <= day < following:
            return first, following
    length = timedelta(weeks=_RETAIL_WEEKS)
    anchor = starts[0] if day < starts[0] else starts[-1]
    first = anchor + (day - anchor) // length * length
    return first, first + length


def periods_between(
    component: Component, first: date, last: date, quota_spans: Iterable[Span] = ()
) -> Iterator[Span]:
    """Yield the periods of `component` that have days between `first` and `last`, in order."""
    if component.period.kind in {"quota", "custom"}:
        spans = custom_spans(component.period) if component.period.kind == "custom" else quota_spans
        effective = span_of(component.effective)
        for span in sorted(spans, key=lambda each: each.first):
            asked = span.first <= last and (span.last is None or span.last >= first)
            if asked and (span.first in effective or effective.first in span):
                yield span
        return
    day = max(first, component.effective.from_)
    until = last if component.effective.to is None else min(last, component.effective.to)
    while day <= until:
        around = period_around(component, day)
        assert around is not None
        yield around
        if around.last is None:
            return
        day = around.last + DAY


def span_before(component: Component, span: Span, quota_spans: Iterable[Span] = ()) -> Span:
    """Return the period before `span`; where the plan names none, as many days before it."""
    if component.period.kind in {"quota", "custom"}:
        named = custom_spans(component.period) if component.period.kind == "custom" else quota_spans
        earlier = [each for each in named if each.last is not None and each.last < span.first]
        if earlier:
            return max(earlier)
    elif component.period.kind not in {"window", "activity"}:
        return period_around(component, span.first - DAY) or span
    length = (span.last or span.first) - span.first
    return Span(span.first - DAY - length, span.first - DAY)


def window_of(component: Component, window: Window | None, span: Span) -> Span:
    """Return the days that a figure looks at in the period `span`.

    Within the period only days on which the component counts; other windows look beyond them.
    """
    if isinstance(window, ToDateWindow):
        if window.to_date == "effective":
            return Span(component.effective.from_, span.last)
        last = span.last or span.first
        return Span(calendar_span(window.to_date, last).first, span.last)
    if isinstance(window, RollingWindow):
        last = span.last or span.first
        return Span(last - timedelta(days=window.rolling_days - 1), last)
    return span.within(span_of(component.effective))


def to_date_span(component: Component, span: Span) -> Span:
    """Return the days from which `period.to_date` counts up to the end of `span`."""
    if component.period.to_date == "effective":
        return Span(component.effective.from_, span.last)
    assert component.period.to_date is not None
    return Span(calendar_span(component.period.to_date, span.last or span.first).first, span.last)


def year_before(span: Span) -> Span:
    """Return the same days a year earlier; the 29th of February becomes the 28th.

    A period that ends with its month does so a year earlier too.
    """
    if span.last is None:
        return Span(_year_before(span.first), None)
    ends_month = (span.last + DAY).day == 1
    last = _year_before(span.last + DAY) - DAY if ends_month else _year_before(span.last)
    return Span(_year_before(span.first), last)


def _year_before(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)


def key_of(period: Period, span: Span) -> str:
    """Return the name of a period: 2026-W47, 2026-11, 2026-Q4, 2026-H2, 2026 or first..last."""
    if period.kind == "week":
        year, week, _ = span.first.isocalendar()
        return f"{year}-W{week:02}"
    if period.kind == "month":
        return f"{span.first:%Y-%m}"
    if period.kind == "quarter":
        return f"{span.first.year}-Q{(span.first.month + 2) // 3}"
    if period.kind == "half_year":
        return f"{span.first.year}-H{(span.first.month + 5) // 6}"
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
