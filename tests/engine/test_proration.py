from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import proration
from app.engine.limit_rules import DayCount
from app.engine.periods import Span
from app.engine.proration import Days

YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))
JUNE = Span(date(2026, 6, 1), date(2026, 6, 30))
COUNTS: list[DayCount] = [
    "actual/actual",
    "actual/365",
    "actual/360",
    "30/360",
    "30E/360",
    "working_days",
]

days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
spans = st.tuples(days, st.integers(0, 500)).map(
    lambda drawn: Span(drawn[0], drawn[0] + timedelta(days=drawn[1]))
)


@pytest.mark.parametrize(
    ("count", "worked", "whole"),
    [
        ("actual/actual", 122, 365),
        ("actual/365", 122, 365),
        ("actual/360", 122, 360),
        ("30/360", 120, 360),
        ("30E/360", 120, 360),
        ("working_days", 88, 261),
    ],
)
def test_september_to_december_of_a_year_under_each_count(
    count: DayCount, worked: int, whole: int
) -> None:
    autumn = Span(date(2026, 9, 1), date(2026, 12, 31))

    assert proration.days_of(YEAR, [autumn], count) == Days(Fraction(worked), Fraction(whole))


@pytest.mark.parametrize(
    ("count", "share"),
    [
        ("actual/actual", "10/30"),
        ("actual/365", "120/365"),  # 10 days over a twelfth of 365
        ("actual/360", "10/30"),
        ("30/360", "10/30"),
        ("30E/360", "10/30"),
        ("working_days", "7/22"),  # 21 June is a Sunday
    ],
)
def test_the_last_ten_days_of_june_under_each_count(count: DayCount, share: str) -> None:
    found = proration.days_of(JUNE, [Span(date(2026, 6, 21), None)], count)

    assert found.share == Fraction(share)


@pytest.mark.parametrize(
    ("first", "after", "american", "european"),
    [
        (date(2007, 1, 15), date(2007, 1, 30), 15, 15),
        (date(2007, 1, 15), date(2007, 2, 15), 30, 30),
        (date(2007, 1, 30), date(2007, 3, 31), 60, 60),
        (date(2007, 1, 31), date(2007, 3, 31), 60, 60),
        (date(2007, 1, 15), date(2007, 3, 31), 76, 75),
        (date(2006, 2, 28), date(2006, 8, 31), 180, 182),
        (date(2008, 2, 29), date(2009, 2, 28), 360, 359),
        (date(2008, 2, 28), date(2008, 3, 31), 33, 32),
    ],
)
def test_months_of_thirty_days_differ_between_america_and_europe(
    first: date, after: date, american: int, european: int
) -> None:
    assert proration.days_30_us(first, after) == american
    assert proration.days_30_eu(first, after) == european


def test_a_week_has_its_own_days_whatever_a_year_has() -> None:
    week = Span(date(2026, 11, 16), date(2026, 11, 22))

    found = proration.days_of(week, [Span(date(2026, 11, 19), None)], "actual/360")

    assert found == Days(Fraction(4), Fraction(7))


def test_a_period_without_working_days_counts_all_days() -> None:
    weekend = Span(date(2026, 11, 21), date(2026, 11, 22))

    found = proration.days_of(weekend, [Span(date(2026, 11, 22), None)], "working_days")

    assert found == Days(Fraction(1), Fraction(2))


def test_two_stretches_of_enrolment_count_together_and_overlaps_once() -> None:
    enrolled = [
        Span(date(2026, 6, 20), date(2026, 6, 25)),
        Span(date(2026, 5, 1), date(2026, 6, 5)),
        Span(date(2026, 6, 6), date(2026, 6, 8)),
        Span(date(2026, 6, 2), date(2026, 6, 3)),
        Span(date(2026, 7, 1), None),
    ]

    assert proration.within(JUNE, enrolled) == [
        Span(date(2026, 6, 1), date(2026, 6, 8)),
        Span(date(2026, 6, 20), date(2026, 6, 25)),
    ]
    assert proration.days_of(JUNE, enrolled, "actual/actual").worked == 14


@given(spans, st.lists(spans, max_size=4), st.sampled_from(COUNTS))
def test_nobody_counts_less_than_nothing_or_more_than_whole(
    period: Span, enrolled: list[Span], count: DayCount
) -> None:
    assert 0 <= proration.days_of(period, enrolled, count).share <= 1


@given(spans, st.sampled_from(COUNTS))
def test_who_is_there_throughout_counts_whole_and_who_is_not_counts_nothing(
    period: Span, count: DayCount
) -> None:
    later = Span(date(2040, 1, 1), None)

    assert proration.days_of(period, [Span(date(2000, 1, 1), None)], count).share == 1
    assert proration.days_of(period, [later], count).share == 0


@given(spans, days, st.sampled_from(["actual/actual", "actual/365", "actual/360", "working_days"]))
def test_staying_longer_never_counts_less(period: Span, left: date, count: DayCount) -> None:
    def share(last: date) -> Fraction:
        return proration.days_of(period, [Span(date(2000, 1, 1), last)], count).share

    assert share(left) <= share(left + timedelta(days=1))


@given(days, st.integers(0, 40))
def test_working_days_are_those_from_monday_to_friday(first: date, length: int) -> None:
    counted = sum((first + timedelta(days=each)).weekday() < 5 for each in range(length))

    assert proration.working_days(first, first + timedelta(days=length)) == counted


@pytest.mark.parametrize(
    ("span", "months"),
    [
        (JUNE, 1),
        (YEAR, 12),
        (Span(date(2026, 11, 1), date(2027, 2, 28)), 4),
        (Span(date(2026, 6, 1), date(2026, 6, 29)), 0),
        (Span(date(2026, 6, 2), date(2026, 6, 30)), 0),
        (Span(date(2026, 6, 1), None), 0),
    ],
)
def test_whole_months_are_counted_only_where_nothing_is_missing(span: Span, months: int) -> None:
    assert proration.whole_months(span) == months


def test_a_month_later_is_the_same_day_or_the_last() -> None:
    assert proration.plus_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert proration.plus_months(date(2026, 12, 15), 2) == date(2027, 2, 15)


@pytest.mark.parametrize(
    ("day", "months"),
    [
        (date(2026, 1, 31), 0),
        (date(2026, 2, 27), 0),
        (date(2026, 2, 28), 1),
        (date(2027, 1, 30), 11),
        (date(2027, 1, 31), 12),
    ],
)
def test_months_are_complete_on_the_day_of_the_month(day: date, months: int) -> None:
    assert proration.months_since(date(2026, 1, 31), day) == months


@given(
    st.integers(-10_000, 10_000),
    st.lists(st.fractions(0, 5), min_size=1, max_size=6).filter(any),
)
def test_parts_sum_to_the_whole_and_each_is_within_one_of_its_share(
    total: int, weights: list[Fraction]
) -> None:
    parts = proration.apportion(total, weights)

    assert sum(parts) == total
    assert all(
        abs(part - total * weight / sum(weights)) < 1
        for part, weight in zip(parts, weights, strict=True)
    )


def test_the_largest_remainder_gets_the_odd_coin_and_the_first_of_equals() -> None:
    assert proration.apportion(100, [Fraction(1), Fraction(1), Fraction(1)]) == [34, 33, 33]
    assert proration.apportion(100, [Fraction(7, 10), Fraction(15, 100), Fraction(15, 100)]) == [
        70,
        15,
        15,
    ]
    assert proration.apportion(-5, [Fraction(1), Fraction(3)]) == [-1, -4]
