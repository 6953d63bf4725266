"""Periods beyond the calendar's own: rolling, custom, retail, half-years, and what lies before them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.engine.measures import RollingWindow, ToDateWindow
from app.engine.periods import (
    Span,
    key_of,
    period_of,
    periods_between,
    released_on,
    span_before,
    window_of,
    year_before,
)
from tests.engine.documents import component, rate

CUSTOM = {
    "kind": "custom",
    "spans": [
        {"from": "2026-03-02", "to": "2026-03-20"},
        {"from": "2026-04-01", "to": "2026-04-09"},
    ],
}


def paying(period: Any, **changes: Any) -> Any:
    return component(rate("0.05"), period=period, **changes)


def days(first: str, last: str) -> Span:
    return Span(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("period", "day", "first", "last"),
    [
        ({"kind": "half_year"}, "2026-08-09", "2026-07-01", "2026-12-31"),
        ({"kind": "rolling", "days": 14}, "2026-01-20", "2026-01-15", "2026-01-28"),
        (CUSTOM, "2026-03-20", "2026-03-02", "2026-03-20"),
        ({"kind": "retail", "weeks": "4-4-5", "starts_on": ["2026-02-01"]}, "2026-04-30", "2026-03-29", "2026-05-02"),
        ({"kind": "retail", "weeks": "4-4-5", "starts_on": ["2026-02-01"]}, "2026-01-31", "2025-12-28", "2026-01-31"),
        ({"kind": "retail", "weeks": "4-5-4", "starts_on": ["2025-02-02", "2026-02-08"]}, "2026-02-07",
         "2026-01-04", "2026-02-07"),
        ({"kind": "retail", "weeks": "4-5-4", "starts_on": ["2025-02-02", "2026-02-08", "2027-02-07"]}, "2026-03-08",
         "2026-03-08", "2026-04-11"),
        ({"kind": "activity"}, "2026-05-05", "2026-05-05", "2026-05-05"),
    ],
)  # fmt: skip
def test_a_day_lies_in_its_period(period: Any, day: str, first: str, last: str) -> None:
    assert period_of(paying(period), date.fromisoformat(day)) == days(first, last)


def test_a_day_between_custom_periods_counts_in_none() -> None:
    assert period_of(paying(CUSTOM), date(2026, 3, 25)) is None


@pytest.mark.parametrize(
    ("period", "span", "before"),
    [
        ({"kind": "month"}, days("2026-03-01", "2026-03-31"), days("2026-02-01", "2026-02-28")),
        (CUSTOM, days("2026-04-01", "2026-04-09"), days("2026-03-02", "2026-03-20")),
        (CUSTOM, days("2026-03-02", "2026-03-20"), days("2026-02-11", "2026-03-01")),
        ({"kind": "rolling", "days": 7}, days("2026-01-01", "2026-01-07"), days("2025-12-25", "2025-12-31")),
        ({"kind": "window"}, days("2026-01-01", "2026-12-31"), days("2025-01-01", "2025-12-31")),
    ],
)  # fmt: skip
def test_what_lies_before_a_period(period: Any, span: Span, before: Span) -> None:
    assert span_before(paying(period), span) == before


def test_quota_periods_follow_those_of_the_payee() -> None:
    quotas = [days("2026-01-05", "2026-02-04"), days("2026-02-05", "2026-03-04")]
    plan = paying({"kind": "quota"})

    assert span_before(plan, quotas[1], quotas) == quotas[0]
    assert list(periods_between(plan, date(2026, 2, 1), date(2026, 2, 2), quotas)) == quotas[:1]


def test_the_periods_between_two_days_stay_within_the_component() -> None:
    effective = {"from": "2026-01-10", "to": "2026-03-31"}
    plan = paying({"kind": "month"}, effective=effective)

    found = list(periods_between(plan, date(2025, 1, 1), date(2026, 2, 15)))

    assert found == [days("2026-01-01", "2026-01-31"), days("2026-02-01", "2026-02-28")]
    assert list(periods_between(paying(CUSTOM), date(2026, 1, 1), date(2026, 3, 31))) == [
        days("2026-03-02", "2026-03-20")
    ]


def test_a_window_without_an_end_is_one_open_period() -> None:
    plan = paying({"kind": "window"}, effective={"from": "2026-01-10"})

    assert list(periods_between(plan, date(2026, 1, 1), date(2026, 2, 1))) == [
        Span(date(2026, 1, 10), None)
    ]


def test_windows_look_back_from_the_last_day() -> None:
    plan, span = paying({"kind": "month"}), days("2026-03-01", "2026-03-31")

    assert window_of(plan, RollingWindow(rolling_days=31), span) == span
    assert window_of(plan, ToDateWindow(to_date="effective"), span).first == date(2026, 1, 1)


def test_a_year_earlier_keeps_the_ends_of_months() -> None:
    assert year_before(days("2025-02-01", "2025-02-28")) == days("2024-02-01", "2024-02-29")
    assert year_before(days("2024-02-29", "2024-03-05")) == days("2023-02-28", "2023-03-05")
    assert year_before(Span(date(2026, 1, 1), None)) == Span(date(2025, 1, 1), None)


def test_half_years_have_a_name_of_their_own() -> None:
    plan = paying({"kind": "half_year"})

    assert key_of(plan.period, days("2026-07-01", "2026-12-31")) == "2026-H2"
    assert key_of(plan.period, days("2026-01-01", "2026-06-30")) == "2026-H1"


def test_spans_know_what_they_cover() -> None:
    year = days("2026-01-01", "2026-12-31")

    assert year.covers(days("2026-02-01", "2026-02-28"))
    assert not year.covers(Span(date(2026, 2, 1), None))
    assert Span(date(2026, 1, 1), None).covers(year)
    assert released_on(paying({"kind": "month"}), year, date(2026, 2, 3)) == date(2026, 2, 3)
