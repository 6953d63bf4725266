"""The values of each axis of the language, and the small world that the cases of the matrix stand in.

October: one sale of 500 with 5 units. November: one of 400 with 4 units (Gas) and one of 600 with 2
units (Power), all by ann. An export of 100 dollars counts only where it is converted. Everybody has
a quota of 1000 in each of the two months, so there is none to date since January. The payee is whom
the credit names.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

from app.engine import reading
from app.engine.document import Program
from app.engine.evaluate import Earning, evaluate
from app.engine.facts import Facts, read_facts
from app.kernel.money import Money

Json = dict[str, Any]

TABLE: Final = Path(__file__).with_name("matrix.txt")
SALE: Final[Json] = {"field": "kind", "op": "eq", "value": "sale"}
ANY: Final[Json] = {"field": "kind", "op": "in", "value": ["sale", "export"]}
MEASURE: Final[Json] = {"measure": True}

PAYEES: Final = {
    "direct": "ann",
    "split": "cal",
    "overlay": "eve",
    "override": "bob",
    "compressed": "bob",
    "upline": "ivy",
    "differential": "bob",
    "group": "fay",
}
FACTORS: Final = {
    "direct": "1",
    "split": "0.3",
    "overlay": "0.8",
    "override": "0.5",
    "compressed": "0.9",
    "upline": "0.25",
    "differential": "0.2",
    "group": "0.6",
}
CREDITS: Final[dict[str, Json]] = {
    "direct": {"to": "direct"},
    "split": {"to": "split", "by": "shares"},  # 0.7 for ann and 0.3 for cal stand on each sale
    "overlay": {"to": "overlay", "people": ["eve"], "share": "0.8"},
    # ann's manager is mia, who does not take part; hers is bob
    "override": {"to": "override", "levels": [{"level": 2, "share": "0.5"}]},
    "compressed": {
        "to": "override",
        "levels": [{"level": 1, "share": "0.9"}],
        "compression": True,
    },
    "upline": {"to": "upline", "levels": [{"level": 1, "share": "0.25"}]},
    # ann's rate is 0.05, mia has none, bob's is 0.25
    "differential": {"to": "differential", "rate": {"person": "own_rate"}},
    "group": {"to": "group", "group": "crew", "share": "0.6"},
}

_AMOUNT: Final[Json] = {"kind": "sum", "of": "amount"}
_UNITS: Final[Json] = {"kind": "sum", "of": "units"}
_MARGIN: Final[Json] = {"kind": "sum", "of": "attributes.margin", "unit": "money"}
_GAS: Final[Json] = {"field": "product", "op": "eq", "value": "Gas"}
_POWER: Final[Json] = {"field": "product", "op": "eq", "value": "Power"}

MEASURES: Final[dict[str, Json]] = {
    "amount": _AMOUNT,
    "units": _UNITS,
    "margin": _MARGIN,
    "converted": _AMOUNT | {"convert": True, "counts": ANY},
    "weighted": _AMOUNT | {"weights": [{"when": _GAS, "times": "2"}]},
    "to_date": _AMOUNT | {"window": {"to_date": "year"}},
    "rolling": _AMOUNT | {"window": {"rolling_days": 60}},
    "shifted": _AMOUNT | {"window": {"shift": "previous_period"}},
    "count": {"kind": "count"},
    "distinct": {"kind": "distinct", "of": "product"},
    "average": {"kind": "average", "of": "amount"},
    "highest": {"kind": "highest", "of": "amount"},
    "lowest": {"kind": "lowest", "of": "amount"},
    "points": {
        "kind": "points",
        "table": [{"when": _GAS, "points": "3"}, {"when": _POWER, "points": "5"}],
    },
    "formula": {
        "kind": "formula",
        "value": {"add": [{"figure": "sold"}, {"multiply": [{"figure": "units"}, "100"]}]},
        "unit": "money",
    },
    "mix": {
        "kind": "mix",
        "parts": [
            {"figure": "sold", "weight": "0.6", "over": "500"},
            {"figure": "units", "weight": "0.4", "over": "12"},
        ],
    },
    "ratio": {"kind": "ratio", "of": "margin", "to": "sold"},
    "growth": {"kind": "growth", "of": "sold", "against": "previous_period", "as": "amount"},
}
FIGURES: Final[Json] = {
    "sold": _AMOUNT,
    "units": _UNITS,
    "margin": _MARGIN,
    "sales": {"kind": "count"},
}

_STEP: Final[Json] = {"boundary": "inclusive", "steps": [{"from": "200", "rate": "0.2"}]}
PAYOUTS: Final[dict[str, Json]] = {
    "rate": {"kind": "rate", "rate": "0.1"},
    "marginal": {"kind": "rate", "rate": "0.1", "tiers": {"mode": "marginal", **_STEP}},
    "retroactive": {"kind": "rate", "rate": "0.1", "tiers": {"mode": "retroactive", **_STEP}},
    "attained": {
        "kind": "rate",
        "rate": "0.1",
        "tiers": {
            "mode": "retroactive",
            "on": "attainment",
            "boundary": "inclusive",
            "steps": [{"from": "0.5", "multiplier": "2"}],
        },
    },
    "computed": {"kind": "rate", "rate": {"person": "own_rate"}},
    "mandate": {
        "kind": "rate",
        "rate": {"mandate": True},
        "within": {"min": "0.01", "max": "0.05"},  # the agent set 0.07
    },
    "times": {"kind": "rate", "rate": "0.1", "times": ["1.5"]},
    "per_unit": {"kind": "per_unit", "amount": "2"},
    "unit_tier": {
        "kind": "per_unit",
        "amount": "2",
        "tiers": {
            "mode": "marginal",
            "boundary": "inclusive",
            "steps": [{"from": "3", "amount": "3"}],
        },
    },
    "bonus": {
        "kind": "bonus",
        "milestones": [{"at": "1", "amount": "50"}, {"at": "500", "amount": "30"}],
    },
    "fixed": {"kind": "fixed", "amount": "80"},
    "curve": {
        "kind": "curve",
        "on": "measure",
        "points": [{"at": "0", "pays": "0"}, {"at": "1000", "pays": "200"}],
    },
    "curve_attained": {
        "kind": "curve",
        "on": "attainment",
        "points": [{"at": "0.2", "pays": "20"}, {"at": "1", "pays": "100"}],
    },
    "matrix": {
        "kind": "matrix",
        "rows": {"value": MEASURE, "from": ["0", "100"]},
        "columns": {"value": {"figure": "sales"}, "from": ["0", "1"]},
        "cells": [["10", "20"], ["30", "40"]],
    },
    "pool": {"kind": "pool", "amount": "900"},
    "pool_rank": {"kind": "pool", "amount": "900", "by": "rank", "places": ["0.6", "0.4"]},
    "group_bonus": {
        "kind": "group_bonus",
        "group": "ours",
        "amount": "70",
        "when": {"value": MEASURE, "is": "gt", "than": "0"},
    },
    "tickets": {"kind": "tickets", "for_each": "100"},
    "award": {"kind": "award", "award": "A bicycle", "at": "1"},
    "formula": {"kind": "formula", "value": {"add": [{"multiply": [MEASURE, "0.1"]}, "5"]}},
}

_QUOTA_FLOOR: Final[Json] = {"floor": {"multiply": [{"quota": True}, "0.1"]}}
LIMITS: Final[dict[str, Json]] = {
    "none": {},
    "gate_open": {"gates": [{"person": "trained", "in": ["yes"]}]},
    "gate_closed": {"gates": [{"person": "trained", "in": ["no"]}]},
    "threshold": {"threshold": {"at": "2"}},
    "threshold_above": {"threshold": {"at": "2", "cliff": False}},
    "floor": {"floor": "75"},
    "cap_activity": {"caps": [{"amount": "40", "per": "activity"}]},
    "cap_period": {"caps": [{"amount": "60"}]},
    "cap_year": {"caps": [{"amount": "110", "per": "year"}]},
    "cap_person": {"caps": [{"amount": "100", "per": "person"}]},
    "cap_program": {"caps": [{"amount": "90", "per": "program"}]},
    "ramp": {"ramp": [{"months": 2, "quota": "0.25"}], **_QUOTA_FLOOR},
    "proration_quota": {"proration": {"of": "quota"}, **_QUOTA_FLOOR},
    "proration_pay": {"proration": {"of": "pay", "days": "30/360"}},
    "draw": {"draw": {"amount": "90", "recoverable": True}},
    "draw_forgiven": {"draw": {"amount": "90", "recoverable": False}},
    "guarantee": {"guarantee": {"amount": "85", "months": 2}},
    "round_to": {"round_to": "5"},
    "budget_stop": {},
    "budget_scale": {},
    "budget_warn": {},
    "holdback": {},
    "clawback": {},
}
COMPONENT_RULES: Final[dict[str, Json]] = {
    "cap_activity": {"period": {"kind": "activity"}},
    "holdback": {"holdback": {"share": "0.1", "until": {"days_after_period": 90}}},
    "clawback": {
        "clawback": {
            "months": 3,
            "when": {"attribute": "cancelled_on"},
            "schedule": [{"within_months": 3, "share": "0.5"}],
        }
    },
}
PROGRAM_RULES: Final[dict[str, Json]] = {
    "budget_stop": {"budget": {"amount": "120", "policy": "stop"}},
    "budget_scale": {"budget": {"amount": "120", "per": "period", "policy": "scale"}},
    "budget_warn": {"budget": {"amount": "120", "per": "period", "policy": "warn"}},
}
SHARED: Final = frozenset({"pool", "pool_rank"})
"""Payouts for which everybody who is credited takes part, not the payee alone."""
TOGETHER: Final = {"split": ["ann", "cal"], "group": ["fay", "gus"]}


@dataclass(frozen=True)
class Case:
    """One row of the table: a value of each axis, the arithmetic by hand, and what it pays."""

    credit: str
    measure: str
    payout: str
    limit: str
    arithmetic: str
    pays: str

    @property
    def payee(self) -> str:
        return PAYEES[self.credit]


def cases() -> list[Case]:
    """Read the table."""
    rows = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [Case(*(cell.strip() for cell in row.split("|"))) for row in rows[2:]]


def document(case: Case) -> Json:
    component: Json = {
        "id": "main",
        "name": "Main",
        "effective": {"from": "2026-10-01", "to": "2026-11-30"},
        "counts": SALE,
        "credit": CREDITS[case.credit],
        "measure": MEASURES[case.measure],
        "figures": FIGURES,
        "period": {"kind": "month"},
        "payout": PAYOUTS[case.payout],
    }
    if LIMITS[case.limit]:
        component["limits"] = LIMITS[case.limit]
    return {
        "schema": "laurel.program/1",
        "name": "Matrix",
        "currency": currency(case),
        "zone": "Europe/Rome",
        "groups": {"crew": {"people": ["fay", "gus"]}, "ours": {"people": [case.payee]}},
        "components": [component | COMPONENT_RULES.get(case.limit, {})],
    } | PROGRAM_RULES.get(case.limit, {})


def currency(case: Case) -> str:
    return "PTS" if case.payout == "tickets" else "EUR"


def facts(case: Case) -> Json:
    alone = [case.payee]
    people = TOGETHER.get(case.credit, alone) if case.payout in SHARED else alone
    until = "2026-11-15" if case.limit.startswith("proration") else "2026-11-30"
    return {
        "as_of": "2026-11-30",
        "positions": [
            {"person": "ann", "manager": "mia", "from": "2026-01-01"},
            {"person": "mia", "manager": "bob", "from": "2026-01-01"},
            {"person": "ann", "manager": "ivy", "from": "2026-01-01", "kind": "sub_agent"},
        ],
        "people": [
            {
                "person": person,
                "joined_on": "2026-10-01",
                "attributes": {
                    "trained": "yes",
                    "own_rate": {"ann": "0.05", "bob": "0.25"}.get(person, "0.15"),
                },
            }
            for person in sorted({*people, "ann"})
        ],
        "enrolments": [{"person": each, "from": "2026-10-01", "to": until} for each in people],
        "quotas": [
            {"person": each, "from": first, "to": last, "target": "1000"}
            for each in people
            for first, last in (("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-11-30"))
        ],
        "rates": [{"currency": "USD", "rate": "0.9", "from": "2026-01-01"}],
        "mandates": [
            {"agent": "ivy", "sub_agent": each, "rate": "0.07", "from": "2026-01-01"}
            for each in people
        ],
        "activities": [
            _sale("o1", "2026-10-05", amount="500", units="5", product="Gas", margin="100"),
            _sale("a1", "2026-11-02", amount="400", units="4", product="Gas", margin="100"),
            _sale("a2", "2026-11-09", amount="600", units="2", product="Power", margin="200"),
            _sale("x1", "2026-11-03", amount="100", units="1", product="Gas", margin="50")
            | {"kind": "export", "currency": "USD"},
        ],
    }


def _sale(ident: str, day: str, *, margin: str, **fields: str) -> Json:
    cancelled = {"cancelled_on": "2026-11-20"} if ident == "a2" else {}
    return {
        "id": ident,
        "occurred_at": f"{day}T10:00:00+01:00",
        "person": "ann",
        "attributes": {"margin": margin, **cancelled},
        "shares": [{"person": "ann", "share": "0.7"}, {"person": "cal", "share": "0.3"}],
        **fields,
    }


@cache
def program(case: Case) -> Program:
    return reading.read(document(case))


@cache
def stated(case: Case) -> Facts:
    return read_facts(facts(case))


@cache
def earnings(case: Case) -> list[Earning]:
    return evaluate(program(case), stated(case))


def earning(case: Case) -> Earning | None:
    """Return what the payee earns in November, or for the second sale where each pays alone."""
    found = earnings(case)
    wanted = "a2" if case.limit == "cap_activity" else "2026-11"
    return next(
        (each for each in found if each.payee == case.payee and each.period == wanted), None
    )


def paid(case: Case, found: Earning | None) -> Fraction:
    """Return the amount in major units, less what was taken back."""
    if found is None:
        return Fraction(0)
    taken = sum(part.minor for part in found.portions if part.state == "clawed_back")
    return Fraction(Money(found.outcome.amount_minor + taken, currency(case)).decimal)


def portioned(found: Earning) -> int:
    """Return what the portions of an earning sum to; all of it where there are none."""
    earned = [part.minor for part in found.portions if part.state != "clawed_back"]
    return sum(earned) if earned else found.outcome.amount_minor


def most_paid(case: Case, found: list[Earning]) -> Fraction:
    """Return the most that anybody gets, or all together, in all periods or in one."""
    together: dict[tuple[str, str], Fraction] = {}
    for each in found:
        payee = "" if case.limit in {"cap_program", "budget_stop"} else each.payee
        period = each.period if case.limit == "cap_period" else ""
        place = (payee, period)
        together[place] = together.get(place, Fraction(0)) + paid(case, each)
    return max(together.values(), default=Fraction(0))
