"""What must always hold in the books (reference: money-safety 3.2)."""

from __future__ import annotations

from typing import Final

from app.db.proving import every, is_sealed_truly, keeps_its_rows, no_rows
from app.kernel.prove import Invariant, NotYet
from app.ledger import queries

TRANSACTIONS: Final = "SELECT id FROM ledger_transactions WHERE tenant_id = :tenant"
ENTRIES: Final = "SELECT line FROM ledger_entries WHERE tenant_id = :tenant"
AMOUNTS: Final = """
    SELECT c.relname, a.atttypid FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND (a.attname = 'minor' OR a.attname LIKE '%\\_minor') AND NOT a.attisdropped
    """
RESERVATIONS: Final = "SELECT id FROM ledger_reservations WHERE tenant_id = :tenant"

APPEND_ONLY: Final = (
    "ledger_accounts",
    "ledger_transactions",
    "ledger_entries",
    "ledger_reservations",
    "ledger_resolutions",
    "ledger_seals",
)


INVARIANTS: Final = (
    Invariant(
        "I1",
        "Every transaction balances in every currency",
        no_rows(
            counted=TRANSACTIONS,
            wrong="""
                SELECT t.id FROM ledger_transactions t
                LEFT JOIN ledger_entries e ON e.tenant_id = t.tenant_id AND e.transaction_id = t.id
                WHERE t.tenant_id = :tenant
                GROUP BY t.id, e.currency HAVING sum(e.minor) IS DISTINCT FROM 0
                """,
            why="transaction is not balanced",
        ),
    ),
    Invariant(
        "I2",
        "All entries together are zero in every currency",
        no_rows(
            counted="SELECT DISTINCT currency FROM ledger_entries WHERE tenant_id = :tenant",
            wrong="""
                SELECT currency FROM ledger_entries WHERE tenant_id = :tenant
                GROUP BY currency HAVING sum(minor) <> 0
                """,
            why="currency does not add up to zero",
        ),
    ),
    Invariant(
        "I3",
        "No transaction mixes currencies",
        no_rows(
            counted=TRANSACTIONS,
            wrong="""
                SELECT e.transaction_id FROM ledger_entries e
                LEFT JOIN ledger_accounts a ON a.tenant_id = e.tenant_id AND a.id = e.account_id
                WHERE e.tenant_id = :tenant
                GROUP BY e.transaction_id
                HAVING count(DISTINCT e.currency) > 1 OR bool_or(a.currency IS DISTINCT FROM e.currency)
                """,
            why="transaction mixes currencies",
        ),
    ),
    Invariant(
        "I4",
        "No limit was crossed at any point of the journal",
        no_rows(
            counted="""
                SELECT line FROM ledger_entries
                WHERE tenant_id = :tenant AND account_sequence IS NOT NULL
                """,
            wrong="""
                SELECT p.account_id || ' at ' || p.position FROM (
                    SELECT e.account_id, e.position, b.side, sum(e.minor) OVER (
                        PARTITION BY e.account_id ORDER BY s.sequence NULLS LAST, e.position, e.line
                    ) AS so_far
                    FROM ledger_entries e
                    JOIN ledger_balances b ON b.tenant_id = e.tenant_id AND b.account_id = e.account_id
                    LEFT JOIN ledger_seals s
                        ON s.tenant_id = e.tenant_id AND s.item_id = e.transaction_id
                    WHERE e.tenant_id = :tenant
                ) AS p WHERE p.so_far * p.side < 0
                """,
            why="account crossed zero",
        ),
    ),
    Invariant(
        "I5",
        "Reserved money is the open reservations",
        no_rows(
            counted="""
                SELECT id FROM ledger_accounts WHERE tenant_id = :tenant AND kind = 'person_reserved'
                """,
            wrong="""
                SELECT a.id FROM ledger_accounts a
                JOIN ledger_balances b ON b.tenant_id = a.tenant_id AND b.account_id = a.id
                LEFT JOIN LATERAL (
                    SELECT sum(r.minor) AS minor FROM ledger_reservations r
                    LEFT JOIN ledger_resolutions x
                        ON x.tenant_id = r.tenant_id AND x.reservation_id = r.id
                    WHERE r.tenant_id = a.tenant_id AND r.person_id = a.owner_id
                      AND r.currency = a.currency AND x.reservation_id IS NULL
                ) AS open ON true
                WHERE a.tenant_id = :tenant AND a.kind = 'person_reserved'
                  AND b.minor <> coalesce(open.minor, 0)
                """,
            why="reserved money is not the open reservations",
        ),
    ),
    Invariant(
        "I6",
        "Rows of the books cannot be changed or removed",
        keeps_its_rows(*APPEND_ONLY),
    ),
    Invariant(
        "I7",
        "One fact is one transaction",
        no_rows(
            counted=TRANSACTIONS,
            wrong="""
                SELECT key FROM ledger_transactions WHERE tenant_id = :tenant
                GROUP BY key HAVING count(*) > 1
                """,
            why="key was posted twice",
        ),
    ),
    Invariant(
        "I9",
        "No key is claimed without its effect",
        no_rows(
            counted=TRANSACTIONS,
            wrong="""
                SELECT t.id FROM ledger_transactions t
                WHERE t.tenant_id = :tenant AND (
                    NOT EXISTS (SELECT FROM ledger_entries e
                                WHERE e.tenant_id = t.tenant_id AND e.transaction_id = t.id)
                    OR (t.kind = 'reserve' AND NOT EXISTS (
                            SELECT FROM ledger_reservations r
                            WHERE r.tenant_id = t.tenant_id AND r.transaction_id = t.id))
                    OR (t.kind IN ('captured', 'voided', 'expired') AND NOT EXISTS (
                            SELECT FROM ledger_resolutions x
                            WHERE x.tenant_id = t.tenant_id AND x.transaction_id = t.id)))
                """,
            why="key is claimed without its effect",
        ),
    ),
    Invariant(
        "I10",
        "A reservation ends once",
        no_rows(
            counted=RESERVATIONS,
            wrong="""
                SELECT r.id FROM ledger_reservations r
                LEFT JOIN ledger_resolutions x ON x.tenant_id = r.tenant_id AND x.reservation_id = r.id
                LEFT JOIN ledger_transactions t
                    ON t.tenant_id = r.tenant_id AND t.key = 'resolution:' || r.id
                WHERE r.tenant_id = :tenant
                GROUP BY r.id
                HAVING count(DISTINCT x.transaction_id) > 1
                    OR count(DISTINCT x.transaction_id) <> count(DISTINCT t.id)
                    OR bool_or(x.outcome <> t.kind) OR bool_or(x.transaction_id <> t.id)
                """,
            why="reservation did not end exactly once",
        ),
    ),
    Invariant(
        "I11",
        "Captures are at most what was reserved",
        no_rows(
            counted="SELECT outcome FROM ledger_resolutions WHERE tenant_id = :tenant",
            wrong="""
                SELECT r.id FROM ledger_resolutions x
                JOIN ledger_reservations r ON r.tenant_id = x.tenant_id AND r.id = x.reservation_id
                LEFT JOIN LATERAL (
                    SELECT sum(e.minor) FILTER (WHERE a.kind NOT LIKE 'person%') AS paid,
                           sum(e.minor) FILTER (WHERE a.kind = 'person_reserved') AS taken
                    FROM ledger_entries e
                    JOIN ledger_accounts a ON a.tenant_id = e.tenant_id AND a.id = e.account_id
                    WHERE e.tenant_id = x.tenant_id AND e.transaction_id = x.transaction_id
                ) AS moved ON true
                WHERE x.tenant_id = :tenant
                  AND (x.captured_minor NOT BETWEEN 0 AND r.minor
                       OR (x.outcome = 'captured') <> (x.captured_minor > 0)
                       OR coalesce(moved.paid, 0) <> x.captured_minor
                       OR moved.taken IS DISTINCT FROM -r.minor)
                """,
            why="capture does not fit its reservation",
        ),
    ),
    Invariant(
        "I12",
        "A reversal mirrors its original, once",
        no_rows(
            counted="""
                SELECT id FROM ledger_transactions WHERE tenant_id = :tenant AND reverses IS NOT NULL
                """,
            wrong="""
                SELECT t.id FROM ledger_transactions t
                JOIN ledger_transactions o ON o.tenant_id = t.tenant_id AND o.id = t.reverses
                WHERE t.tenant_id = :tenant AND (
                    o.reverses IS NOT NULL
                    OR 1 < (SELECT count(*) FROM ledger_transactions again
                            WHERE again.tenant_id = t.tenant_id AND again.reverses = o.id)
                    OR EXISTS (
                        SELECT FROM ledger_entries e
                        WHERE e.tenant_id = t.tenant_id AND e.transaction_id IN (t.id, o.id)
                        GROUP BY e.account_id HAVING sum(e.minor) <> 0))
                """,
            why="reversal is no mirror image",
        ),
    ),
    Invariant(
        "I13",
        "Kept balances are the sum of their entries",
        every(
            no_rows(
                counted="SELECT account_id FROM ledger_balances WHERE tenant_id = :tenant",
                wrong="""
                    SELECT b.account_id FROM ledger_balances b
                    LEFT JOIN ledger_entries e ON e.tenant_id = b.tenant_id AND e.account_id = b.account_id
                    WHERE b.tenant_id = :tenant
                    GROUP BY b.account_id, b.minor HAVING b.minor <> coalesce(sum(e.minor), 0)
                    """,
                why="balance is not the sum of its entries",
            ),
            no_rows(
                counted="SELECT account_id FROM ledger_totals WHERE tenant_id = :tenant",
                wrong="""
                    SELECT coalesce(t.account_id, f.account_id) FROM
                        (SELECT * FROM ledger_totals WHERE tenant_id = :tenant) AS t
                    FULL JOIN (
                        SELECT e.account_id, sum(e.minor) AS minor, count(*) AS entries
                        FROM ledger_entries e
                        JOIN ledger_seals s ON s.tenant_id = e.tenant_id AND s.item_id = e.transaction_id
                        WHERE e.tenant_id = :tenant GROUP BY e.account_id
                    ) AS f ON f.account_id = t.account_id
                    WHERE (t.minor, t.entries) IS DISTINCT FROM (f.minor, f.entries)
                    """,
                why="rolling total is not the sum of the sealed entries",
            ),
        ),
    ),
    Invariant(
        "I14",
        "Entries of an account are numbered without a gap",
        no_rows(
            counted="SELECT account_id FROM ledger_balances WHERE tenant_id = :tenant",
            wrong="""
                SELECT b.account_id FROM ledger_balances b
                LEFT JOIN ledger_entries e ON e.tenant_id = b.tenant_id AND e.account_id = b.account_id
                WHERE b.tenant_id = :tenant
                GROUP BY b.account_id, b.sequence
                HAVING count(e.line) <> b.sequence OR coalesce(max(e.account_sequence), 0) <> b.sequence
                    OR count(DISTINCT e.account_sequence) <> b.sequence
                    OR coalesce(min(e.account_sequence), 1) <> 1
                """,
            why="entries of an account are not numbered through",
        ),
    ),
    Invariant(
        "I15",
        "The journal of the books is what was sealed and signed",
        every(
            is_sealed_truly(queries.JOURNAL),
            no_rows(
                counted=TRANSACTIONS,
                wrong="""
                    SELECT t.id FROM ledger_transactions t
                    LEFT JOIN ledger_seals s ON s.tenant_id = t.tenant_id AND s.item_id = t.id
                    LEFT JOIN ledger_queued q ON q.tenant_id = t.tenant_id AND q.position = t.position
                    WHERE t.tenant_id = :tenant AND (s.item_id IS NULL) = (q.item_id IS NULL)
                    """,
                why="transaction is neither sealed nor waiting, or both",
            ),
        ),
    ),
    Invariant(
        "I20",
        "Entries, transactions and accounts are of one tenant",
        no_rows(
            counted=ENTRIES,
            wrong="""
                SELECT e.transaction_id FROM ledger_entries e
                LEFT JOIN ledger_transactions t ON t.tenant_id = e.tenant_id AND t.id = e.transaction_id
                LEFT JOIN ledger_accounts a ON a.tenant_id = e.tenant_id AND a.id = e.account_id
                WHERE e.tenant_id = :tenant
                  AND (t.id IS NULL OR a.id IS NULL OR t.position <> e.position)
                """,
            why="entry belongs to no transaction or account of its tenant",
        ),
    ),
    Invariant(
        "I21",
        "Amounts are whole minor units",
        every(
            no_rows(
                counted=AMOUNTS,
                wrong=f"SELECT relname FROM ({AMOUNTS}) AS m WHERE atttypid <> 'int8'::regtype",  # noqa: S608
                why="amount is no whole number",
            ),
            no_rows(
                counted="SELECT DISTINCT currency FROM ledger_accounts WHERE tenant_id = :tenant",
                wrong="""
                    SELECT DISTINCT currency FROM ledger_accounts
                    WHERE tenant_id = :tenant AND currency !~ '^[A-Z]{3}$'
                    """,
                why="unknown currency",
            ),
        ),
    ),
)

NOT_YET: Final = (
    NotYet(
        "I22",
        "Reservations are covered by prefunding",
        "A prepaid balance stands in the provider's books, not in these: it is compared once a day, and an order "
        "that it does not cover waits until it is topped up.",
    ),
    NotYet("I23", "Expiry never touches reserved points", "Points do not expire yet."),
)
