"""Lines of pay that is settled as a whole: one for each difference that was posted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.kernel.clock import day_in_zone
from app.kernel.money import Money
from app.programs import queries
from app.programs.core import StatementLine
from app.programs.queries import Published

_POSTED: Final = """
    SELECT line.id, line.earning_id, line.delta_minor, line.release_on, line.posted_at,
           line.version, e.program_id, e.component, e.currency, e.amount_minor, e.released_minor,
           parts.wait_for_no_day, parts.last_release_on
      FROM earning_lines line
      JOIN earnings e ON e.tenant_id = line.tenant_id AND e.id = line.earning_id
     CROSS JOIN LATERAL (
           SELECT bool_or(part.release_on IS NULL) AS wait_for_no_day,
                  max(part.release_on) AS last_release_on
             FROM earning_portions part
            WHERE part.tenant_id = e.tenant_id AND part.earning_id = e.id) AS parts
     WHERE line.tenant_id = :tenant AND e.payee_id = :person AND e.settled
       AND line.posted_at >= :since AND line.posted_at < :until
       AND {after}
     ORDER BY line.posted_at DESC, line.id DESC, e.component DESC
     LIMIT :limit
"""

_AFTER: Final = (
    "(line.posted_at, line.id, e.component)"
    " < (CAST(:at AS timestamptz), CAST(:activity AS uuid), :component_after)"
)


def lines(
    db: Session, person_id: UUID, bounds: dict[str, Any], *, limit: int
) -> list[StatementLine]:
    """Return the newest differences of settled pay within `bounds`, posted before their cursor."""
    rows = db.execute(
        text(_POSTED.format(after=_AFTER if "at" in bounds else "true")),
        {
            "tenant": tenant_of(db),
            "person": person_id,
            "limit": limit,
            **bounds,
        },
    ).all()
    versions = {
        key: queries.version_of(db, *key) for key in {(row.program_id, row.version) for row in rows}
    }
    now = work_of(db).now
    return [_line(row, versions[row.program_id, row.version], now) for row in rows]


def _line(row: Any, program: Published, now: datetime) -> StatementLine:
    component = program.find_component(row.component)
    name = row.component if component is None else component.name
    state, waiting = _state(row, program, day_in_zone(now, program.document.zone))
    return StatementLine(
        id=str(row.id),
        earning_id=row.earning_id,
        activity_id=None,
        program_id=row.program_id,
        component_id=row.component,
        component_name=name,
        title=name,
        occurred_at=row.posted_at,
        money=Money(row.delta_minor, row.currency),
        state=state,
        waiting=waiting,
        release_on=row.release_on,
        at_risk_until=None,
        level=0,
    )


def _state(row: Any, program: Published, today: date) -> tuple[str, str | None]:
    last = row.last_release_on
    waits = row.wait_for_no_day or (last is not None and last > today)
    if waits and row.amount_minor != row.released_minor:
        return "payable", "held"
    if row.release_on <= today:
        return "available", None
    component = program.find_component(row.component)
    return "payable", None if component is None else component.release.on


def merged(
    one: Sequence[StatementLine], other: Sequence[StatementLine]
) -> list[tuple[tuple[datetime, UUID, str], StatementLine]]:
    """Return lines of both kinds, newest first, each with its place in the order."""
    placed = [(_place(line), line) for line in (*one, *other)]
    return sorted(placed, key=lambda each: each[0], reverse=True)


def _place(line: StatementLine) -> tuple[datetime, UUID, str]:
    return line.occurred_at, line.activity_id or UUID(line.id), line.component_id
