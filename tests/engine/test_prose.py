"""Plans as blogs, manuals and textbooks word them: the prose, the document, the facts and the figure."""

from __future__ import annotations

from typing import Any

from app.engine import facts_reading, reading, report
from app.engine.evaluate import evaluate
from app.engine.payout import terms_of

Json = dict[str, Any]


def paid(plan: Json, stated: Json) -> dict[str, list[str]]:
    """Return what each payee is paid, period by period, leaving out nothing at all."""
    program = reading.read(plan)
    found: dict[str, list[str]] = {}
    for each in evaluate(program, facts_reading.read(stated, program)):
        if each.outcome.amount_minor:
            amount = report.major(each.outcome.amount_minor, terms_of(program))
            found.setdefault(each.payee, []).append(amount)
    return found


def plan(*components: Json, **changes: Any) -> Json:
    """Return a program of monthly components on the amount sold, but for what they say otherwise."""
    return {
        "schema": "laurel.program/1",
        "name": "Prose",
        "currency": "EUR",
        "components": [
            {
                "id": "pay",
                "name": "Pay",
                "effective": {"from": "2026-01-01"},
                "measure": {"kind": "sum", "of": "amount"},
                "period": {"kind": "month"},
            }
            | each
            for each in components
        ],
    } | changes


def sale(person: str, amount: str | None = None, day: str = "2026-01-10", **more: Any) -> Json:
    given = {"person": person, "occurred_at": f"{day}T10:00:00Z", **more}
    return given if amount is None else given | {"amount": amount}


def facts(*activities: Json, as_of: str = "2026-01-31", **more: Any) -> Json:
    named = [each | {"id": f"a{nth:02}"} for nth, each in enumerate(activities)]
    return {"activities": named, "as_of": as_of, **more}


def quota(person: str, target: str, first: str = "2026-01-01", last: str = "2026-01-31") -> Json:
    return {"person": person, "from": first, "to": last, "target": target}


def test_the_rate_is_variable_pay_over_quota_and_reaching_it_lifts_everything() -> None:
    """60,000 of variable pay on a quota of 600,000; from quota on everything counts one and a half times.

    660,000 x 10 % x 1.5 = 99,000.
    """
    given = plan(
        {
            "period": {"kind": "year"},
            "payout": {
                "kind": "rate",
                "rate": {"divide": [{"person": "variable"}, {"quota": True}]},
                "tiers": {
                    "mode": "retroactive",
                    "on": "attainment",
                    "boundary": "inclusive",
                    "steps": [{"from": "1", "multiplier": "1.5"}],
                },
            },
        }
    )
    known = facts(
        sale("ann", "660000"),
        as_of="2026-12-31",
        people=[{"person": "ann", "attributes": {"variable": "60000"}}],
        quotas=[quota("ann", "600000", "2026-01-01", "2026-12-31")],
    )

    assert paid(given, known) == {"ann": ["99000.00"]}


def test_tied_places_share_what_their_prizes_come_to() -> None:
    """The first four win 1,000, 600, 400 and 200.

    Two tie for the second place: (600 + 400) / 2 each, and nobody is third.
    """
    given = plan(
        {"payout": {"kind": "pool", "by": "rank", "places": ["1000", "600", "400", "200"]}}
    )
    known = facts(
        sale("ann", "900"),
        sale("bob", "700"),
        sale("cat", "700"),
        sale("dan", "500"),
        sale("eve", "100"),
    )

    assert paid(given, known) == {
        "ann": ["1000.00"],
        "bob": ["500.00"],
        "cat": ["500.00"],
        "dan": ["200.00"],
    }


def test_a_recoverable_draw_is_worked_off_by_later_excess() -> None:
    """A draw of 3,000 a month; 2,000, 3,500 and 6,000 are earned. 1,000 is advanced, 500 and then 500 paid back."""
    given = plan(
        {
            "payout": {"kind": "rate", "rate": "0.1"},
            "limits": {"draw": {"amount": "3000", "recoverable": True}},
        }
    )
    known = facts(
        sale("ann", "20000"),
        sale("ann", "35000", day="2026-02-10"),
        sale("ann", "60000", day="2026-03-10"),
        as_of="2026-03-31",
    )

    assert paid(given, known) == {"ann": ["3000.00", "3000.00", "5500.00"]}


