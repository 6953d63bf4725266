from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import periods
from app.engine.document import Component
from app.engine.periods import Span
from tests.engine.documents import component, component_json, per_unit, program

THURSDAY = date(2026, 11, 19)


def counting(kind: str, **changes: object) -> Component:
    return component(per_unit("1.00"), period={"kind": kind}, **changes)


@pytest.mark.parametrize(
    ("kind", "first", "last", "key"),
    [
        ("week", date(2026, 11, 16), date(2026, 11, 22), "2026-W47"),
        ("month", date(2026, 11, 1), date(2026, 11, 30), "2026-11"),
        ("quarter", date(2026, 10, 1), date(2026, 12, 31), "2026-Q4"),
        ("year", date(2026, 1, 1), date(2026, 12, 31), "2026"),
        ("window", date(2026, 1, 1), date(2026, 12, 31), "2026-01-01..2026-12-31"),
    ],
)
def test_a_day_lies_in_the_period_the_component_names(
    kind: str, first: date, last: date, key: str
) -> None:
    rule = counting(kind)

    span = periods.period_of(rule, THURSDAY)

    assert span == Span(first, last)
    assert periods.key_of(rule.period, span) == key


def test_quota_periods_are_those_of_the_payee() -> None:
    rule = counting("quota")
    odd = Span(date(2026, 11, 5), date(2026, 12, 4))

    assert periods.period_of(rule, THURSDAY, [odd]) == odd
    assert periods.period_of(rule, date(2026, 12, 5), [odd]) is None


def test_outside_its_days_a_component_counts_nothing() -> None:
    assert periods.period_of(counting("month"), date(2027, 1, 1)) is None


def test_a_window_may_stay_open() -> None:
    rule = counting("window", effective={"from": "2026-11-01"})

    span = periods.period_of(rule, date(2030, 1, 1))

    assert span == Span(date(2026, 11, 1), None)
    assert periods.key_of(rule.period, span) == "2026-11-01.."


def test_only_a_day_can_lie_in_a_span() -> None:
    assert "2026-11-19" not in Span(THURSDAY, None)


@given(
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.sampled_from(["week", "month", "quarter", "year"]),
)
def test_calendar_periods_follow_each_other_without_gap_or_overlap(day: date, kind: str) -> None:
    period = counting(kind).period

    span = periods.calendar_period(period, day)

    assert span.last is not None
    assert day in span
    assert periods.calendar_period(period, span.first) == span
    assert periods.calendar_period(period, span.last) == span
    assert periods.calendar_period(period, span.last + timedelta(days=1)).first > span.last


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ({"on": "immediately"}, THURSDAY),
        ({"on": "weekday", "weekday": 5}, date(2026, 11, 20)),
        ({"on": "weekday", "weekday": 4}, date(2026, 11, 26)),
        ({"on": "period_end", "plus_days": 10}, date(2026, 12, 10)),
    ],
)
def test_pay_is_released_when_the_component_says(
    release: dict[str, object], expected: date
) -> None:
    rule = counting("month", release=release)

    assert (
        periods.released_on(rule, Span(date(2026, 11, 1), date(2026, 11, 30)), THURSDAY) == expected
    )


def test_what_is_earned_after_the_release_day_is_released_at_once() -> None:
    rule = counting("month", release={"on": "period_end"})
    october = Span(date(2026, 10, 1), date(2026, 10, 31))

    assert periods.released_on(rule, october, THURSDAY) == THURSDAY


def test_quota_periods_that_stay_open_release_at_once() -> None:
    rule = counting("quota", release={"on": "period_end"})

    assert periods.released_on(rule, Span(THURSDAY, None), THURSDAY) == THURSDAY


def test_pay_is_at_risk_for_the_days_of_the_clawback_window() -> None:
    assert periods.at_risk_until(counting("month", clawback_days=30), THURSDAY) == date(
        2026, 12, 19
    )
    assert periods.at_risk_until(counting("month"), THURSDAY) is None


def test_a_component_is_found_by_its_id() -> None:
    two = program(component_json(per_unit("1.00")), component_json(per_unit("2.00"), id="other"))

    assert two.component("other").id == "other"
