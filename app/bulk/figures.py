"""What a figure reads of an activity, and which activities count in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Label,
    Select,
    and_,
    case,
    func,
    literal,
    select,
)

from app.activities.filters import condition_sql, number_sql, text_sql
from app.bulk.inputs import ONE, Column, Relations, holds_on, micros
from app.engine.document import Component, Program
from app.engine.measures import (
    AverageMeasure,
    DistinctMeasure,
    HighestMeasure,
    LowestMeasure,
    PointsMeasure,
    SumMeasure,
    TalliedMeasure,
)
from app.kernel.money import MICROS


def of_activities(
    program: Program,
    component: Component,
    figure: str,
    relations: Relations,
    *,
    source: FromClause,
    columns: Sequence[Column],
) -> Select[Any]:
    """Return the activities that count in a figure, with `columns` and what every credit says of them."""
    activities = relations.activities
    measure: Any = component.figure(figure)
    factors, source = _factors(program, measure, relations, source)
    described: list[Column] = [
        activities.c.id.label("activity_id"),
        relations.day.label("day"),
        *(activities.c[name] for name in relations.carried),
        *columns,
        *factors,
    ]
    if isinstance(measure, DistinctMeasure):
        described.append(text_sql(measure.of, activities).label("text"))
    if relations.reads or isinstance(measure, AverageMeasure | HighestMeasure | LowestMeasure):
        described.append(value_sql(measure, activities).label("read_micros"))
    return (
        select(*described)
        .select_from(source)
        .where(
            *relations.conditions,
            *_measured(program, measure, relations, factors),
            *(condition_sql(each, activities) for each in component.counts_of(figure)),
        )
    )


def value_sql(measure: TalliedMeasure, activities: FromClause) -> Column:
    """Return the number that a figure reads from an activity, in millionths."""
    if isinstance(measure, SumMeasure | AverageMeasure | HighestMeasure | LowestMeasure):
        return number_sql(measure.of, activities)
    if isinstance(measure, PointsMeasure) and measure.times is not None:
        return number_sql(measure.times, activities)
    return literal(MICROS, BigInteger)


def _measured(
    program: Program, measure: Any, relations: Relations, factors: Sequence[Column]
) -> Iterator[ColumnElement[bool]]:
    """Yield what must be there for the figure to read anything."""
    activities = relations.activities
    if isinstance(measure, DistinctMeasure):
        yield text_sql(measure.of, activities).is_not(None)
        return
    of = getattr(measure, "of", None) or getattr(measure, "times", None)
    if of is not None and of != "units":
        yield number_sql(of, activities).is_not(None)
    yield from (factor.element.is_not(None) for factor in factors if isinstance(factor, Label))
    is_converted = any(factor.key == "rate_micros" for factor in factors)
    if of == "amount" and not isinstance(measure, PointsMeasure) and not is_converted:
        yield _is_home(program, activities)


def _factors(
    program: Program, measure: Any, relations: Relations, source: FromClause
) -> tuple[list[Column], FromClause]:
    """Return the factors of a figure in millionths, null where it has none, and the source joined for them."""
    activities, found = relations.activities, list[Column]()
    if isinstance(measure, PointsMeasure):
        rows = [(condition_sql(row.when, activities), micros(row.points)) for row in measure.table]
        return [case(*rows).label("factor_micros")], source
    one = literal(ONE, BigInteger)
    if isinstance(measure, SumMeasure) and measure.weights:
        weights = [
            (condition_sql(each.when, activities), micros(each.times)) for each in measure.weights
        ]
        found.append(case(*weights, else_=one).label("factor_micros"))
    if not _converts(measure) or relations.rates is None:
        return found, source
    rates = relations.rates.alias("rates_of_day")
    held = and_(rates.c.currency == activities.c.currency, holds_on(rates, relations.day))
    rate = case((_is_home(program, activities), one), else_=rates.c.rate_micros)
    return [*found, rate.label("rate_micros")], source.outerjoin(rates, held)


def _converts(measure: Any) -> bool:
    return bool(getattr(measure, "convert", None)) and measure.of == "amount"


def _is_home(program: Program, activities: FromClause) -> ColumnElement[bool]:
    return func.coalesce(activities.c.currency, program.currency) == program.currency
