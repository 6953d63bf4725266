"""What the credits of a figure add up to, by payee and period or day: the text that an engine runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Numeric,
    Select,
    and_,
    cast,
    column,
    func,
    literal,
    select,
    union_all,
    values,
)

from app.bulk import definition, inputs
from app.bulk.dialect import text_of
from app.bulk.relations import Flat, quotas_table
from app.engine.document import Component, Program
from app.engine.measures import DistinctMeasure
from app.engine.periods import Span, periods_between

Grain = Literal["period", "day"]
_TRUNCATED: Final = ("week", "month", "quarter", "year")
_SUM: Final = Numeric(38, 0)


@dataclass(frozen=True)
class Tallying:
    """A statement and how to read its `total`: so many of them are one of the measure.

    Its columns: payee_id, starts_on (the first day of the period, or the day), total, credits, text
    for a distinct count, and for an average or an extreme lowest, highest and whole (in
    `extreme_parts` of one).
    """

    text: str
    parts: int
    extreme_parts: int


def tallying(
    program: Program,
    component: Component,
    flat: Flat,
    *,
    figure: str = "measure",
    grain: Grain = "period",
    days: Span,
) -> Tallying:
    """Return the tally of a figure by payee and period, or by payee and day.

    `days` are those on which anything happened: periods of the plan's own making are found among them.
    By period only what lies within the component's days counts, as `engine.periods.period_of` says.
    """
    relations = flat.relations()
    if grain == "period":
        bounds = definition.effective_sql(program, component, relations.activities)
        relations = replace(relations, conditions=bounds)
    arms = definition.credited(program, component, figure, relations)
    rows = (union_all(*arms) if len(arms) > 1 else arms[0]).subquery("credits_of_figure")
    source, starts = _starts(component, rows, grain, days)
    named = [name for name in ("share_micros", "factor_micros", "rate_micros") if name in rows.c]
    text = [rows.c.text] if isinstance(component.figure(figure), DistinctMeasure) else []
    extremes = []
    if "read_micros" in rows.c:
        read = rows.c.read_micros
        extremes = [
            func.min(read).label("lowest"),
            func.max(read).label("highest"),
            func.sum(cast(read, _SUM)).label("whole"),
        ]
    inner = (
        select(
            rows.c.payee_id,
            starts.label("starts_on"),
            *(rows.c[name] for name in named),
            *text,
            func.sum(cast(rows.c.value_micros, _SUM)).label("total"),
            func.count().label("credits"),
            *extremes,
        )
        .select_from(source)
        .group_by(rows.c.payee_id, starts, *(rows.c[name] for name in named), *text)
    )
    if not named:
        return Tallying(text_of(inner), inputs.ONE, inputs.ONE)
    return _weighted(inner, named, has_text=bool(text))


def _weighted(inner: Select[Any], named: Sequence[str], *, has_text: bool) -> Tallying:
    """Multiply the sums by their share and factor, and add those up."""
    sums = inner.subquery("sums")
    weight: ColumnElement[Any] = cast(sums.c[named[0]], _SUM)
    for name in named[1:]:
        weight = weight * cast(sums.c[name], _SUM)
    is_converted = "rate_micros" in named
    rate: ColumnElement[Any] = (
        cast(sums.c.rate_micros, _SUM) if is_converted else literal(inputs.ONE, Integer)
    )
    text = [sums.c.text] if has_text else []
    extremes = []
    if "lowest" in sums.c:
        extremes = [
            func.min(cast(sums.c.lowest, _SUM) * rate).label("lowest"),
            func.max(cast(sums.c.highest, _SUM) * rate).label("highest"),
            func.sum(sums.c.whole * rate).label("whole"),
        ]
    statement = select(
        sums.c.payee_id,
        sums.c.starts_on,
        *text,
        func.sum(sums.c.total * weight).label("total"),
        func.sum(sums.c.credits).label("credits"),
        *extremes,
    ).group_by(sums.c.payee_id, sums.c.starts_on, *text)
    return Tallying(text_of(statement), inputs.ONE ** (1 + len(named)), inputs.ONE**2)


def _starts(
    component: Component, rows: FromClause, grain: Grain, days: Span
) -> tuple[FromClause, ColumnElement[Any]]:
    """Return where to read the first day of the period from."""
    day, kind = rows.c.day, component.period.kind
    if grain == "day":
        return rows, day
    if kind == "activity":
        raise inputs.NotCompiled("Activities that pay alone are not added up.")
    if kind in _TRUNCATED:
        return rows, cast(func.date_trunc(kind, day), Date)
    if kind == "quota":
        quotas = quotas_table().alias("quotas_of_payee")
        held = and_(
            quotas.c.component == component.id,
            quotas.c.person_id == rows.c.payee_id,
            inputs.holds_on(quotas, day),
        )
        return rows.join(quotas, held), quotas.c.from_on
    last = days.last or date.max
    spans = list(periods_between(component, days.first, last))
    if kind == "window":
        first = spans[0].first if spans else component.effective.from_
        return rows, literal(first, Date)
    # A day in no span of the plan is in no period; where there is no span, a span of no day stands in.
    stated = [(span.first, span.last) for span in spans] or [(days.first, date.min)]
    named = values(column("first_on", Date), column("last_on", Date), name="spans_of_plan").data(
        stated
    )
    return rows.join(named, day.between(named.c.first_on, named.c.last_on)), named.c.first_on


def number(total: Decimal | int, parts: int) -> Fraction:
    """Return a `total` as the exact number it stands for."""
    return Fraction(int(total), parts)
