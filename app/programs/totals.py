"""Sums of earnings for checks and for the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.engine.exact import decimal_text
from app.kernel.money import Money
from app.people.queries import people_table
from app.programs import core
from app.programs.models import Earning


@dataclass(frozen=True, slots=True)
class Total:
    """One sum; what it is not grouped by is None (or empty for the component)."""

    person_id: UUID | None
    name: str | None
    employee_number: str | None
    program_id: UUID
    component: str
    period_start: date | None
    period_end: date | None
    measured: str
    quota: str | None
    money: Money
    credits: int


_GROUPS: Final[dict[str, Sequence[Any]]] = {
    "person": (Earning.payee_id, Earning.component),
    "component": (Earning.component,),
    "period": (Earning.component, Earning.period_start, Earning.period_end),
    "person_period": (
        Earning.payee_id,
        Earning.component,
        Earning.period_start,
        Earning.period_end,
    ),
}


def totals(
    db: Session,
    *,
    group_by: str,
    visible: Select[UUID],
    program_id: UUID | None = None,
    first: date | None = None,
    last: date | None = None,
) -> list[Total]:
    """Return sums of the earnings of `visible` people, by person, component, period or both."""
    groups = _GROUPS[group_by]
    query = (
        select(
            *(_or_null(column, groups) for column in _NAMED),
            Earning.program_id,
            Earning.currency,
            func.sum(Earning.total_micros),
            func.sum(Earning.target_micros),
            func.sum(Earning.amount_minor),
            func.sum(Earning.credits),
        )
        .where(Earning.tenant_id == tenant_of(db), Earning.payee_id.in_(visible))
        .group_by(*groups, Earning.program_id, Earning.currency)
        .order_by(*groups, Earning.program_id, Earning.currency)
    )
    if program_id is not None:
        query = query.where(Earning.program_id == program_id)
    if first is not None:
        query = query.where(Earning.period_start >= first)
    if last is not None:
        query = query.where(Earning.period_start <= last)
    rows = db.execute(query).all()
    people = _people(db, [row[0] for row in rows if row[0] is not None])
    return [_total(row, people) for row in rows]


_NAMED: Final = (
    Earning.payee_id,
    Earning.component,
    Earning.period_start,
    Earning.period_end,
)


def _or_null(column: Any, groups: Sequence[Any]) -> Any:
    return column if any(column is each for each in groups) else literal(None)


def _people(db: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str | None]]:
    table = people_table()
    rows = db.execute(
        select(table.c.id, table.c.name, table.c.employee_number).where(table.c.id.in_(ids))
    )
    return {row.id: (row.name, row.employee_number) for row in rows}


def _total(row: Any, people: dict[UUID, tuple[str, str | None]]) -> Total:
    payee, component, start, end, program_id, currency, total, target, minor, counted = row
    name, employee_number = people.get(payee, (None, None))
    return Total(
        person_id=payee,
        name=name,
        employee_number=employee_number,
        program_id=program_id,
        component=component,
        period_start=start,
        period_end=end,
        measured=decimal_text(core.from_micros(total)),
        quota=None if target is None else decimal_text(core.from_micros(int(target))),
        money=Money(int(minor), currency),
        credits=int(counted),
    )