def test_the_margin_of_each_deal_sets_its_rate() -> None:
    """Of the profit of a deal: 5 %, 10 % from a margin of 20 %, 15 % from 30 %.

    1,500 x 5 % + 2,000 x 10 % + 4,000 x 15 % = 875.
    """
    given = plan(
        {
            "measure": {"kind": "sum", "of": "attributes.profit", "unit": "money"},
            "period": {"kind": "activity"},
            "figures": {
                "revenue": {"kind": "sum", "of": "amount"},
                "margin": {"kind": "ratio", "of": "measure", "to": "revenue"},
            },
            "payout": {
                "kind": "rate",
                "rate": {
                    "lookup": {"figure": "margin"},
                    "steps": [
                        {"from": "0", "value": "0.05"},
                        {"from": "0.2", "value": "0.10"},
                        {"from": "0.3", "value": "0.15"},
                    ],
                },
            },
        }
    )
    known = facts(
        sale("ann", "10000", attributes={"profit": "1500"}),
        sale("ann", "10000", attributes={"profit": "2000"}),
        sale("ann", "10000", attributes={"profit": "4000"}),
    )

    assert paid(given, known) == {"ann": ["75.00", "200.00", "600.00"]}


def test_each_level_is_paid_its_rate_less_the_highest_below() -> None:
    """Ranks of 20, 15, 15 and 5 %: of 1,000 the seller has 50, the next 100, their equal nothing, the top 50."""
    given = plan(
        {
            "credit": {"to": "differential", "include_seller": True, "rate": {"person": "rate"}},
            "payout": {"kind": "rate", "rate": "1"},
        }
    )
    known = facts(
        sale("dan", "1000"),
        positions=[
            {"person": "dan", "manager": "cat", "from": "2026-01-01"},
            {"person": "cat", "manager": "bob", "from": "2026-01-01"},
            {"person": "bob", "manager": "ann", "from": "2026-01-01"},
            {"person": "ann", "manager": None, "from": "2026-01-01"},
        ],
        people=[
            {"person": "ann", "attributes": {"rate": "0.20"}},
            {"person": "bob", "attributes": {"rate": "0.15"}},
            {"person": "cat", "attributes": {"rate": "0.15"}},
            {"person": "dan", "attributes": {"rate": "0.05"}},
        ],
    )

    assert paid(given, known) == {"ann": ["50.00"], "cat": ["100.00"], "dan": ["50.00"]}


def test_compression_passes_over_who_does_not_take_part() -> None:
    """5, 3 and 2 % up the line, the first of whom does not take part: 1,000 pays 50 and 30 to the next two."""
    given = plan(
        {
            "credit": {
                "to": "override",
                "levels": [
                    {"level": 1, "share": "0.05"},
                    {"level": 2, "share": "0.03"},
                    {"level": 3, "share": "0.02"},
                ],
                "compression": True,
            },
            "payout": {"kind": "rate", "rate": "1"},
        }
    )
    known = facts(
        sale("dan", "1000"),
        positions=[
            {"person": "dan", "manager": "cat", "from": "2026-01-01"},
            {"person": "cat", "manager": "bob", "from": "2026-01-01"},
            {"person": "bob", "manager": "ann", "from": "2026-01-01"},
            {"person": "ann", "manager": None, "from": "2026-01-01"},
        ],
        enrolments=[
            {"person": "dan", "from": "2026-01-01"},
            {"person": "bob", "from": "2026-01-01"},
            {"person": "ann", "from": "2026-01-01"},
        ],
    )

    assert paid(given, known) == {"ann": ["30.00"], "bob": ["50.00"]}


