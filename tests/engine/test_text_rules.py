"""How a program says its credit, payouts, limits and timing, in the English rendering."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine import english, text
from app.engine.codes import TEXTS
from tests.engine.documents import component_json, per_unit, program, rate

GROUPS = {"north": {"people": ["ann"]}}
QUOTA_MET = {"value": {"attainment": True}, "is": "ge", "than": "1", "says": "the quota is met"}
CURVE = {"kind": "curve", "points": [{"at": "0.8", "pays": "0.5"}, {"at": "1", "pays": "1"}]}
MATRIX = {
    "kind": "matrix",
    "rows": {"value": {"attainment": True}, "from": ["0"]},
    "columns": {"value": {"figure": "calls"}, "from": ["5"]},
    "cells": [["2"]],
}
CALLS = {"calls": {"kind": "count"}}


def said(payout: Any, wanted: str | tuple[str, ...], **changes: Any) -> list[str]:
    """Return what a component says in sentences whose code begins with `wanted`."""
    whole = changes.pop("program", {})
    plan = program(component_json(payout, **changes), groups=GROUPS, **whole)
    sentences = text.sentences(plan)
    for sentence in sentences:
        assert set(sentence.params) == set(TEXTS[sentence.code].params)
    return [english.describe([each]) for each in sentences if each.code.startswith(wanted)]


@pytest.mark.parametrize(
    ("credit", "expected"),
    [
        (
            {"to": "upline", "levels": [{"level": 1, "share": "0.5"}], "compression": True},
            [
                "50% of the sale counts for the agent at level 1.",
                "Who does not take part is skipped and uses up no level.",
            ],
        ),
        (
            {
                "to": "split",
                "by": "roles",
                "default": [
                    {"role": "seller", "share": "0.7"},
                    {"person": "sue", "share": "0.3"},
                ],
            },
            [
                "It is split by the shares on the sale.",
                "Without any, 70% of it counts for seller.",
                "Without any, 30% of it counts for sue.",
            ],
        ),
        (
            {"to": "overlay", "people": ["sue"], "role": "engineer"},
            [
                "100% of it counts for sue, on top.",
                "100% of it counts for engineer, on top.",
            ],
        ),
        ({"to": "group", "group": "north"}, ["100% of it counts for every member of north."]),
        (
            {"to": "differential", "rate": {"person": "rate"}, "include_seller": True},
            [
                "Those above are credited with what their rate (rate) is more than those below.",
                "The seller comes first, with the own rate.",
            ],
        ),
        (
            {"to": "differential", "rate": {"person": "rate"}},
            ["Those above are credited with what their rate (rate) is more than those below."],
        ),
    ],
)
def test_credit_is_said(credit: dict[str, Any], expected: list[str]) -> None:
    assert said(rate("0.1"), "credit", credit=credit) == expected


@pytest.mark.parametrize(
    ("payout", "wanted", "expected"),
    [
        ({"kind": "fixed", "amount": "50"}, "fixed", ["You get 50.00 EUR in month."]),
        (
            {"kind": "formula", "value": {"multiply": [{"measure": True}, "0.1"]}},
            "formula",
            ["You get measure x 0.1 in month."],
        ),
        (
            rate("0.05") | {"times": ["1.5", {"figure": "calls"}]},
            "times",
            ["All of it is multiplied by 1.5.", "All of it is multiplied by calls."],
        ),
        (
            {"kind": "rate", "rate": {"person": "rate"}}
            | {"tiers": rate("0", ("10", "x2"), ("20", "0.2"))["tiers"]},
            ("rate", "from"),
            ["You get rate of units in month.", "From 10 on, what follows pays x 2.",
             "From 20 on, what follows pays 20%."],
        ),
        (
            {"kind": "rate", "rate": {"mandate": True}, "within": {"min": "0.01", "max": "0.05"}},
            "mandated",
            ["Your agent sets what you get.", "Your agent sets it between 1% and 5%."],
        ),
        ({"kind": "per_unit", "amount": {"mandate": True}}, "mandated",
         ["Your agent sets what you get."]),
        (
            CURVE | {"pays": "share_of_target", "target": "900", "beyond": "extend"},
            "curve",
            [
                "The target is 900.00 EUR in month.",
                "At 80% it pays 50%.",
                "At 100% it pays 100%.",
                "In between it pays on a straight line.",
                "Below, it pays nothing.",
                "Beyond, the line goes on.",
            ],
        ),
        (
            CURVE | {"on": "measure", "below": "flat"},
            "curve",
            [
                "At 0.8 it pays 0.50 EUR.",
                "At 1 it pays 1.00 EUR.",
                "In between it pays on a straight line.",
                "Beyond, it pays no more.",
            ],
        ),
        (
            MATRIX | {"pays": "multiplier", "target": "100"},
            "matrix",
            [
                "It pays by attainment and calls in month.",
                "From 0 and 5 on, 2.",
                "That is times 100.00 EUR.",
            ],
        ),
        (MATRIX, "matrix_c", ["From 0 and 5 on, 2.00 EUR."]),
        (
            {"kind": "pool", "amount": "100"},
            "pool",
            ["In month 100.00 EUR is shared in proportion to units."],
        ),
        (
            {"kind": "pool", "amount": "100", "by": "equal", "on": {"figure": "calls"},
             "among": "north"},
            "pool",
            ["In month 100.00 EUR is shared equally by all with calls.",
             "Only members of north share it."],
        ),
        (
            {"kind": "pool", "by": "rank", "places": ["25", "15"]},
            "pool",
            [
                "In month places have prizes, best units first.",
                "Place 1 gets 25.00 EUR.",
                "Place 2 gets 15.00 EUR.",
            ],
        ),
        (
            {"kind": "pool", "amount": "100", "by": "rank", "places": ["0.6"]},
            "pool",
            ["In month 100.00 EUR is shared by places, best units first.", "Place 1 gets 60%."],
        ),
        (
            {"kind": "group_bonus", "group": "north", "amount": "100", "when": QUOTA_MET},
            "group",
            [("Each member of north gets 100.00 EUR in month when for all of them: "
             "the quota is met.")],
        ),
        (
            {"kind": "group_bonus", "group": "north", "amount": "100", "when": QUOTA_MET,
             "shared": True},
            "group",
            [("All members of north share 100.00 EUR in month when for all of them: "
             "the quota is met.")],
        ),
        (
            {"kind": "award", "award": "A bike", "at": "1.2", "on": "attainment"},
            "award",
            ["At 120% in month you get: A bike."],
        ),
    ],
)  # fmt: skip
def test_a_payout_is_said(payout: dict[str, Any], wanted: Any, expected: list[str]) -> None:
    measure = {"kind": "sum", "of": "attributes.seats"}

    found = said(payout, wanted, figures=CALLS, measure=measure)

    assert [each.replace("attributes.seats", "units") for each in found] == expected


def test_tickets_are_said() -> None:
    tickets = {"kind": "tickets", "for_each": "10"}

    found = said(tickets, "tickets", program={"currency": "PTS"}, measure={"kind": "count"})

    assert found == ["One ticket for 10 of count in month."]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (
            {"ramp": [{"months": 3, "quota": "0.5"}]},
            "For 3 months of a newcomer, 50% of the quota.",
        ),
        ({"gates": [QUOTA_MET]}, "Only paid when: the quota is met."),
        ({"threshold": {"at": "10"}}, "Below 10 nothing is paid."),
        (
            {"threshold": {"at": "0.8", "on": "attainment", "cliff": False}},
            "Only what lies above 80% is paid.",
        ),
        ({"floor": "100"}, "At least 100.00 EUR is paid."),
        ({"caps": [{"amount": "9", "per": "person"}]}, "At most 9.00 EUR for one person."),
        (
            {"caps": [{"amount": {"person": "top"}}]},
            "At most top in a period.",
        ),
        (
            {"draw": {"amount": "500", "recoverable": True}},
            "Up to 500.00 EUR is paid ahead, and worked off later.",
        ),
        (
            {"draw": {"amount": "500", "recoverable": False}},
            "Up to 500.00 EUR is paid ahead, and not owed.",
        ),
        ({"guarantee": {"amount": "500"}}, "500.00 EUR are guaranteed."),
        (
            {"guarantee": {"amount": "500", "months": 3}},
            "500.00 EUR are guaranteed for 3 months.",
        ),
        ({"round_to": "5"}, "Amounts are rounded to 5.00 EUR."),
        (
            {"proration": {"of": "pay"}},
            "For part of a period the pay is that part (actual/actual).",
        ),
        (
            {"proration": {"of": "quota"}},
            "For part of a period the quota is that part (actual/actual).",
        ),
    ],
)
def test_a_limit_is_said(limits: dict[str, Any], expected: str) -> None:
    assert expected in said(per_unit("1"), "", limits=limits)


def test_both_prorations_are_said() -> None:
    assert len(said(per_unit("1"), "prorated", limits={"proration": {"of": "both"}})) == 2


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ({"days_after_period": 9}, "50% of it waits until 9 days after the period."),
        ({"days_after": 9}, "50% of it waits 9 days."),
        ({"on_day": "2026-12-24"}, "50% of it waits until 2026-12-24."),
        ({"attribute": "paid_on"}, "50% of it waits until paid_on."),
        ({"clawback_end": True}, "50% of it waits until it is safe."),
        ({"test": QUOTA_MET}, "50% of it waits until: the quota is met."),
    ],
)
def test_what_pay_waits_for_is_said(until: dict[str, Any], expected: str) -> None:
    hold = {"share": "0.5", "until": until}
    back = {"months": 3, "when": {"attribute": "left_on"}}

    assert said(per_unit("1"), "held", holds=[hold], clawback=back) == [expected]
    assert said(per_unit("1"), "held", holdback=hold, clawback=back) == [expected]


def test_how_pay_is_taken_back_is_said() -> None:
    schedule = [
        {"within_months": 3, "share": "0.5"},
        {"within_months": 12, "share": "monthly"},
    ]
    back = {"months": 12, "when": {"attribute": "left_on"}, "schedule": schedule}

    assert said(per_unit("1"), "taken", clawback=back) == [
        "It is taken back after left_on within 12 months.",
        "Within 3 months, 50% of it.",
        "Within 12 months, a part for each month not begun.",
    ]
    by_days = {"days": 30, "when": {"attribute": "left_on"}}
    assert said(per_unit("1"), "taken", clawback=by_days) == [
        "It is taken back after left_on within 30 days."
    ]


def test_the_program_says_its_budget_and_caps_last() -> None:
    whole = {
        "budget": {"amount": "1000", "policy": "stop"},
        "caps": [
            {"amount": "100", "per": "person_period", "period": "month"},
            {"amount": "500", "per": "program"},
        ],
    }

    assert said(per_unit("1"), "", program=whole)[-3:] == [
        "The budget of 1,000.00 EUR by program goes first come first.",
        "A person gets at most 100.00 EUR in month.",
        "All together get at most 500.00 EUR.",
    ]


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ({"kind": "sum", "of": "attributes.margin"}, "f is sum(margin)."),
        ({"kind": "count"}, "f is count()."),
        (
            {"kind": "points", "table": [{"when": {"all": []}, "points": "1"}], "times": "units"},
            "f is points(units).",
        ),
        ({"kind": "formula", "value": {"add": ["1", {"figure": "calls"}]}}, "f is 1 + calls."),
        (
            {"kind": "mix", "parts": [{"figure": "calls", "weight": "0.5", "over": "9"}]},
            "f is 0.5 x calls / 9.",
        ),
        ({"kind": "ratio", "of": "calls", "to": "measure"}, "f is calls / measure."),
        (
            {"kind": "growth", "of": "calls", "against": "previous_period"},
            "f is growth(calls).",
        ),
    ],
)
def test_a_figure_is_said(figure: dict[str, Any], expected: str) -> None:
    assert expected in said(per_unit("1"), "figure", figures=CALLS | {"f": figure})


def test_a_computed_measure_is_named_by_its_formula() -> None:
    doubled = {"kind": "formula", "value": {"multiply": ["2", {"figure": "calls"}]}}

    found = said(per_unit("5"), "unit", figures=CALLS, measure=doubled)

    assert found == ["You get 5.00 EUR for 2 x calls in month."]
