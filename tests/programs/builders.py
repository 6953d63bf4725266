"""Programs for tests; neighbours may use them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.unit_of_work import settle_events
from app.programs import recalculation, service
from app.programs.models import Earning, Program
from app.programs.service import QuotaChange

Json = dict[str, Any]


def component(payout: Json, **changes: Any) -> Json:
    """Return a component over the whole of 2026, by month, released at once."""
    measure = "amount" if payout["kind"] == "rate" else "units"
    return {
        "id": "main",
        "name": "Main",
        "effective": {"from": "2026-01-01", "to": "2026-12-31"},
        "measure": {"kind": "sum", "of": measure},
        "period": {"kind": "month"},
        "payout": payout,
    } | changes


def document(*components: Json, **changes: Any) -> Json:
    """Return a program document in euros with days of Rome."""
    return {
        "schema": "laurel.program/1",
        "name": "Autumn",
        "currency": "EUR",
        "zone": "Europe/Rome",
        "components": list(components),
    } | changes


def five_percent(**changes: Any) -> Json:
    """Return a component that pays a twentieth of every sale."""
    return component({"kind": "rate", "rate": "0.05"}, **changes)


def give_program(db: Session, *components: Json, **changes: Any) -> Program:
    """Publish a program (five percent of everything when nothing else is said) and pay by it."""
    stated = document(*(components or (five_percent(),)), **changes)
    program = service.create_program(db, stated=stated)
    service.publish_program(db, program_id=program.id)
    recalculation.recalculate(db, program.id)
    return program


def give_quota(
    db: Session,
    program: Program,
    person_id: UUID,
    target: int,
    *,
    component: str = "main",
    first: date = date(2026, 11, 1),
    last: date = date(2026, 11, 30),
) -> None:
    """Set a quota of `target` whole units or euros."""
    change = QuotaChange(person_id, program.id, component, first, last, target * 1_000_000)
    service.set_quotas(db, changes=[change])


def earned(db: Session, person_id: UUID, component: str = "main") -> int:
    """Return what a person has earned from a component in all periods, in minor units."""
    settle_events(db)
    amounts = db.scalars(
        select(Earning.amount_minor).where(
            Earning.payee_id == person_id, Earning.component == component
        )
    )
    return sum(amounts)
