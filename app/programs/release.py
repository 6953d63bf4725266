"""Release: what has matured moves from earned to available."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.kernel.clock import day_in_zone
from app.ledger import core as books
from app.ledger import service as ledger
from app.live import rooms
from app.live.bus import publish
from app.live.events import TodayChanged
from app.programs import core, queries

_DUE: Final = text(
    """
    SELECT e.id, e.payee_id, e.currency, e.amount_minor, e.released_minor, e.revision,
           coalesce(
             (SELECT coalesce(sum(part.minor)
                              FILTER (WHERE part.release_on <= CAST(:today AS date)), 0)
                FROM earning_portions part
               WHERE part.tenant_id = e.tenant_id AND part.earning_id = e.id
              HAVING count(*) > 0),
             (SELECT coalesce(sum(line.delta_minor), 0)
                FROM earning_lines line
               WHERE line.tenant_id = e.tenant_id AND line.earning_id = e.id
                 AND line.delta_minor > 0 AND line.release_on <= CAST(:today AS date))) AS matured
      FROM earnings e
     WHERE e.tenant_id = :tenant AND e.amount_minor <> e.released_minor
       AND e.program_id = :program
       AND (CAST(:earnings AS uuid[]) IS NULL OR e.id = ANY(CAST(:earnings AS uuid[])))
     ORDER BY e.payee_id, e.program_id, e.component, e.period_start, e.activity_id
       FOR UPDATE OF e
    """
)

_RELEASED: Final = text(
    """
    UPDATE earnings SET released_minor = earnings.released_minor + given.minor
      FROM unnest(CAST(:ids AS uuid[]), CAST(:minors AS bigint[])) AS given(id, minor)
     WHERE earnings.tenant_id = :tenant AND earnings.id = given.id
    """
)


def release_due(db: Session) -> int:
    """Release everything whose day has come in the zone of its program; return how many earnings."""
    released = 0
    for program in queries.published(db):
        released += release_of(db, program)
    return released


def release_of(
    db: Session, program: queries.Published, earning_ids: Collection[UUID] | None = None
) -> int:
    """Release what is due of a program's earnings, all or the given; return of how many."""
    given = {
        "tenant": tenant_of(db),
        "program": program.program_id,
        "today": day_in_zone(work_of(db).now, program.document.zone),
        "earnings": None if earning_ids is None else list(earning_ids),
    }
    return _release(db, db.execute(_DUE, given).all())


def _release(db: Session, rows: Sequence[Any]) -> int:
    due = [
        (row, minor)
        for row in rows
        if (minor := core.due_minor(row.amount_minor, row.released_minor, int(row.matured)))
    ]
    if not due:
        return 0
    ledger.release(
        db,
        [
            books.Release(
                # A taken-back amount may become due again: the revision tells the two apart.
                key=f"release:{row.id}:{row.revision}:{row.released_minor}",
                person_id=row.payee_id,
                currency=row.currency,
                minor=minor,
                cause_kind="earning",
                cause_id=row.id,
            )
            for row, minor in due
        ],
    )
    db.execute(
        _RELEASED,
        {
            "tenant": tenant_of(db),
            "ids": [row.id for row, _ in due],
            "minors": [minor for _, minor in due],
        },
    )
    for person_id in {row.payee_id for row, _ in due}:
        publish(db, rooms.person(tenant_of(db), person_id), TodayChanged(cause="release"))
    return len(due)
