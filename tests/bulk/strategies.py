"""Random people, sales and plans, small enough to read when they fail."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from app.engine.document import Program
from app.engine.facts import Facts
from tests.engine.documents import component_json, per_unit, program_json, rate

Json = dict[str, Any]

PEOPLE = ["ann", "bob", "cat", "dan", "eva"]
PRODUCTS = ["Gas", "It's", "50%", "a\\b$x", "Élan", ""]
START = date(2026, 1, 1)

people = st.sampled_from(PEOPLE)
days = st.integers(0, 120).map(lambda nth: START + timedelta(days=nth))
numbers = st.decimals("-999", "9999", places=6).map(str) | st.sampled_from(["0", "0.000001", "100"])


@st.composite
def stretches(draw: st.DrawFn, /, **fields: Any) -> list[Json]:
    """Return spans that follow each other, the last perhaps open."""
    cuts = sorted(draw(st.sets(days, min_size=1, max_size=4)))
    ends: list[date | None] = [*cuts[1:], draw(st.sampled_from([None, date(2026, 5, 20)]))]
    return [
        {name: draw(each) for name, each in fields.items()}
        | {"from": str(first)}
        | ({} if end is None else {"to": str(end - timedelta(days=1))})
        for first, end in zip(cuts, ends, strict=True)
        if end is None or end > first
    ]


@st.composite
def activities(draw: st.DrawFn, nth: int) -> Json:
    found: Json = {
        "id": f"A{nth}",
        "occurred_at": f"{draw(days)}T{draw(st.integers(0, 23)):02}:30:00Z",
        "person": draw(people),
        "units": draw(numbers),
    }
    if draw(st.booleans()):
        found["amount"] = draw(numbers)
    optional: Json = {
        "currency": st.sampled_from(["EUR", "USD", "CHF"]),
        "product": st.sampled_from([each for each in PRODUCTS if each]),
        "customer": st.sampled_from(["c1", "c2", "C1"]),
    }
    for name, values in optional.items():
        if draw(st.booleans()):
            found[name] = draw(values)
    attributes: Json = {}
    if draw(st.booleans()):
        attributes["Hours-1"] = draw(st.sampled_from(["1.5", "-2", "x", "1e3", "007", "3"]))
    if draw(st.booleans()):
        attributes["partner"] = draw(people)
    found["attributes"] = attributes
    if draw(st.integers(0, 3)) == 0:
        first = draw(people)
        share = draw(st.sampled_from(["0.333333", "0.5", "0.7", "0.000001"]))
        rest = f"{1 - float(share):.6f}"
        found["shares"] = [
            {"person": first, "share": share},
            {"person": draw(people), "share": rest, "role": "closer"},
        ]
    return found


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    count = draw(st.integers(0, 12))
    positions: list[Json] = []
    for person in PEOPLE:
        kind = st.sampled_from(["staff", "sub_agent"])
        places = draw(stretches(manager=st.none() | people, kind=kind))
        positions += [{"person": person} | place for place in places if place["manager"] != person]
    enrolments = None
    if draw(st.booleans()):
        enrolments = [
            {"person": person} | span
            for person in PEOPLE
            for span in draw(stretches())
            if draw(st.booleans())
        ]
    quotas = [
        {"person": person, "target": "500"} | span
        for person in PEOPLE
        for span in draw(stretches())
        if "to" in span
    ]
    rates = [
        {
            "currency": currency,
            "from": str(draw(days)),
            "rate": draw(st.sampled_from(["0.9", "1.1"])),
        }
        for currency in draw(st.lists(st.sampled_from(["USD", "CHF"]), max_size=3))
    ]
    return Facts.model_validate(
        {
            "positions": positions,
            "enrolments": enrolments,
            "quotas": quotas,
            "rates": rates,
            "activities": [draw(activities(nth)) for nth in range(count)],
        }
    )


leaves = st.sampled_from(
    [
        {"field": "product", "op": "eq", "value": "It's"},
        {"field": "product", "op": "in", "value": ["a\\b$x", "Élan"]},
        {"field": "product", "op": "contains", "value": "a"},
        {"field": "product", "op": "starts_with", "value": "It'"},
        {"field": "product", "op": "not_in", "value": ["Gas"]},
        {"field": "customer", "op": "exists", "value": False},
        {"field": "amount", "op": "gt", "value": "10.5"},
        {"field": "units", "op": "between", "value": [0, 500]},
        {"field": "attributes.Hours-1", "op": "lt", "value": "2.5"},
        {"field": "attributes.Hours-1", "op": "eq", "value": 7},
        {"field": "attributes.partner", "op": "ne", "value": "ann"},
    ]
)
conditions = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=2).map(lambda parts: {"all": parts})
        | st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"any": parts})
        | inner.map(lambda part: {"not": part})
    ),
    max_leaves=4,
)
_shares = st.sampled_from(["1", "0.5", "0.25", "0.333333"])
_levels = st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True)
_roles = st.sampled_from(
    [{"role": "seller"}, {"role": "partner"}, {"role": "closer"}, {"person": "eva"}]
)


@st.composite
def credit_rules(draw: st.DrawFn) -> Json:
    kind = draw(st.sampled_from(["direct", "override", "upline", "split", "overlay", "group"]))
    if kind in {"override", "upline"}:
        levels = [{"level": level, "share": draw(_shares)} for level in draw(_levels)]
        return {"to": kind, "levels": levels}
    if kind == "split":
        shares = draw(
            st.sampled_from([[], ["1"], ["0.6", "0.4"], ["0.333333", "0.333333", "0.333334"]])
        )
        default = [draw(_roles) | {"share": share} for share in shares]
        return {"to": "split", "by": draw(st.sampled_from(["shares", "roles"])), "default": default}
    if kind == "overlay":
        named = draw(st.lists(people, max_size=2))
        return {"to": "overlay", "people": named, "role": "partner", "share": draw(_shares)}
    if kind == "group":
        return {"to": "group", "group": draw(st.sampled_from(["list", "team"])), "share": "0.5"}
    return {"to": kind}


@st.composite
def measures(draw: st.DrawFn) -> Json:
    kind = draw(
        st.sampled_from(["sum", "count", "distinct", "average", "highest", "lowest", "points"])
    )
    found: Json = {"kind": kind}
    fields = st.sampled_from(["amount", "units", "attributes.Hours-1"])
    if kind in {"sum", "average", "highest", "lowest"}:
        found["of"] = draw(fields)
        found["convert"] = draw(st.booleans())
    if kind == "distinct":
        found["of"] = draw(st.sampled_from(["customer", "product", "attributes.partner"]))
    if kind == "points":
        rows = draw(
            st.lists(st.tuples(conditions, st.sampled_from(["3", "-1.5"])), min_size=1, max_size=2)
        )
        found["table"] = [{"when": when, "points": points} for when, points in rows]
        found["times"] = draw(st.none() | fields)
    if kind == "sum" and draw(st.booleans()):
        found["weights"] = [
            {"when": draw(conditions), "times": draw(st.sampled_from(["2", "0.1"]))}
        ]
    if draw(st.booleans()):
        found["where"] = draw(conditions)
    return found


_PERIODS = st.sampled_from(
    [
        {"kind": "week"}, {"kind": "month"}, {"kind": "quarter"}, {"kind": "year"},
        {"kind": "half_year"}, {"kind": "window"}, {"kind": "quota"},
        {"kind": "rolling", "days": 17},
        {"kind": "retail", "weeks": "4-5-4", "starts_on": ["2026-02-01"]},
        {"kind": "custom", "spans": [{"from": "2026-01-10", "to": "2026-02-03"},
                                     {"from": "2026-02-20", "to": "2026-04-01"}]},
    ]
)  # fmt: skip


@st.composite
def plans(draw: st.DrawFn) -> Program:
    """Return a plan of one component that adds up anything in any way that SQL knows."""
    parts = component_json(
        per_unit("1"),
        credit=draw(credit_rules()),
        measure=draw(measures()),
        period=draw(_PERIODS),
        counts=draw(conditions),
        effective={"from": "2026-01-05", "to": "2026-04-20"},
    )
    return _program(parts)


@st.composite
def paid_plans(draw: st.DrawFn) -> Program:
    """Return a plan of one component that is paid by its total alone."""
    parts = component_json(
        rate("0.05", ("100", "0.0725"), ("1000.5", "x1.5"), mode=draw(st.sampled_from(["marginal", "retroactive"])),
             on=draw(st.sampled_from(["measure", "attainment"])))
        if draw(st.booleans())
        else rate("0.0333"),
        credit=draw(credit_rules()),
        measure={"kind": "sum", "of": "amount", "convert": True},
        period=draw(_PERIODS),
    )  # fmt: skip
    return _program(parts)


def _program(parts: Json) -> Program:
    groups = {"list": {"people": ["ann", "dan"]}, "team": {"team_of": "bob"}}
    return Program.model_validate(program_json(parts, groups=groups))
