"""The flat relations of facts that are at hand, as Arrow tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from app.activities.filters import number_column, text_column
from app.bulk.relations import FIELDS, SCHEMAS, Flat, Layout, layout_of, role_column
from app.engine import memory
from app.engine.conditions import as_number, as_text
from app.engine.crediting import holder_of, stated_shares
from app.engine.document import Program
from app.engine.facts import Activity, Facts
from app.engine.periods import Span
from app.kernel.clock import day_in_zone
from app.kernel.money import MICROS

Row = dict[str, Any]


def tables_of(program: Program, facts: Facts) -> tuple[Flat, dict[str, pa.Table]]:
    """Return what a bulk run of `program` on `facts` reads."""
    layout, is_known = layout_of(program), memory.knows(facts)
    rows: dict[str, list[Row]] = {
        "positions": [_dated(each, person_id=each.person, manager_id=each.manager, kind=each.kind)
                      for each in facts.positions],
        "takers": takers(facts),
        "members": _members(program, facts),
        "rates": _rates(facts),
        "shares": _shares(facts.activities, is_known),
        "quotas": _quotas(program, facts),
    }  # fmt: skip
    activities = [_activity(program, layout, each, is_known) for each in facts.activities]
    tables = {"activities": pa.Table.from_pylist(activities, layout.schema)}
    tables |= {name: pa.Table.from_pylist(rows[name], SCHEMAS[name]) for name in SCHEMAS}
    given = frozenset({"members", "rates", "shares"})
    return Flat(layout, everybody=facts.enrolments is None, given=given), tables


def _activity(
    program: Program, layout: Layout, activity: Activity, is_known: Callable[[str], bool]
) -> Row:
    row: Row = {
        "id": activity.id,
        "person_id": activity.person,
        "occurred_on": day_in_zone(activity.occurred_at, program.zone),
        "currency": activity.currency,
        "amount_micros": _micros(activity.amount),
        "units_micros": _micros(activity.units),
    }
    for name in layout.texts:
        row[name] = getattr(activity, FIELDS.get(name, name))
    for name in layout.attributes:
        value = activity.read(name)
        number = _micros(as_number(value))
        row[text_column(name)] = as_text(value)
        row[number_column(name)] = None if number is None else Decimal(number)
    for role in layout.roles:
        row[role_column(role)] = holder_of(activity, role, is_known)
    return row


def _micros(number: Decimal | None) -> int | None:
    return None if number is None else int(number * MICROS)


def _after(day: date | None) -> date | None:
    return None if day is None else day + timedelta(days=1)


def _dated(fact: Any, **columns: Any) -> Row:
    return columns | {"from_on": fact.from_, "to_on": _after(fact.to)}


def _spans(spans: Iterable[Span]) -> list[Row]:
    return [{"from_on": span.first, "to_on": _after(span.last)} for span in spans]


def takers(facts: Facts) -> list[Row]:
    """Return who takes part when, no day twice."""
    found: dict[str, list[Span]] = {}
    for each in facts.enrolments or ():
        found.setdefault(each.person, []).append(each.span)
    return [
        {"person_id": person} | row
        for person, spans in found.items()
        for row in _spans(merged(spans))
    ]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same days as stretches that do not touch."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda each: each.first):
        last = found[-1].last if found else date.min
        if not found or (last is not None and span.first > last + timedelta(days=1)):
            found.append(span)
        elif last is not None and (span.last is None or span.last > last):
            found[-1] = Span(found[-1].first, span.last)
    return found


def _shares(activities: Iterable[Activity], is_known: Callable[[str], bool]) -> list[Row]:
    return [
        {"activity_id": activity.id, "place": place, "person_id": person,
         "share_micros": int(share * MICROS)}
        for activity in activities
        for place, (person, share) in enumerate(stated_shares(activity, is_known))
    ]  # fmt: skip


def _quotas(program: Program, facts: Facts) -> list[Row]:
    return [
        {"component": component, "person_id": person} | row
        for (component, figure), held in memory.quotas_of(program, facts).items()
        if figure == "measure"
        for person, spans in held.items()
        for row in _spans(spans)
    ]


def _changes(spans: Iterable[Span]) -> list[date]:
    """Return the days on which any of `spans` begins or is over."""
    ends = (_after(span.last) for span in spans)
    return sorted({*(span.first for span in spans), *(end for end in ends if end is not None)})


def _stretches(
    spans: Sequence[Span], asked: Callable[[date], Iterable[Row]], since: date
) -> list[Row]:
    """Return what `asked` says from each change to the next."""
    days = [since, *(day for day in _changes(spans) if day > since)]
    ends = [*days[1:], None]
    return [
        row | {"from_on": first, "to_on": end}
        for first, end in zip(days, ends, strict=True)
        for row in asked(first)
    ]


def _members(program: Program, facts: Facts) -> list[Row]:
    members = memory.members_of(program, facts)

    def asked(day: date) -> list[Row]:
        return [
            {"group_name": name, "person_id": person}
            for name in program.groups or {}
            for person in members(name, day)
        ]

    return _stretches([each.span for each in facts.positions], asked, date.min)


def _rates(facts: Facts) -> list[Row]:
    """Return one rate of each currency at a time: of several, the one that began last."""

    def asked(day: date) -> list[Row]:
        found = [memory.rate_on(facts.rates, each, day) for each in currencies]
        return [
            {"currency": rate.currency, "rate_micros": int(rate.rate * MICROS)}
            for rate in found
            if rate is not None
        ]

    currencies = sorted({each.currency for each in facts.rates})
    return _stretches([each.span for each in facts.rates], asked, date.min)
