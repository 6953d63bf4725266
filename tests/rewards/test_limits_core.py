"""What limits leave: bounds hold together, a period starts anew with the calendar, audiences are met."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.rewards.audience_core import Audience, Visitor
from app.rewards.catalog_core import Rule, rules_for
from app.rewards.limits_core import (
    Book,
    Limit,
    Obstacle,
    Period,
    Product,
    Room,
    Spent,
    earliest,
    first_day,
    first_day_after,
)

CARD = Product("gift_card", "IT", "EUR", "Onda", ("Fashion", "Sports"))
SPA = Product("experience", "IT", "EUR", "Terme", ("Wellness",))
DAY = date(2026, 11, 22)


def limit(about: str = "everything", value: str = "", **bounds: Any) -> Limit:
    return Limit(Audience(), about, value, "EUR", **bounds)


@pytest.mark.parametrize(
    ("about", "value", "holds"),
    [
        ("everything", "", True),
        ("kind", "gift_card", True),
        ("kind", "experience", False),
        ("country", "IT", True),
        ("country", "FR", False),
        ("currency", "EUR", True),
        ("brand", "Onda", True),
        ("brand", "onda", False),
        ("category", "Sports", True),
        ("category", "Wellness", False),
    ],
)
def test_a_limit_holds_for_what_it_names(about: str, value: str, holds: bool) -> None:
    assert limit(about, value, most=1).holds_for(CARD) is holds


def test_a_limit_holds_in_its_own_currency_only() -> None:
    assert not Limit(Audience(), "everything", "", "USD", most=1).holds_for(CARD)


def test_bounds_of_several_limits_hold_together() -> None:
    several = [
        limit(least=500),
        limit(least=1_000, most=9_000),
        limit("kind", "gift_card", most=50),
    ]

    assert Book(several).room(DAY) == Room(least=1_000, most=50)
    assert Book().room(DAY) == Room()


def test_the_period_that_leaves_least_counts() -> None:
    month = limit(period="month", in_period=10_000)
    year = limit("kind", "gift_card", period="year", in_period=25_000)
    spent = [
        Spent(CARD, 6_000, date(2026, 11, 1)),
        Spent(CARD, 15_000, date(2026, 10, 31)),
        Spent(SPA, 1_000, date(2026, 11, 3)),
        Spent(CARD, 99_000, date(2025, 12, 31)),
    ]

    left = Book([month, year], spent).room(DAY).left

    assert left is not None
    assert (left.minor, left.of, left.period, left.anew_on) == (
        3_000,
        10_000,
        "month",
        date(2026, 12, 1),
    )


def test_what_was_ordered_before_a_limit_was_lowered_leaves_nothing_and_not_less() -> None:
    left = Book([limit(period="month", in_period=1_000)], [Spent(CARD, 5_000, DAY)]).room(DAY).left

    assert left is not None
    assert left.minor == 0


@pytest.mark.parametrize(
    ("minor", "obstacle"),
    [(999, "too_little"), (1_000, None), (3_000, None), (3_001, "used_up"), (5_001, "too_much")],
)
def test_each_bound_is_inclusive(minor: int, obstacle: Obstacle | None) -> None:
    book = Book(
        [limit(least=1_000, most=5_000, period="month", in_period=8_000)],
        [Spent(CARD, 5_000, DAY)],
    )

    assert book.room(DAY).obstacle(minor) == obstacle


@pytest.mark.parametrize(
    ("period", "today", "first", "after"),
    [
        ("month", date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        ("month", date(2026, 11, 1), date(2026, 11, 1), date(2026, 12, 1)),
        ("quarter", date(2026, 11, 22), date(2026, 10, 1), date(2027, 1, 1)),
        ("quarter", date(2026, 6, 30), date(2026, 4, 1), date(2026, 7, 1)),
        ("year", date(2026, 11, 22), date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_a_period_is_one_of_the_calendar(
    period: Period, today: date, first: date, after: date
) -> None:
    assert (first_day(period, today), first_day_after(period, today)) == (first, after)


def test_orders_count_since_the_longest_period_began() -> None:
    assert earliest([limit(most=1)], DAY) is None
    assert earliest(
        [limit(period="month", in_period=1), limit(period="year", in_period=1)], DAY
    ) == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("audience", "is_in"),
    [
        (Audience(), True),
        (Audience(role="rep"), True),
        (Audience(role="manager"), False),
        (Audience(country="IT"), True),
        (Audience(country="FR"), False),
        (Audience(role="rep", country="FR"), False),
    ],
)
def test_somebody_is_in_an_audience_when_all_it_says_is_true_of_them(
    audience: Audience, is_in: bool
) -> None:
    assert audience.includes(Visitor(None, {"rep"}, "IT")) is is_in


def test_what_is_open_to_others_alone_is_hidden_and_one_audience_is_enough() -> None:
    told = [
        (Audience(role="manager"), Rule("open", "category", "Getaways")),
        (Audience(country="IT"), Rule("open", "category", "Getaways")),
        (Audience(role="manager"), Rule("open", "brand", "Onda")),
        (Audience(), Rule("hide", "kind", "experience")),
    ]

    seen = rules_for(Visitor(None, {"rep"}, "IT"), told)

    assert seen == [Rule("hide", "kind", "experience"), Rule("hide", "brand", "Onda")]