def test_overtime_is_half_of_the_regular_rate_with_the_bonus_in_it() -> None:
    """46 hours at 12 and a bonus of 46: 598 in all, 13 an hour; 6 hours of overtime add 6.50 each: 637."""
    given = plan(
        {
            "measure": {"kind": "sum", "of": "units"},
            "period": {"kind": "week"},
            "figures": {
                "straight": {
                    "kind": "formula",
                    "unit": "money",
                    "value": {
                        "add": [
                            {"multiply": [{"measure": True}, {"person": "hourly"}]},
                            {"person": "bonus"},
                        ]
                    },
                },
                "regular": {
                    "kind": "formula",
                    "unit": "money",
                    "value": {"divide": [{"figure": "straight"}, {"measure": True}]},
                },
                "over": {
                    "kind": "formula",
                    "value": {"max": ["0", {"subtract": [{"measure": True}, "40"]}]},
                },
            },
            "payout": {
                "kind": "formula",
                "value": {
                    "add": [
                        {"figure": "straight"},
                        {"multiply": ["0.5", {"figure": "regular"}, {"figure": "over"}]},
                    ]
                },
            },
        }
    )
    known = facts(
        sale("ann", day="2026-01-07", units="46", kind="hours"),
        as_of="2026-01-11",
        people=[{"person": "ann", "attributes": {"hourly": "12", "bonus": "46"}}],
    )

    assert paid(given, known) == {"ann": ["637.00"]}


def test_a_quota_of_a_quarter_of_the_year_is_a_quarter_of_it_by_30_360() -> None:
    """A quota of 120,000 from 1 October: 90 of 360 days, 30,000. 36,000 is 120 % of it; 1,000 x 1.2."""
    given = plan(
        {
            "period": {"kind": "year"},
            "payout": {"kind": "formula", "value": {"multiply": [{"attainment": True}, "1000"]}},
            "limits": {"proration": {"of": "quota", "days": "30/360"}},
        }
    )
    known = facts(
        sale("ann", "36000", day="2026-11-02"),
        as_of="2026-12-31",
        people=[{"person": "ann", "joined_on": "2026-10-01"}],
        quotas=[quota("ann", "120000", "2026-01-01", "2026-12-31")],
    )

    assert paid(given, known) == {"ann": ["1200.00"]}


def test_a_payout_curve_is_straight_between_its_points_and_ends_at_the_last() -> None:
    """50 % of quota pays nothing, 100 % the target, 150 % twice the target and no more.

    Target 5,000; 125, 180, 75 and 50 % of quota.
    """
    given = plan(
        {
            "payout": {
                "kind": "curve",
                "points": [
                    {"at": "0.5", "pays": "0"},
                    {"at": "1", "pays": "1"},
                    {"at": "1.5", "pays": "2"},
                ],
                "pays": "share_of_target",
                "target": "5000",
            }
        }
    )
    known = facts(
        sale("ann", "125"),
        sale("bob", "180"),
        sale("cat", "75"),
        sale("dan", "50"),
        quotas=[quota("ann", "100"), quota("bob", "100"), quota("cat", "100"), quota("dan", "100")],
    )

    assert paid(given, known) == {"ann": ["7500.00"], "bob": ["10000.00"], "cat": ["2500.00"]}


def test_a_rate_between_two_points_lies_on_the_line() -> None:
    """The rate grows from 4 % at 80 % of quota to 8 % at 120 %: at quota 6 % of 50,000."""
    given = plan(
        {
            "payout": {
                "kind": "curve",
                "points": [{"at": "0.8", "pays": "0.04"}, {"at": "1.2", "pays": "0.08"}],
                "pays": "rate",
            }
        }
    )
    known = facts(sale("ann", "50000"), quotas=[quota("ann", "50000")])

    assert paid(given, known) == {"ann": ["3000.00"]}


