"""What must always hold of batches and their files (reference: money-safety 3.2, I19 and I24)."""

from __future__ import annotations

from typing import Final

from app.db.proving import every, keeps_its_rows, no_rows
from app.kernel.prove import Invariant

FILES: Final = "SELECT id FROM payout_batches WHERE tenant_id = :tenant AND sha256 IS NOT NULL"

CLEARED: Final = """
    SELECT a.id, a.owner_id, a.currency FROM ledger_accounts a
    WHERE a.tenant_id = :tenant AND a.kind = 'provider_clearing' AND EXISTS (
        SELECT FROM payout_batches b
        WHERE b.tenant_id = a.tenant_id AND a.owner_id IN (b.id, b.account_id))
    """
"""The clearing of files, and of the accounts they are paid from."""

INVARIANTS: Final = (
    Invariant(
        "I19",
        "Clearing accounts of payments by file return to zero",
        no_rows(
            counted=CLEARED,
            wrong=f"""
                WITH paid AS (
                    SELECT b.id, b.account_id, b.currency, sum(l.minor) AS minor
                    FROM payout_batches b
                    JOIN payout_lines l ON l.tenant_id = b.tenant_id AND l.batch_id = b.id
                    WHERE b.tenant_id = :tenant AND b.state NOT IN ('open', 'prepared', 'void')
                      AND l.state IN ('waiting', 'settled')
                    GROUP BY b.id, b.account_id, b.currency
                ), due AS (
                    SELECT id AS owner_id, currency, minor FROM paid
                    UNION ALL SELECT account_id, currency, -minor FROM paid
                    UNION ALL SELECT r.account_id, r.currency, r.minor - r.fee_minor - r.withheld_minor
                    FROM redemptions r
                    WHERE r.tenant_id = :tenant AND r.state = 'captured' AND r.account_id IN (
                        SELECT account_id FROM payout_batches WHERE tenant_id = :tenant)
                ), held AS (
                    SELECT c.owner_id, c.currency, sum(e.minor) AS minor
                    FROM ({CLEARED}) AS c
                    JOIN ledger_entries e ON e.tenant_id = :tenant AND e.account_id = c.id
                    GROUP BY c.owner_id, c.currency
                )
                SELECT owner_id || ' in ' || currency FROM held FULL JOIN (
                    SELECT owner_id, currency, sum(minor) AS minor FROM due GROUP BY owner_id, currency
                ) AS ought USING (owner_id, currency)
                WHERE coalesce(held.minor, 0) <> coalesce(ought.minor, 0)
                """,  # noqa: S608 - a statement of ours
            why="clearing is not what is under way",
        ),
    ),
    Invariant(
        "I24",
        "A batch is worth its lines, its file and what the books say",
        no_rows(
            counted=FILES,
            wrong="""
                SELECT b.id FROM payout_batches b
                LEFT JOIN LATERAL (
                    SELECT coalesce(sum(l.minor), 0) AS minor, count(*) AS payments,
                           coalesce(sum(h.minor - r.fee_minor - r.withheld_minor), 0) AS asked
                    FROM payout_lines l
                    JOIN redemptions r ON r.tenant_id = l.tenant_id AND r.id = l.redemption_id
                    JOIN ledger_reservations h
                        ON h.tenant_id = r.tenant_id AND h.id = r.reservation_id
                    WHERE l.tenant_id = b.tenant_id AND l.batch_id = b.id AND l.state <> 'withdrawn'
                ) AS lines ON true
                LEFT JOIN LATERAL (
                    SELECT sum(abs(e.minor)) / 2 AS minor
                    FROM ledger_transactions t
                    JOIN ledger_entries e ON e.tenant_id = t.tenant_id AND e.transaction_id = t.id
                    WHERE t.tenant_id = b.tenant_id AND t.key = 'payout_file:' || b.id
                ) AS books ON true
                WHERE b.tenant_id = :tenant AND b.sha256 IS NOT NULL
                  AND (b.total_minor <> lines.minor OR b.total_minor <> b.file_minor
                       OR b.total_minor <> lines.asked OR b.count <> lines.payments
                       OR (books.minor IS NULL
                           AND b.state NOT IN ('prepared', 'void'))
                       OR books.minor <> b.total_minor)
                """,
            why="batch, lines, file and books differ",
        ),
    ),
    Invariant(
        "B1",
        "Every file that left was approved by enough others, for these bytes",
        every(
            no_rows(
                counted=FILES,
                wrong="""
                    SELECT b.id FROM payout_batches b
                    LEFT JOIN payout_approvals a ON a.tenant_id = b.tenant_id AND a.batch_id = b.id
                        AND a.sha256 = b.sha256 AND a.total_minor = b.total_minor
                        AND a.person_id IS DISTINCT FROM b.prepared_by
                        AND NOT EXISTS (SELECT FROM payout_lines l WHERE l.tenant_id = b.tenant_id
                                        AND l.batch_id = b.id AND l.person_id = a.person_id)
                    WHERE b.tenant_id = :tenant
                      AND b.state IN ('approved', 'downloaded', 'sent', 'settled', 'part', 'returned')
                    GROUP BY b.id, b.approvals_needed
                    HAVING count(a.person_id) < greatest(b.approvals_needed, 1)
                    """,
                why="file left without enough approvals",
            ),
            keeps_its_rows("payout_approvals"),
        ),
    ),
    Invariant(
        "B2",
        "A payment stands in one live batch, and its order agrees with it",
        no_rows(
            counted="SELECT id FROM payout_lines WHERE tenant_id = :tenant",
            wrong="""
                SELECT l.id FROM payout_lines l
                JOIN redemptions r ON r.tenant_id = l.tenant_id AND r.id = l.redemption_id
                JOIN payout_batches b ON b.tenant_id = l.tenant_id AND b.id = l.batch_id
                WHERE l.tenant_id = :tenant
                  AND ((l.state <> 'moved' AND (r.minor - r.fee_minor - r.withheld_minor, r.currency, r.person_id)
                            IS DISTINCT FROM (l.minor, l.currency, l.person_id))
                       OR (b.state = 'void' AND l.state IN ('waiting', 'settled'))
                       OR (r.state = 'captured' AND l.state IN ('waiting', 'withdrawn'))
                       OR (r.state = 'voided' AND l.state IN ('waiting', 'settled')))
                """,
            why="payment and order disagree",
        ),
    ),
)
