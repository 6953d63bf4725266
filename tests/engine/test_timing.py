from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import timing
from app.engine.codes import STEPS
from app.engine.document import Component
from app.engine.payout import Terms
from app.engine.periods import Span
from app.engine.scope import Scope
from app.engine.timing import Portion, TimedLine
from tests.engine.documents import EUR, component, rate
from tests.engine.published import answer, inputs

JUNE = Span(date(2026, 6, 1), date(2026, 6, 30))
SOLD = date(2026, 6, 10)
LATE = date(2030, 1, 1)


@dataclass
class Worker:
    """What timing asks about a payee: the component, the period and the terms."""

    component: Component
    span: Span = JUNE
    terms: Terms = EUR


def plan(span: Span = JUNE, **rules: Any) -> Scope:
    return cast("Scope", Worker(component(rate("0.1"), **rules), span))


def line(minor: int, nth: int = 0, **attributes: Decimal | str) -> TimedLine:
    return TimedLine(f"a{nth}", SOLD + timedelta(days=nth), minor, attributes)


def told(parts: tuple[Portion, ...]) -> list[tuple[int, str, str | None]]:
    """Return the minor units, the state, and the day or what is waited for."""
    return [
        (each.minor, each.state, str(each.release_on) if each.release_on else each.waits_for)
        for each in parts
    ]


def half_when(*attributes: str) -> list[dict[str, Any]]:
    return [{"share": "0.5", "until": {"attribute": each}} for each in attributes]


def test_without_holds_all_of_it_is_released_as_the_component_says() -> None:
    weekly = plan(release={"on": "weekday", "weekday": 5})

    parts = timing.portions(weekly, 300, [line(100), line(200, 5)], as_of=date(2026, 6, 12))

    assert told(parts) == [(100, "payable", "2026-06-12"), (200, "held", "2026-06-19")]


def test_lines_of_the_same_day_are_one_portion() -> None:
    month = plan(release={"on": "period_end", "plus_days": 5})

    parts = timing.portions(month, 300, [line(100), line(200, 5)], as_of=LATE)

    assert told(parts) == [(300, "payable", "2026-07-05")]


def test_what_no_line_brought_counts_for_the_last_day_of_the_period() -> None:
    assert told(timing.portions(plan(), 500, [line(100)], as_of=LATE)) == [
        (100, "payable", "2026-06-10"),
        (400, "payable", "2026-06-30"),
    ]


def test_an_open_period_counts_from_its_first_day() -> None:
    endless = plan(
        Span(JUNE.first, None), holdback={"share": "0.5", "until": {"days_after_period": 9}}
    )

    assert told(timing.portions(endless, 100, [], as_of=LATE)) == [
        (50, "payable", "2026-06-01"),
        (50, "payable", "2026-06-10"),
    ]


