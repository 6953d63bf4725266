"""What must always hold in what finance keeps."""

from __future__ import annotations

from typing import Final

from app.db.proving import keeps_its_rows, no_rows
from app.kernel.prove import Invariant

STATEMENTS: Final = "SELECT id FROM statements WHERE tenant_id = :tenant"

INVARIANTS: Final = (
    Invariant(
        "F1",
        "Every frozen statement has the hash it was signed with",
        no_rows(
            counted=STATEMENTS,
            wrong="""
                SELECT id FROM statements WHERE tenant_id = :tenant AND sha256(body) <> sha256
                """,
            why="statement was changed",
        ),
    ),
    Invariant(
        "F2",
        "Every statement names the one before it",
        no_rows(
            counted=STATEMENTS,
            wrong="""
                SELECT id FROM (
                  SELECT id, convert_from(body, 'UTF8')::jsonb ->> 'previous_sha256' AS named,
                         encode(lag(sha256) OVER (PARTITION BY person_id ORDER BY first_on), 'hex')
                           AS before
                    FROM statements WHERE tenant_id = :tenant) chained
                 WHERE named IS DISTINCT FROM before
                """,
            why="statement does not follow the one before it",
        ),
    ),
    Invariant("F3", "Statements are never changed or removed", keeps_its_rows("statements")),
)
