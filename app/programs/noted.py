"""How the rules that decide pay are written down in the journal: as they stood, as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.engine.exact import decimal_text
from app.programs import core
from app.programs.models import Enrolment


@dataclass(frozen=True, slots=True)
class Placed:
    """Whose quota of what, for which days; days include both ends.

    `component` is its id, followed by a point and a name where the quota is that of one of its figures.
    """

    person_id: UUID
    program_id: UUID
    component: str
    first: date
    last: date


_QUOTAS: Final = text(
    """
    SELECT q.person_id, q.program_id, q.component, lower(q.valid) AS first,
           upper(q.valid) - 1 AS last, q.target_micros
      FROM unnest(CAST(:programs AS uuid[]), CAST(:components AS text[]), CAST(:people AS uuid[]),
                  CAST(:firsts AS date[]), CAST(:lasts AS date[]))
           AS given(program_id, component, person_id, first, last)
      JOIN quotas q ON q.tenant_id = :tenant AND q.program_id = given.program_id
       AND q.component = given.component AND q.person_id = given.person_id
       AND q.valid = daterange(given.first, given.last, '[]')
     ORDER BY q.program_id, q.component, q.person_id, first
    """
)


def quotas(db: Session, places: Sequence[Placed]) -> dict[str, Any]:
    """Return the quotas that stand at `places`."""
    rows = db.execute(
        _QUOTAS,
        {
            "tenant": tenant_of(db),
            "programs": [each.program_id for each in places],
            "components": [each.component for each in places],
            "people": [each.person_id for each in places],
            "firsts": [each.first for each in places],
            "lasts": [each.last for each in places],
        },
    )
    return {
        "quotas": [
            {
                "person_id": str(row.person_id),
                "program_id": str(row.program_id),
                "component": row.component,
                "period_start": row.first.isoformat(),
                "period_end": row.last.isoformat(),
                "target": decimal_text(core.from_micros(row.target_micros)),
            }
            for row in rows
        ]
    }


def enrolments(db: Session, program_id: UUID) -> dict[str, Any]:
    """Return who takes part in a program, and on which days."""
    rules = db.scalars(
        select(Enrolment)
        .where(Enrolment.tenant_id == tenant_of(db), Enrolment.program_id == program_id)
        .order_by(Enrolment.kind, Enrolment.person_id, Enrolment.id)
    )
    return {
        "rules": [
            {
                "kind": rule.kind,
                "person_id": str(rule.person_id) if rule.person_id else None,
                "first": rule.valid.lower.isoformat() if rule.valid.lower else None,
                "last": (rule.valid.upper - timedelta(days=1)).isoformat()
                if rule.valid.upper
                else None,
            }
            for rule in rules
        ]
    }
