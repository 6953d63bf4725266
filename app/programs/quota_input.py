"""Quotas as they come in: people by number, targets as decimals; every problem at its place."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from app.http.principal import DESIGNERS, Principal
from app.kernel.errors import Invalid, Problem
from app.kernel.money import decimal_to_micros
from app.people import queries as people
from app.people.core import fold
from app.programs.schemas import QuotaIn
from app.programs.service import QuotaChange


def changes_of(db: Session, principal: Principal, items: Sequence[QuotaIn]) -> list[QuotaChange]:
    """Return what `items` ask for; raise Invalid with every item that names nobody visible.

    Who runs no programs sets no quota of their own: it decides what they are paid.
    """
    numbers = people.person_index(db) if any(item.employee_number for item in items) else {}
    visible = set(db.scalars(people.visible_people(db, principal, people.today(db))))
    own = None if principal.has(*DESIGNERS) else principal.person_id
    changes: list[QuotaChange] = []
    problems: list[Problem] = []
    for index, item in enumerate(items):
        place = f"/items/{index}"
        person_id = _person(item, numbers)
        target = decimal_to_micros(Decimal(item.amount or item.units or "0"))
        if person_id not in visible:
            problems.append(Problem(place, "unknown_person", "This person is not known here."))
        elif person_id == own:
            problems.append(Problem(place, "own_quota", "Somebody else must set your own quota."))
        elif target <= 0:
            problems.append(Problem(place, "not_positive", "A quota is more than nothing."))
        else:
            changes.append(_change(item, person_id, target))
    if problems:
        raise Invalid("Some quotas need a correction.", problems=problems, count=len(problems))
    return changes


def _person(item: QuotaIn, numbers: dict[str, UUID]) -> UUID | None:
    if item.employee_number is None:
        return item.person_id
    return numbers.get(fold(item.employee_number))


def _change(item: QuotaIn, person_id: UUID, target: int) -> QuotaChange:
    return QuotaChange(
        person_id=person_id,
        program_id=item.program,
        component=item.component,
        first=item.period_start,
        last=item.period_end,
        target_micros=target,
    )
