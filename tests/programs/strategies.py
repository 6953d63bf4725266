"""Random programs and random companies: small, but over every axis of the language.

Everything is plain JSON in which people are called p0 to p4, so that a failing case can be read and
kept. `documents` builds documents that are valid; `worlds` what happens while they pay.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from hypothesis import strategies as st

Json = dict[str, Any]

PEOPLE: Final = ["p0", "p1", "p2", "p3", "p4"]
FIRST: Final = date(2026, 9, 14)
TODAY: Final = date(2026, 12, 20)

people = st.sampled_from(PEOPLE)
days = st.integers(0, 90).map(lambda nth: FIRST + timedelta(days=nth))
numbers = st.integers(-30_000_000, 90_000_000).map(lambda micros: f"{micros / 1_000_000:.6f}")
shares = st.sampled_from(["1", "0.5", "0.333333", "0.04"])

GAS: Final[Json] = {"field": "product", "op": "eq", "value": "Gas"}
LARGE: Final[Json] = {"field": "amount", "op": "gt", "value": "20.5"}
POINTS: Final[Json] = {"field": "attributes.points", "op": "ge", "value": 4}
MEASURE: Final[Json] = {"measure": True}

conditions = st.sampled_from(
    [GAS, LARGE, POINTS, {"not": GAS}, {"any": [POINTS, LARGE]},
     {"field": "attributes.partner", "op": "exists", "value": True}]
)  # fmt: skip


# --- who is credited ---------------------------------------------------------------------------


FOUND_BY_QUERIES: Final = ("direct", "override", "upline", "split", "overlay", "group")


@st.composite
def credit_rules(
    draw: st.DrawFn, kinds: tuple[str, ...] = (*FOUND_BY_QUERIES, "direct", "differential")
) -> Json:
    kind = draw(st.sampled_from(kinds))
    if kind in {"override", "upline"}:
        levels = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True))
        found: Json = {"levels": [{"level": each, "share": draw(shares)} for each in levels]}
        if draw(st.booleans()):
            found["compression"] = True
        return {"to": kind} | found
    if kind == "split":
        parts = draw(st.sampled_from([["1"], ["0.6", "0.4"], ["0.333333", "0.333333", "0.333334"]]))
        whose = st.sampled_from([{"role": "seller"}, {"role": "partner"}, {"person": "p4"}])
        default = [draw(whose) | {"share": share} for share in parts]
        return {"to": "split", "by": draw(st.sampled_from(["shares", "roles"])), "default": default}
    if kind == "overlay":
        named = draw(st.lists(people, max_size=2))
        return {"to": "overlay", "people": named, "role": "partner", "share": draw(shares)}
    if kind == "group":
        return {"to": "group", "group": draw(groups_named), "share": draw(shares)}
    if kind == "differential":
        steps = {"lookup": {"figure": "own"}, "steps": [{"from": "30", "value": "0.1"}]}
        rate = draw(st.sampled_from([{"person": "rate"}, steps]))
        return {"to": kind, "rate": rate, "include_seller": draw(st.booleans())}
    return {"to": kind}


groups_named = st.sampled_from(["team", "list", "seniors"])
GROUPS: Final[Json] = {
    "team": {"team_of": "p1"},
    "list": {"people": ["p0", "p3"]},
    "seniors": {"where": {"field": "attributes.grade", "op": "eq", "value": "senior"}},
}


# --- what is measured --------------------------------------------------------------------------

_AMOUNT: Final[Json] = {"kind": "sum", "of": "amount"}
FIGURES: Final[Json] = {
    "own": {"kind": "sum", "of": "amount", "credit": {"to": "direct"}},
    "deals": {"kind": "count"},
    "margin": {"kind": "sum", "of": "attributes.margin", "unit": "money"},
}
windows = st.sampled_from(
    [{"to_date": "year"}, {"to_date": "quarter"}, {"to_date": "month"}, {"to_date": "effective"},
     {"rolling_days": 40}, {"shift": "previous_period"}, {"shift": "previous_year"}]
)  # fmt: skip


@st.composite
def tallied(draw: st.DrawFn, kinds: tuple[str, ...]) -> Json:
    kind = draw(st.sampled_from(kinds))
    found: Json = {"kind": kind}
    if kind in {"sum", "average", "highest", "lowest"}:
        found["of"] = draw(st.sampled_from(["amount", "amount", "units", "attributes.margin"]))
        if draw(st.booleans()):
            found["convert"] = True
    if kind == "sum" and draw(st.integers(0, 2)) == 0:
        found["weights"] = [
            {"when": draw(conditions), "times": draw(st.sampled_from(["2", "0.3"]))}
        ]
    if kind == "distinct":
        found["of"] = draw(st.sampled_from(["customer", "product", "attributes.points"]))
    if kind == "points":
        found["table"] = [{"when": GAS, "points": "3"}, {"when": LARGE, "points": "-1.5"}]
        if draw(st.booleans()):
            found["times"] = "units"
    return found | draw(reached())


@st.composite
def reached(draw: st.DrawFn) -> Json:
    """What a figure of activities may carry: its own condition, credit, window and scope."""
    found: Json = {}
    if draw(st.integers(0, 3)) == 0:
        found["where"] = draw(conditions)
    if draw(st.integers(0, 3)) == 0:
        found["window"] = draw(windows)
    if draw(st.integers(0, 4)) == 0:
        found["whose"] = draw(st.sampled_from(["everybody", {"group": "team"}, {"group": "list"}]))
    return found


_DERIVED: Final[list[Json]] = [
    {"kind": "formula", "unit": "money", "value": {"add": [{"figure": "own"}, {"multiply": [
        {"figure": "deals"}, "10"]}]}},
    {"kind": "formula", "unit": "money", "value": {"add": [{"figure": "own"}, {"previous": {
        "figure": "own"}}]}},
    {"kind": "mix", "parts": [{"figure": "own", "weight": "0.6", "over": "50"},
                              {"figure": "deals", "weight": "0.4"}]},
    {"kind": "ratio", "of": "margin", "to": "deals"},
    {"kind": "growth", "of": "own", "against": "previous_period", "as": "amount"},
]  # fmt: skip


@st.composite
def measures(draw: st.DrawFn) -> Json:
    if draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(_DERIVED))
    kinds = ("sum", "sum", "sum", "count", "distinct", "average", "highest", "lowest", "points")
    return draw(tallied(kinds))


# --- over which time ---------------------------------------------------------------------------


@st.composite
def periods(draw: st.DrawFn) -> Json:
    found: Json = draw(st.sampled_from(_PERIODS))
    if found["kind"] in {"week", "month", "quarter", "retail"} and draw(st.integers(0, 5)) == 0:
        return found | {"to_date": draw(st.sampled_from(["year", "quarter", "effective"]))}
    return found


_PERIODS: Final[list[Json]] = [
    {"kind": "month"}, {"kind": "month"}, {"kind": "week"}, {"kind": "quarter"}, {"kind": "year"},
    {"kind": "half_year"}, {"kind": "window"}, {"kind": "quota"}, {"kind": "activity"},
    {"kind": "rolling", "days": 17},
    {"kind": "retail", "weeks": "4-4-5", "starts_on": ["2026-02-01"]},
    {"kind": "custom", "spans": [{"from": "2026-09-20", "to": "2026-10-15"},
                                 {"from": "2026-10-25", "to": "2026-12-01"}]},
]  # fmt: skip
_EFFECTIVE: Final[list[Json]] = [
    {"from": "2026-01-01", "to": "2026-12-31"},
    {"from": "2026-09-22", "to": "2026-11-18"},
    {"from": "2026-10-05"},
]


# --- what it pays ------------------------------------------------------------------------------


@st.composite
def tiers(draw: st.DrawFn, price: str) -> Json:
    on = draw(st.sampled_from(["measure", "attainment"]))
    places = ["0.5", "1.1"] if on == "attainment" else ["3", "40.5"]
    new = st.sampled_from([{price: "0.07"}, {price: "0"}, {"multiplier": "1.5"}])
    return {
        "mode": draw(st.sampled_from(["marginal", "retroactive"])),
        "on": on,
        "boundary": draw(st.sampled_from(["inclusive", "exclusive"])),
        "steps": [{"from": at} | draw(new) for at in places],
    }


@st.composite
def payouts(draw: st.DrawFn, measure: Json) -> Json:
    kind = draw(st.sampled_from(_kinds_for(measure)))
    found: Json = {"kind": kind}
    if kind in {"rate", "per_unit"}:
        price = "rate" if kind == "rate" else "amount"
        computed: list[Any] = [{"person": "rate"}, {"mandate": True, "default": "0.01"}]
        found[price] = draw(st.sampled_from(["0.05", "0.0437", "1.3333", *computed]))
        if draw(st.booleans()):
            found["tiers"] = draw(tiers(price))
    else:
        found |= draw(st.sampled_from(_PAYOUTS[kind]))
    if draw(st.integers(0, 5)) == 0:
        found["times"] = draw(st.sampled_from(["1.25", ["1.5", {"person": "rate"}]]))
    return found


def _kinds_for(measure: Json) -> list[str]:
    kind, of = measure["kind"], measure.get("of")
    things = kind in {"count", "distinct"} or (kind == "sum" and of == "units")
    money = (
        of == "amount" and kind != "growth" if measure.get("unit") is None
        else measure["unit"] == "money"
    )  # fmt: skip
    found = [*_PAYOUTS, "rate", "rate", "per_unit", "per_unit"]
    return [
        each
        for each in found
        if not (each == "rate" and things) and not (each == "per_unit" and money)
    ]


_PAYOUTS: Final[dict[str, list[Json]]] = {
    "bonus": [
        {"milestones": [{"at": "2", "amount": "50"}, {"at": "60", "amount": "30.55"}]},
        {"on": "attainment", "milestones": [{"at": "0.4", "amount": "50"}]},
    ],
    "fixed": [
        {"amount": "80"},
        {"amount": {"multiply": [{"days": "worked"}, "0.77"]}},
        {"amount": {"if": {"value": {"rank": "measure"}, "is": "le", "than": "2"}, "then": "75"}},
    ],
    "curve": [
        {"on": "measure", "points": [{"at": "0", "pays": "0"}, {"at": "70", "pays": "33"}]},
        {"points": [{"at": "0.2", "pays": "20"}, {"at": "1", "pays": "100"}], "beyond": "extend"},
    ],
    "matrix": [
        {"rows": {"value": MEASURE, "from": ["0", "25"]},
         "columns": {"value": {"figure": "deals"}, "from": ["0", "2"]},
         "cells": [["10", "20"], ["30", "40.25"]]},
    ],
    "pool": [
        {"amount": "900"},
        {"amount": "500", "by": "rank", "places": ["0.6", "0.4"]},
        {"amount": "100", "by": "equal", "among": "team"},
    ],
    "group_bonus": [
        {"group": "list", "amount": "70", "when": {"value": MEASURE, "is": "gt", "than": "5"}},
        {"group": "team", "amount": "70", "shared": True,
         "when": {"value": MEASURE, "is": "ge", "than": "0"}},
    ],
    "award": [{"award": "A bicycle", "at": "1"}],
    "formula": [{"value": {"add": [{"multiply": [MEASURE, "0.1"]}, "5"]}}],
}  # fmt: skip


# --- within which limits, and when --------------------------------------------------------------

_GATES: Final[list[Json]] = [
    {"value": {"figure": "deals"}, "is": "ge", "than": "2"},
    {"person": "grade", "in": ["senior"]},
]
_LIMITS: Final[list[Json]] = [
    {"caps": [{"amount": "1.20", "per": "activity"}]},
    {"gates": _GATES[:1]},
    {"gates": _GATES[1:]},
    {"threshold": {"at": "12"}},
    {"threshold": {"at": "12", "cliff": False}},
    {"threshold": {"at": "0.3", "on": "attainment"}},
    {"floor": "2.5"},
    {"caps": [{"amount": "60"}]},
    {"caps": [{"amount": "90", "per": "year"}, {"amount": "30"}]},
    {"caps": [{"amount": "100", "per": "person"}]},
    {"caps": [{"amount": "150", "per": "program"}]},
    {"ramp": [{"months": 2, "quota": "0.25"}]},
    {"proration": {"of": "quota"}},
    {"proration": {"of": "both", "days": "30/360"}},
    {"proration": {"of": "pay", "days": "working_days"}},
    {"draw": {"amount": "20", "recoverable": True}},
    {"draw": {"amount": "20", "recoverable": True, "limit": "30", "months": 2}},
    {"draw": {"amount": "20", "recoverable": False}},
    {"guarantee": {"amount": "15", "months": 3}},
    {"round_to": "0.5"},
]
_TIMINGS: Final[list[Json]] = [
    {"release": {"on": "weekday", "weekday": 5}},
    {"release": {"on": "period_end", "plus_days": 10}},
    {"holdback": {"share": "0.1", "until": {"days_after_period": 20}}},
    {"holds": [{"share": "0.5", "until": {"attribute": "paid_on"}},
               {"share": "0.3", "until": {"days_after": 30}}]},
    {"clawback": {"months": 3, "when": {"attribute": "cancelled_on"},
                  "schedule": [{"within_months": 1, "share": "1"},
                               {"within_months": 3, "share": "monthly"}]}},
    {"clawback": {"days": 20, "when": {"attribute": "cancelled_on"}},
     "holdback": {"share": "0.4", "until": {"clawback_end": True}}},
]  # fmt: skip
_BOUNDS: Final[list[Json]] = [
    {"budget": {"amount": "120", "policy": "stop"}},
    {"budget": {"amount": "120", "per": "period", "policy": "stop"}},
    {"budget": {"amount": "150", "per": "period", "policy": "scale"}},
    {"budget": {"amount": "150", "policy": "warn"}},
    {"caps": [{"amount": "90", "per": "person"}]},
    {"caps": [{"amount": "200", "per": "program"}]},
    {"caps": [{"amount": "60", "per": "person_period", "period": "month"}]},
]


@st.composite
def plain_components(draw: st.DrawFn, nth: int) -> Json:
    """Return a component that is paid by one total and one quota alone: summed, not settled."""
    measure: Json = draw(st.sampled_from([{"kind": "count"}, _AMOUNT, _AMOUNT | {"convert": True}]))
    if measure["kind"] == "sum" and draw(st.booleans()):
        measure = measure | {"weights": [{"when": draw(conditions), "times": "0.3"}]}
    price = "amount" if measure["kind"] == "count" else "rate"
    kind = "per_unit" if measure["kind"] == "count" else "rate"
    paid: Json = {"kind": kind, price: draw(st.sampled_from(["0.05", "1.3333"]))}
    return {
        "id": f"c{nth}",
        "name": f"Component {nth}",
        "effective": draw(st.sampled_from(_EFFECTIVE[:2])),
        "credit": draw(credit_rules(FOUND_BY_QUERIES)),
        "measure": measure,
        "period": draw(st.sampled_from(_PERIODS[:8])),
        "payout": draw(
            st.sampled_from(
                [
                    paid,
                    paid | {"tiers": draw(tiers(price))},
                    {"kind": "bonus"} | _PAYOUTS["bonus"][1],
                ]
            )
        ),
    } | ({"counts": draw(conditions)} if draw(st.booleans()) else {})


@st.composite
def components(draw: st.DrawFn, nth: int) -> Json:
    if draw(st.integers(0, 2)) == 0:
        return draw(plain_components(nth))
    measure = draw(measures())
    found: Json = {
        "id": f"c{nth}",
        "name": f"Component {nth}",
        "effective": draw(st.sampled_from(_EFFECTIVE)),
        "credit": draw(credit_rules()),
        "measure": measure,
        "period": draw(periods()),
        "payout": draw(payouts(measure)),
    }
    if found["period"]["kind"] == "window":
        found["effective"] = draw(st.sampled_from(_EFFECTIVE[:2]))
    if draw(st.integers(0, 2)) == 0:
        found["counts"] = draw(conditions)
    has_figures = draw(st.booleans())
    figures = dict(FIGURES) if has_figures or _refers(found) else {}
    has_more: bool = draw(st.booleans())
    if figures and has_more:
        figures["more"] = draw(tallied(("sum", "distinct", "highest", "lowest", "average")))
    if draw(st.booleans()):
        allowed = st.sampled_from(_LIMITS if _is_own(found) else _LIMITS[1:])
        parts = draw(st.lists(allowed, min_size=1, max_size=2))
        found["limits"] = {name: rule for part in parts for name, rule in part.items()}
    if found.get("limits", {}).get("gates") == _GATES[:1]:
        figures = figures or dict(FIGURES)
    if figures:
        found["figures"] = figures
    if draw(st.integers(0, 3)) == 0:
        found |= draw(st.sampled_from(_TIMINGS))
    return found


def _is_own(component: Json) -> bool:
    """Tell whether it can be told what one activity brought to its payee."""
    own = component["measure"].get("whose") is None and component["measure"] not in _DERIVED
    return own and component["payout"]["kind"] not in {"pool", "group_bonus"}


def _refers(component: Json) -> bool:
    text = str([component["measure"], component["payout"], component["credit"]])
    return any(f"'{name}'" in text for name in FIGURES)


@st.composite
def documents(draw: st.DrawFn) -> Json:
    """Return a valid document of one to three components, in euros, with days of Rome."""
    count = draw(st.integers(1, 3))
    found: Json = {
        "schema": "laurel.program/1",
        "name": "Drawn",
        "currency": "EUR",
        "zone": "Europe/Rome",
        "rounding": {"mode": draw(st.sampled_from(["half_even", "half_up", "down", "up"]))},
        "groups": GROUPS,
        "components": [draw(components(nth)) for nth in range(count)],
    }
    if count > 1 and draw(st.booleans()):
        amount = {"add": [{"multiply": [{"component": "c0"}, "0.5"]}, {"days": "period"}]}
        found["components"][1]["payout"] = {"kind": "fixed", "amount": amount}
    if draw(st.integers(0, 3)) == 0:
        found |= draw(st.sampled_from(_BOUNDS))
    return found


# --- what happens -------------------------------------------------------------------------------


@st.composite
def activities(draw: st.DrawFn, nth: int) -> Json:
    """Return one activity, at a minute of its own."""
    day = draw(days)
    found: Json = {
        "id": f"X{nth}",
        "occurred_at": f"{day}T{draw(st.sampled_from(['07', '22']))}:{nth:02}:00Z",
        "person": draw(people),
        "amount": draw(numbers),
        "currency": draw(st.sampled_from(["EUR", "EUR", "EUR", "USD", "CHF"])),
        "units": draw(st.sampled_from(["1", "1", "2", "0.5", "-1"])),
    }  # fmt: skip
    for name, values in (("product", ["Gas", "Power"]), ("customer", ["c1", "c2"])):
        if draw(st.booleans()):
            found[name] = draw(st.sampled_from(values))
    attributes: Json = {"margin": draw(st.sampled_from(["12.5", "-3", "none", "0.000001"]))}
    for name, drawn in (
        ("partner", st.sampled_from([*PEOPLE, "somebody", UNKNOWN])),
        ("points", st.sampled_from(["3", "5", "many"])),
        ("paid_on", days.map(str)),
        ("cancelled_on", days.map(str)),
    ):
        if draw(st.integers(0, 2)) == 0:
            attributes[name] = draw(drawn)
    found["attributes"] = attributes
    if draw(st.integers(0, 2)) == 0:
        found["shares"] = draw(stated_shares())
    return found


@st.composite
def stated_shares(draw: st.DrawFn) -> list[Json]:
    """Return what a source writes of who shares a sale: mostly people and 1 in all, not always."""
    parts = draw(st.sampled_from([("0.333333", "0.666667"), ("0.5", "0.5"), ("0.9", "0.1")]))
    named = draw(st.lists(st.sampled_from([*PEOPLE, UNKNOWN]), min_size=2, max_size=2))
    found: list[Json] = [
        {"person": person, "share": part} for person, part in zip(named, parts, strict=True)
    ]
    if draw(st.booleans()):
        return [
            {"person": draw(people), "role": "partner"},
            *found[: draw(st.sampled_from([0, 2]))],
        ]
    return found


UNKNOWN: Final = "00000000-0000-4000-8000-000000000001"
"""The id of nobody."""


@st.composite
def worlds(draw: st.DrawFn) -> Json:
    """Return people, what is known of them, and batches of activities in the order they arrive.

    A batch may state an activity anew (a correction), or say that it is void.
    """
    count = draw(st.integers(1, 12))
    made = [draw(activities(nth)) for nth in range(count)]
    order = draw(st.permutations(made))
    again = draw(st.lists(st.sampled_from(made), max_size=3, unique_by=lambda each: each["id"]))
    late = [
        each | draw(st.sampled_from([{"void": True}, {"amount": "7.770001"}, {"person": "p2"},
                                     {"occurred_at": "2026-10-31T22:59:00Z"}]))
        for each in again
    ]  # fmt: skip
    cut = draw(st.integers(0, count))
    return {
        "people": [draw(persons(each)) for each in PEOPLE],
        "positions": draw(positions()),
        "enrolments": draw(st.none() | st.lists(enrolments(), min_size=1, max_size=4)),
        "quotas": [each for person in PEOPLE[:4] for each in draw(quotas(person))],
        "rates": [{"currency": "USD", "from": "2026-09-01", "rate": "0.9"},
                  {"currency": "USD", "from": str(draw(days)), "rate": "0.853217"}],
        "mandates": draw(st.lists(mandates(), max_size=2, unique_by=lambda e: e["sub_agent"])),
        "batches": [each for each in (order[:cut], order[cut:], late) if each],
        "published_after": draw(st.integers(0, 3)),
    }  # fmt: skip


@st.composite
def persons(draw: st.DrawFn, name: str) -> Json:
    found: Json = {"person": name, "attributes": {"rate": draw(st.sampled_from(["0.05", "0.2"]))}}
    found["attributes"]["grade"] = draw(st.sampled_from(["senior", "junior"]))
    if draw(st.booleans()):
        found["joined_on"] = str(draw(days))
    if draw(st.integers(0, 4)) == 0:
        left = date.fromisoformat(found.get("joined_on", str(FIRST)))
        found["left_on"] = str(left + timedelta(days=draw(st.integers(0, 60))))
    return found


@st.composite
def positions(draw: st.DrawFn) -> list[Json]:
    """Return who reports to whom: to somebody named before, perhaps to another from some day on."""
    found: list[Json] = []
    for nth, person in enumerate(PEOPLE[1:], start=1):
        above = st.sampled_from(PEOPLE[:nth])
        kind = st.sampled_from(["staff", "sub_agent"])
        first = {"person": person, "manager": draw(above), "kind": draw(kind)}
        if draw(st.integers(0, 3)):
            found.append(first | {"from": "2026-01-01"})
            continue
        moved = draw(days)
        found.append(first | {"from": "2026-01-01", "to": str(moved - timedelta(days=1))})
        second = {"person": person, "manager": draw(above), "kind": draw(kind)}
        found.append(second | {"from": str(moved)})
    return found


@st.composite
def enrolments(draw: st.DrawFn) -> Json:
    """Return a rule: one person, or the team of one, from a day on or up to one."""
    found: Json = {draw(st.sampled_from(["person", "team_of"])): draw(people)}
    first, last = sorted([draw(days), draw(days)])
    if draw(st.booleans()):
        found["from"] = str(first)
    if draw(st.booleans()):
        found["to"] = str(last)
    return found


@st.composite
def quotas(draw: st.DrawFn, person: str) -> list[Json]:
    """Return the quotas of a person, for one component: months, or spans of their own."""
    if draw(st.booleans()):
        return []
    spans = draw(
        st.sampled_from(
            [
                [("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-11-30")],
                [("2026-09-20", "2026-10-11"), ("2026-10-12", "2026-12-05")],
                [("2026-10-01", "2026-12-31")],
                [("2026-01-01", "2026-12-31")],
            ]
        )
    )
    component = draw(st.sampled_from(["c0", "c0", "c1"]))
    target = st.sampled_from(["20", "75.5", "3"])
    return [
        {
            "person": person,
            "component": component,
            "from": first,
            "to": last,
            "target": draw(target),
        }
        for first, last in spans
    ]


@st.composite
def mandates(draw: st.DrawFn) -> Json:
    found: Json = {"agent": "p0", "sub_agent": draw(st.sampled_from(PEOPLE[1:])), "rate": "0.02"}
    found["component"] = "c0"
    return found | {"from": str(draw(st.sampled_from([date(2026, 1, 1), date(2026, 10, 20)])))}
