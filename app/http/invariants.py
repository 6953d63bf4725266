"""What must always hold at the edge."""

from __future__ import annotations

from typing import Final

from app.db.proving import no_rows
from app.kernel.prove import Invariant

INVARIANTS: Final = (
    Invariant(
        "I8",
        "Every key that is kept has the one answer it was given",
        no_rows(
            counted="SELECT key FROM idempotency_claims WHERE tenant_id = :tenant",
            wrong="""
                SELECT key FROM idempotency_claims
                WHERE tenant_id = :tenant
                  AND (status IS NULL OR body IS NULL OR status NOT BETWEEN 200 AND 299
                       OR octet_length(request_hash) <> 32)
                """,
            why="key without its answer",
        ),
    ),
)
