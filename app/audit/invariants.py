"""What must always hold in the audit journal."""

from __future__ import annotations

from typing import Final

from app.audit import queries
from app.db.proving import every, is_sealed_truly, keeps_its_rows, no_rows
from app.kernel.prove import Invariant

INVARIANTS: Final = (
    Invariant(
        "J1",
        "Rows of the audit journal cannot be changed or removed",
        keeps_its_rows("audit_records", "audit_seals"),
    ),
    Invariant(
        "J2",
        "The audit journal is what was sealed and signed",
        every(
            is_sealed_truly(queries.JOURNAL),
            no_rows(
                counted="SELECT id FROM audit_records WHERE tenant_id = :tenant",
                wrong="""
                    SELECT r.id FROM audit_records r
                    LEFT JOIN audit_seals s ON s.tenant_id = r.tenant_id AND s.item_id = r.id
                    LEFT JOIN audit_queued q ON q.tenant_id = r.tenant_id AND q.position = r.position
                    WHERE r.tenant_id = :tenant AND (s.item_id IS NULL) = (q.item_id IS NULL)
                    """,
                why="record is neither sealed nor waiting, or both",
            ),
        ),
    ),
)
