"""What comes in replaces the verified claim of the same sale, so that it counts once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

# A claim without an amount is so many of a product. No revision of a sale that a manager said it is not
# takes it over.
_CLAIMED = text(
    """
    SELECT c.id AS claim_id, c.activity_id AS old_id, s.id AS new_id
    FROM claims c JOIN staged_activities s ON s.person_id = c.person_id
      AND lower(s.customer_reference) = lower(c.customer_reference)
      AND CASE WHEN c.currency IS NULL
        THEN (lower(s.product), s.units_micros) = (lower(c.product), c.units_micros)
        ELSE (s.amount_micros, s.currency) = (c.amount_micros, c.currency) END
      AND s.occurred_at BETWEEN c.occurred_on - interval '60 days' AND c.occurred_on + interval '60 days'
    WHERE c.tenant_id = :tenant AND c.state = 'verified' AND c.activity_id IS NOT NULL
      AND s.claim_id IS NULL AND NOT s.is_void AND NOT s.is_same
      AND NOT EXISTS (SELECT FROM claims o WHERE o.tenant_id = :tenant AND o.activity_id = s.id)
      AND NOT EXISTS (
        WITH RECURSIVE earlier AS (
          SELECT s.current_id AS id
          UNION ALL
          SELECT a.replaces_id FROM earlier e JOIN activities a ON a.tenant_id = :tenant AND a.id = e.id
        )
        SELECT FROM earlier WHERE id = ANY (c.told_apart)
      )
    ORDER BY c.created_at, c.id, s.n
    """
)

# Another source may have taken the claim over since it was found.
_TAKE_CLAIM = text(
    "UPDATE claims SET state = 'matched', activity_id = :new_id"
    " WHERE tenant_id = :tenant AND id = :claim_id AND activity_id = :old_id"
)
_TAKE_OVER = (
    text("UPDATE activities SET status = 'superseded' WHERE tenant_id = :tenant AND id = :old_id"),
    text(
        "UPDATE activities SET claim_id = :claim_id, replaces_id = coalesce(replaces_id, :old_id)"
        " WHERE tenant_id = :tenant AND id = :new_id"
    ),
)


def take_over(db: Session, key: dict[str, Any]) -> list[UUID]:
    """Let what is staged replace the verified claims of the same sales; return the ids that ended."""
    ended: list[UUID] = []
    used: set[UUID] = set()
    for row in db.execute(_CLAIMED, key).all():
        given = {**key, **row._asdict()}
        if used.isdisjoint((row.claim_id, row.new_id)) and _takes(db, given):
            used |= {row.claim_id, row.new_id}
            ended.append(row.old_id)
            for statement in _TAKE_OVER:
                db.execute(statement, given)
    return ended


def _takes(db: Session, given: dict[str, Any]) -> bool:
    result: Any = db.execute(_TAKE_CLAIM, given)
    return bool(result.rowcount)