def test_a_quarter_paid_by_the_month_is_trued_up_when_its_quota_is_reached() -> None:
    """5 % of the quarter so far, 10 % of all of it from a quota of 30,000.

    500 and 250 are paid; 35,000 x 10 % - 750 = 2,750.
    """
    given = plan(
        {
            "period": {"kind": "month", "to_date": "quarter"},
            "payout": {
                "kind": "rate",
                "rate": "0.05",
                "tiers": {
                    "mode": "retroactive",
                    "on": "attainment",
                    "boundary": "inclusive",
                    "steps": [{"from": "1", "rate": "0.10"}],
                },
            },
        }
    )
    known = facts(
        sale("ann", "10000"),
        sale("ann", "5000", day="2026-02-10"),
        sale("ann", "20000", day="2026-03-10"),
        as_of="2026-03-31",
        quotas=[quota("ann", "30000", "2026-01-01", "2026-03-31")],
    )

    assert paid(given, known) == {"ann": ["500.00", "250.00", "2750.00"]}


def test_attainment_and_margin_meet_in_a_matrix() -> None:
    """At quota with a margin of 30 % the target of 2,000 counts 1.3 times; at 90 % with less 0.8 times."""
    given = plan(
        {
            "figures": {
                "profit": {"kind": "sum", "of": "attributes.profit"},
                "margin": {"kind": "ratio", "of": "profit", "to": "measure"},
            },
            "payout": {
                "kind": "matrix",
                "rows": {"value": {"attainment": True}, "from": ["0.8", "1"]},
                "columns": {"value": {"figure": "margin"}, "from": ["0", "0.3"]},
                "cells": [["0.8", "1"], ["1", "1.3"]],
                "pays": "multiplier",
                "target": "2000",
            },
        }
    )
    known = facts(
        sale("ann", "1000", attributes={"profit": "300"}),
        sale("bob", "900", attributes={"profit": "100"}),
        quotas=[quota("ann", "1000"), quota("bob", "1000")],
    )

    assert paid(given, known) == {"ann": ["2600.00"], "bob": ["1600.00"]}


def test_a_pool_is_shared_by_points() -> None:
    """1,000 among points of 3, 1 and 1, whoever sold what."""
    given = plan(
        {
            "measure": {"kind": "count"},
            "payout": {
                "kind": "pool",
                "amount": "1000",
                "by": "pro_rata",
                "on": {"person": "points"},
            },
        }
    )
    known = facts(
        people=[
            {"person": "ann", "attributes": {"points": "3"}},
            {"person": "bob", "attributes": {"points": "1"}},
            {"person": "cat", "attributes": {"points": "1"}},
        ],
        enrolments=[
            {"person": "ann", "from": "2026-01-01"},
            {"person": "bob", "from": "2026-01-01"},
            {"person": "cat", "from": "2026-01-01"},
        ],
    )

    assert paid(given, known) == {"ann": ["600.00"], "bob": ["200.00"], "cat": ["200.00"]}


def test_a_growth_rebate_pays_on_everything_bought() -> None:
    """3 % of all purchases of a year that grew by 10 %: 112,000 after 100,000 pays 3,360."""
    given = plan(
        {
            "effective": {"from": "2025-01-01"},
            "period": {"kind": "year"},
            "release": {"on": "period_end", "plus_days": 30},
            "figures": {"growth": {"kind": "growth", "of": "measure", "against": "previous_year"}},
            "payout": {
                "kind": "rate",
                "rate": {
                    "lookup": {"figure": "growth"},
                    "steps": [{"from": "0.1", "value": "0.03"}],
                },
            },
        }
    )
    known = facts(
        sale("shop", "100000", day="2025-06-01"),
        sale("shop", "112000", day="2026-06-01"),
        as_of="2026-12-31",
    )

    assert paid(given, known) == {"shop": ["3360.00"]}


def test_each_amount_is_converted_by_the_rate_of_its_day() -> None:
    """10 % of 1,000 dollars at 0.90 and of 1,000 at 0.95: 185 euros."""
    given = plan(
        {
            "measure": {"kind": "sum", "of": "amount", "convert": True},
            "payout": {"kind": "rate", "rate": "0.1"},
        }
    )
    known = facts(
        sale("ann", "1000", currency="USD"),
        sale("ann", "1000", day="2026-01-20", currency="USD"),
        rates=[
            {"currency": "USD", "rate": "0.90", "from": "2026-01-01"},
            {"currency": "USD", "rate": "0.95", "from": "2026-01-15"},
        ],
    )

    assert paid(given, known) == {"ann": ["185.00"]}