@pytest.mark.shared_data
def test_half_is_paid_at_each_of_two_published_milestones() -> None:
    case = inputs("split-vba-halves")
    halves = plan(holds=half_when("setup_paid_on", "first_monthly_paid_on"))
    minor = case["commission"] * 100
    first, second = answer("split-vba-halves", "payments")
    paid: dict[str, Any] = {
        "setup_paid_on": "2026-06-20",
        "first_monthly_paid_on": "2026-08-01T10:00:00+02:00",
    }

    nothing = timing.portions(halves, minor, [line(minor)], as_of=LATE)
    setup = timing.portions(halves, minor, [line(minor, setup_paid_on="2026-06-20")], as_of=LATE)
    both = timing.portions(halves, minor, [line(minor, 0, **paid)], as_of=LATE)

    assert told(nothing) == [
        (5000, "held", "first_monthly_paid_on"),
        (5000, "held", "setup_paid_on"),
    ]
    assert told(setup) == [
        (int(first) * 100, "payable", "2026-06-20"),
        (5000, "held", "first_monthly_paid_on"),
    ]
    assert told(both) == [
        (int(first) * 100, "payable", "2026-06-20"),
        (int(second) * 100, "payable", "2026-08-01"),
    ]


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ({"days_after_period": 90}, (10, "held", "2026-09-28")),
        ({"days_after": 30}, (10, "payable", "2026-07-10")),
        ({"on_day": "2026-08-01"}, (10, "held", "2026-08-01")),
        ({"on_day": "2026-06-01"}, (10, "payable", "2026-06-10")),
        ({"attribute": "paid_on"}, (10, "held", "paid_on")),
        ({"clawback_end": True}, (10, "payable", "2026-06-10")),
        ({"test": {"value": "1", "is": "ge", "than": "1"}}, (10, "payable", "2026-06-10")),
        (
            {"test": {"value": "0", "is": "ge", "than": "1", "says": "The team is full"}},
            (10, "held", "The team is full"),
        ),
    ],
)
def test_a_part_is_kept_back_until_a_day_or_a_condition(
    until: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    kept_back = plan(holdback={"share": "0.1", "until": until})

    parts = timing.portions(kept_back, 100, [line(100)], as_of=date(2026, 7, 10))

    if expected[1:] == ("payable", "2026-06-10"):
        assert sorted(part.minor for part in parts) == [10, 90]
    assert expected in told(parts)
    assert sum(part.minor for part in parts) == 100


@pytest.mark.parametrize(
    ("rule", "released"),
    [
        ({"clawback_days": 30}, "2026-07-10"),
        ({"clawback": {"days": 14, "when": {"attribute": "cancelled_on"}}}, "2026-06-24"),
        ({"clawback": {"months": 3, "when": {"attribute": "cancelled_on"}}}, "2026-09-09"),
    ],
)
def test_pay_may_wait_for_the_end_of_the_cancellation_window(
    rule: dict[str, Any], released: str
) -> None:
    waiting = plan(holds=[{"share": "1", "until": {"clawback_end": True}}], **rule)

    assert told(timing.portions(waiting, 100, [line(100)], as_of=SOLD)) == [(100, "held", released)]


@pytest.mark.parametrize("value", ["soon", "2026-13-01", Decimal(20260610)])
def test_what_states_no_day_is_still_waited_for(value: Decimal | str) -> None:
    halves = plan(holds=half_when("paid_on"))

    parts = timing.portions(halves, 100, [line(100, paid_on=value)], as_of=LATE)

    assert told(parts) == [(50, "payable", "2026-06-10"), (50, "held", "paid_on")]


def cancelled(on: str, minor: int = 61_200) -> TimedLine:
    return line(minor, cancelled_on=on)


def clawing(*schedule: tuple[int, str], **window: Any) -> dict[str, Any]:
    steps = [{"within_months": months, "share": share} for months, share in schedule]
    return {"when": {"attribute": "cancelled_on"}, "schedule": steps, **window}


@pytest.mark.shared_data
def test_published_clawbacks() -> None:
    lapse, full = inputs("claw-insureleads"), inputs("claw-earnbase")
    half = inputs("claw-core8-half")
    advance = lapse["advance"] * 100
    monthly = plan(clawback=clawing((lapse["advance_months"], "monthly"), months=12))
    whole = plan(clawback=clawing(months=full["window_months"]))
    taken = str(Decimal(half["clawback_percent"]) / 100)
    halved = plan(clawback=clawing((12, taken), months=12))

    # sold on 10 June: the fourth month begins on 10 September
    first = timing.portions(monthly, advance, [cancelled("2026-09-10", advance)], as_of=LATE)
    second = timing.portions(whole, 400_000, [cancelled("2026-09-10", 400_000)], as_of=LATE)
    third = timing.portions(halved, 1_000_000, [cancelled("2026-07-01", 1_000_000)], as_of=LATE)

    assert advance - timing.kept(first) == int(answer("claw-insureleads", "charged_back")) * 100
    assert told(second)[1] == (
        int(answer("claw-earnbase", "adjustment")) * 100,
        "clawed_back",
        "2026-09-10",
    )
    assert told(third)[1][0] == int(answer("claw-core8-half", "adjustment")) * 100


@pytest.mark.parametrize(
    ("on", "taken"),
    [
        ("2026-06-01", 1200),  # before it was sold: as in the first month
        ("2026-07-09", 1200),  # last day of the first month
        ("2026-09-09", 1200),  # last day of the third
        ("2026-09-10", 800),  # fourth of twelve: eight are left
        ("2027-06-09", 0),  # last day of the twelfth
        ("2027-06-10", 0),  # beyond the schedule
    ],
)
def test_a_schedule_takes_less_as_the_months_go_by(on: str, taken: int) -> None:
    rule = plan(clawback=clawing((3, "1"), (12, "monthly"), months=24))

    parts = timing.portions(rule, 1200, [cancelled(on, 1200)], as_of=LATE)

    assert timing.kept(parts) == 1200 - taken


@pytest.mark.parametrize(
    ("on", "as_of", "minor"),
    [
        ("2026-07-11", LATE, 100),  # after the thirty days
        ("2026-07-10", date(2026, 7, 9), 100),  # not yet
        ("2026-07-10", LATE, -100),  # a return brought it
        ("never", LATE, 100),
    ],
)
def test_nothing_is_taken_back_outside_of_the_window(on: str, as_of: date, minor: int) -> None:
    rule = plan(clawback=clawing(days=30))

    parts = timing.portions(rule, minor, [cancelled(on, minor)], as_of=as_of)

    assert timing.kept(parts) == minor


def test_what_is_still_held_is_taken_back_before_what_was_released() -> None:
    rule = plan(
        clawback=clawing((12, "0.75"), months=12),
        holds=[*half_when("paid_on"), {"share": "0.2", "until": {"days_after": 60}}],
    )

    parts = timing.portions(rule, 1000, [cancelled("2026-06-15", 1000)], as_of=date(2026, 7, 1))

    assert told(parts) == [
        (300, "payable", "2026-06-10"),
        (-50, "clawed_back", "2026-06-15"),
        (-200, "clawed_back", "2026-08-09"),
        (200, "held", "2026-08-09"),
        (-500, "clawed_back", "paid_on"),
        (500, "held", "paid_on"),
    ]


shares = st.lists(st.integers(1, 30), max_size=3).map(
    lambda drawn: [f"0.{each:02}" for each in drawn]
)
untils = st.sampled_from(
    [
        {"days_after": 30},
        {"days_after_period": 90},
        {"attribute": "paid_on"},
        {"attribute": "setup_on"},
        {"clawback_end": True},
    ]
)
days = st.integers(0, 500).map(lambda drawn: str(SOLD + timedelta(days=drawn)))
lines = st.lists(
    st.builds(
        line,
        st.integers(-900, 9000),
        st.integers(0, 20),
        paid_on=days,
        cancelled_on=days | st.just("never"),
    ),
    max_size=5,
)


@given(shares, st.lists(untils, min_size=3, max_size=3), lines, st.integers(-500, 20_000), days)
def test_portions_sum_to_the_amount_and_nothing_is_taken_back_twice(
    parts_of: list[str],
    until: list[dict[str, Any]],
    brought: list[TimedLine],
    amount: int,
    as_of: str,
) -> None:
    holds = [{"share": share, "until": each} for share, each in zip(parts_of, until, strict=False)]
    rule = plan(holds=holds, clawback=clawing((3, "1"), (12, "monthly"), months=12))

    parts = timing.portions(rule, amount, brought, as_of=date.fromisoformat(as_of))

    earned = [part for part in parts if part.state != "clawed_back"]
    taken = [part for part in parts if part.state == "clawed_back"]
    assert sum(part.minor for part in earned) == amount
    assert all(part.minor < 0 for part in taken)
    assert -sum(part.minor for part in taken) <= sum(max(0, each.minor) for each in brought)
    assert all(
        part.step and {*STEPS[part.step.code].params} == {*part.step.params} for part in parts
    )


@given(lines, st.integers(-500, 20_000))
def test_the_order_of_lines_does_not_matter(brought: list[TimedLine], amount: int) -> None:
    rule = plan(holds=half_when("paid_on"), clawback=clawing((12, "monthly"), months=12))

    forwards = timing.portions(rule, amount, brought, as_of=LATE)

    assert forwards == timing.portions(rule, amount, brought[::-1], as_of=LATE)
