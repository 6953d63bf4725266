"""What an earning was for, by its id: for rooms that found it in the books."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import bulk
from app.db.unit_of_work import tenant_of
from app.programs.models import Earning, Program


@dataclass(frozen=True, slots=True)
class Earned:
    """An earning by program, component and period; open periods have no end."""

    program: str
    component: str
    period_start: date
    period_end: date | None


def earned(db: Session, earning_ids: Collection[UUID]) -> dict[UUID, Earned]:
    """Return what these earnings were for; ids of other things are left out."""
    rows = db.execute(
        select(
            Earning.id, Program.name, Earning.component, Earning.period_start, Earning.period_end
        )
        .join(
            Program,
            (Program.tenant_id == Earning.tenant_id) & (Program.id == Earning.program_id),
        )
        .where(Earning.tenant_id == tenant_of(db), Earning.id == bulk.any_of(list(earning_ids)))
    )
    return {
        row.id: Earned(row.name, row.component, row.period_start, row.period_end) for row in rows
    }