def test_a_kicker_holds_when_another_component_pays() -> None:
    """5 % of 10,000, times 1.1 when the bonus of 100 for an audit average of 90 is earned: 550 + 100."""
    given = plan(
        {
            "id": "quality",
            "name": "Quality",
            "measure": {"kind": "average", "of": "attributes.score"},
            "counts": {"field": "kind", "op": "eq", "value": "audit"},
            "payout": {"kind": "bonus", "milestones": [{"at": "90", "amount": "100"}]},
        },
        {
            "counts": {"field": "kind", "op": "eq", "value": "sale"},
            "payout": {
                "kind": "rate",
                "rate": "0.05",
                "times": {
                    "if": {"value": {"component": "quality"}, "is": "gt", "than": "0"},
                    "then": "1.1",
                    "else": "1",
                },
            },
        },
    )
    known = facts(
        sale("ann", "10000"),
        sale("ann", kind="audit", attributes={"score": "95"}),
        sale("ann", kind="audit", attributes={"score": "91"}),
    )

    assert paid(given, known) == {"ann": ["100.00", "550.00"]}


def test_the_quota_of_a_new_hire_grows_by_the_month() -> None:
    """25, 50 and 75 % of a quota of 40,000, then all of it; 2,000 at quota: 2,000 + 1,000 + 2,000 + 2,000."""
    given = plan(
        {
            "payout": {"kind": "formula", "value": {"multiply": ["2000", {"attainment": True}]}},
            "limits": {
                "ramp": [
                    {"months": 1, "quota": "0.25"},
                    {"months": 1, "quota": "0.5"},
                    {"months": 1, "quota": "0.75"},
                ]
            },
        }
    )
    known = facts(
        sale("ann", "10000"),
        sale("ann", "10000", day="2026-02-10"),
        sale("ann", "30000", day="2026-03-10"),
        sale("ann", "40000", day="2026-04-10"),
        as_of="2026-04-30",
        people=[{"person": "ann", "joined_on": "2026-01-01"}],
        quotas=[
            quota("ann", "40000"),
            quota("ann", "40000", "2026-02-01", "2026-02-28"),
            quota("ann", "40000", "2026-03-01", "2026-03-31"),
            quota("ann", "40000", "2026-04-01", "2026-04-30"),
        ],
    )

    assert paid(given, known) == {"ann": ["2000.00", "1000.00", "2000.00", "2000.00"]}


def test_points_for_what_was_bought_come_from_amounts_at_a_rate_of_one() -> None:
    """A point for each full 10 euros: amounts of a program of points are converted at 1."""
    given = plan(
        {
            "measure": {"kind": "sum", "of": "amount", "convert": True},
            "payout": {"kind": "tickets", "for_each": "10"},
        },
        currency="PTS",
    )
    known = facts(
        sale("ann", "95", currency="EUR"),
        rates=[{"currency": "EUR", "rate": "1", "from": "2026-01-01"}],
    )

    assert paid(given, known) == {"ann": ["9"]}


def test_what_is_taken_back_follows_the_schedule() -> None:
    """All within 3 months, half within 6, a quarter within 12: of 1,000, cancelled in the fifth, 500."""
    given = plan(
        {
            "payout": {"kind": "rate", "rate": "0.1"},
            "clawback": {
                "months": 12,
                "when": {"attribute": "cancelled_on"},
                "schedule": [
                    {"within_months": 3, "share": "1"},
                    {"within_months": 6, "share": "0.5"},
                    {"within_months": 12, "share": "0.25"},
                ],
            },
        }
    )
    known = facts(
        sale("ann", "10000", attributes={"cancelled_on": "2026-06-01"}), as_of="2026-06-30"
    )
    program = reading.read(given)

    earning = evaluate(program, facts_reading.read(known, program))[0]

    assert [(each.minor, each.state) for each in earning.portions] == [
        (100_000, "payable"),
        (-50_000, "clawed_back"),
    ]
