"""What must always hold of intake: no row is lost, nothing counts twice."""

from __future__ import annotations

from typing import Final

from app.db.proving import no_rows
from app.kernel.prove import Invariant

INVARIANTS: Final = (
    Invariant(
        "A1",
        "Every row of every file is accounted for",
        no_rows(
            counted="SELECT id FROM imports WHERE tenant_id = :tenant",
            wrong="""
                SELECT i.id FROM imports i
                WHERE i.tenant_id = :tenant AND (
                  i.accepted + i.fixed + i.quarantined + i.refused <> i.rows_done
                  OR (i.fixed + i.quarantined + i.refused) <> (
                    SELECT count(*) FROM import_rows r WHERE r.tenant_id = i.tenant_id AND r.import_id = i.id)
                  OR i.quarantined <> (
                    SELECT count(*) FROM import_rows r WHERE r.tenant_id = i.tenant_id AND r.import_id = i.id
                      AND r.outcome = 'quarantined'))
                """,
            why="row is not accounted for",
        ),
    ),
    Invariant(
        "A2",
        "What was replaced does not count beside what replaced it",
        no_rows(
            counted="SELECT id FROM activities WHERE tenant_id = :tenant",
            wrong="""
                SELECT a.id FROM activities a JOIN activities b ON b.tenant_id = a.tenant_id
                  AND b.replaces_id = a.id AND b.status <> 'superseded'
                WHERE a.tenant_id = :tenant AND a.status <> 'superseded'
                """,
            why="counts beside what replaced it",
        ),
    ),
    Invariant(
        "A3",
        "A claim counts once, and only when it was verified",
        no_rows(
            counted="SELECT id FROM claims WHERE tenant_id = :tenant",
            wrong="""
                SELECT c.id FROM claims c
                WHERE c.tenant_id = :tenant AND (
                  (c.state IN ('verified', 'matched')) <> (c.activity_id IS NOT NULL)
                  OR (SELECT count(*) FROM activities a WHERE a.tenant_id = c.tenant_id AND a.claim_id = c.id
                        AND a.status = 'counted') > 1
                  OR (c.state IN ('waiting', 'refused') AND EXISTS (
                        SELECT FROM activities a WHERE a.tenant_id = c.tenant_id AND a.claim_id = c.id
                          AND a.status = 'counted')))
                """,
            why="claim does not count as it should",
        ),
    ),
)
