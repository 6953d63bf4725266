"""What must always hold of intake: no row is lost, nothing counts twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.kernel.prove import Finding, Invariant

_SAMPLE: Final = 5

_ROWS: Final = (
    "imports",
    """
    SELECT i.id FROM imports i
    WHERE i.tenant_id = :tenant AND (
      i.accepted + i.fixed + i.quarantined + i.refused <> i.rows_done
      OR (i.fixed + i.quarantined + i.refused) <> (
        SELECT count(*) FROM import_rows r WHERE r.tenant_id = i.tenant_id AND r.import_id = i.id)
      OR i.quarantined <> (
        SELECT count(*) FROM import_rows r WHERE r.tenant_id = i.tenant_id AND r.import_id = i.id
          AND r.outcome = 'quarantined'))
    """,
)

_ONCE: Final = (
    "activities",
    """
    SELECT a.id FROM activities a JOIN activities b ON b.tenant_id = a.tenant_id
      AND b.replaces_id = a.id AND b.status <> 'superseded'
    WHERE a.tenant_id = :tenant AND a.status <> 'superseded'
    """,
)

_CLAIMS: Final = (
    "claims",
    """
    SELECT c.id FROM claims c
    WHERE c.tenant_id = :tenant AND (
      (c.state IN ('verified', 'matched')) <> (c.activity_id IS NOT NULL)
      OR (SELECT count(*) FROM activities a WHERE a.tenant_id = c.tenant_id AND a.claim_id = c.id
            AND a.status = 'counted') > 1
      OR (c.state IN ('waiting', 'refused') AND EXISTS (
            SELECT FROM activities a WHERE a.tenant_id = c.tenant_id AND a.claim_id = c.id
              AND a.status = 'counted')))
    """,
)


def _none_of(check: tuple[str, str]) -> Callable[[Session], Finding]:
    table, wrong = check

    def look(db: Session) -> Finding:
        key: dict[str, Any] = {"tenant": tenant_of(db)}
        seen = db.scalar(
            text(f"SELECT count(*) FROM {table} WHERE tenant_id = :tenant"),  # noqa: S608 - our own tables
            key,
        )
        found = db.scalars(text(wrong), key).all()
        return Finding(int(seen or 0), len(found), tuple(str(one) for one in found[:_SAMPLE]))

    return look


INVARIANTS: Final = (
    Invariant("A1", "Every row of every file is accounted for", _none_of(_ROWS)),
    Invariant("A2", "What was replaced does not count beside what replaced it", _none_of(_ONCE)),
    Invariant("A3", "A claim counts once, and only when it was verified", _none_of(_CLAIMS)),
)
