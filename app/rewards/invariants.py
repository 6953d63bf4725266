"""What must always hold between orders, providers and the books (reference: money-safety 3.2)."""

from __future__ import annotations

from typing import Final

from app.db.proving import every, keeps_its_rows, no_rows
from app.kernel.prove import Invariant

ORDERS: Final = "SELECT id FROM redemptions WHERE tenant_id = :tenant"


INVARIANTS: Final = (
    Invariant(
        "I16",
        "Every order has exactly one live attempt",
        no_rows(
            counted=ORDERS,
            wrong="""
                SELECT r.id FROM redemptions r
                LEFT JOIN redemption_attempts a ON a.tenant_id = r.tenant_id AND a.redemption_id = r.id
                WHERE r.tenant_id = :tenant
                GROUP BY r.id, r.state
                HAVING count(a.id) FILTER (WHERE a.state <> 'refused')
                       <> CASE WHEN r.state IN ('refused', 'voided') THEN 0 ELSE 1 END
                    OR (r.state IN ('refused', 'voided') AND count(a.id) = 0)
                    OR (r.state IN ('settled', 'captured', 'returned')
                        AND count(a.id) FILTER (WHERE a.state = 'settled') <> 1)
                """,
            why="order does not have exactly one live attempt",
        ),
    ),
    Invariant(
        "I17",
        "Orders at providers are ours, and ours are theirs",
        every(
            no_rows(
                counted="SELECT key FROM redemption_attempts WHERE tenant_id = :tenant AND state = 'settled'",
                wrong="""
                    SELECT a.key FROM redemption_attempts a
                    JOIN redemptions r ON r.tenant_id = a.tenant_id AND r.id = a.redemption_id
                        AND r.provider IN ('code_vault', 'manual')
                    LEFT JOIN vault_codes c ON c.tenant_id = a.tenant_id AND c.order_key = a.key
                    LEFT JOIN manual_orders m
                        ON m.tenant_id = a.tenant_id AND m.key = a.key AND m.state = 'confirmed'
                    WHERE a.tenant_id = :tenant AND a.state = 'settled' AND c.id IS NULL AND m.id IS NULL
                    """,
                why="delivered, but the provider does not know it",
            ),
            no_rows(
                counted="""
                    SELECT order_key FROM vault_codes WHERE tenant_id = :tenant AND order_key IS NOT NULL
                    UNION ALL SELECT key FROM manual_orders WHERE tenant_id = :tenant
                    """,
                wrong="""
                    SELECT o.key FROM (
                        SELECT order_key AS key, id, product_id, minor, currency, true AS delivered
                        FROM vault_codes WHERE tenant_id = :tenant AND order_key IS NOT NULL
                        UNION ALL SELECT key, id, product_id, minor, currency, state = 'confirmed'
                        FROM manual_orders WHERE tenant_id = :tenant
                    ) AS o
                    LEFT JOIN redemption_attempts a ON a.tenant_id = :tenant AND a.key = o.key
                    LEFT JOIN redemptions r ON r.tenant_id = a.tenant_id AND r.id = a.redemption_id
                    WHERE a.id IS NULL OR (o.delivered AND a.state = 'refused')
                       OR (a.reference IS NOT NULL AND a.reference <> o.id::text)
                       OR (r.reward_id, r.minor, r.currency)
                          IS DISTINCT FROM (o.product_id, o.minor, o.currency)
                    """,
                why="at the provider, but not ours",
            ),
        ),
    ),
    Invariant(
        "I18",
        "Every code has one owner and was shown only to them",
        every(
            no_rows(
                counted="SELECT id FROM vault_codes WHERE tenant_id = :tenant AND order_key IS NOT NULL",
                wrong="""
                    SELECT order_key FROM vault_codes
                    WHERE tenant_id = :tenant AND order_key IS NOT NULL
                    GROUP BY order_key HAVING count(*) > 1
                    """,
                why="order got more than one code",
            ),
            no_rows(
                counted="SELECT id FROM redemptions WHERE tenant_id = :tenant AND reveals > 0",
                wrong="""
                    SELECT r.id FROM redemptions r
                    WHERE r.tenant_id = :tenant
                      AND (r.reveals <> (
                               SELECT count(*) FROM audit_records w
                               WHERE w.tenant_id = r.tenant_id AND w.object_kind = 'redemption'
                                 AND w.object_id = r.id::text AND w.action = 'voucher.revealed'
                                 AND w.actor_id = r.person_id)
                           OR (r.reveals > 0 AND r.state NOT IN ('captured', 'returned')))
                    """,
                why="code was shown without its owner asking",
            ),
            no_rows(
                counted="SELECT id FROM provider_deliveries WHERE tenant_id = :tenant",
                wrong="""
                    SELECT d.order_key FROM provider_deliveries d
                    LEFT JOIN redemption_attempts a ON a.tenant_id = d.tenant_id AND a.key = d.order_key
                    WHERE d.tenant_id = :tenant
                      AND (a.id IS NULL OR (a.state = 'refused' AND d.held_because IS NULL))
                    """,
                why="voucher came for no order of ours, or for one that was refused",
            ),
        ),
    ),
    Invariant(
        "R1",
        "Orders agree with the books",
        no_rows(
            counted=ORDERS,
            wrong="""
                SELECT r.id FROM redemptions r
                LEFT JOIN ledger_reservations h ON h.tenant_id = r.tenant_id AND h.id = r.reservation_id
                LEFT JOIN ledger_resolutions x ON x.tenant_id = h.tenant_id AND x.reservation_id = h.id
                WHERE r.tenant_id = :tenant
                  AND ((h.person_id, h.minor, h.currency, h.cause_id)
                           IS DISTINCT FROM (r.person_id, r.minor, r.currency, r.id)
                       OR x.outcome IS DISTINCT FROM
                           CASE WHEN r.state IN ('captured', 'returned') THEN 'captured'
                                WHEN r.state = 'voided' THEN 'voided' END
                       OR (r.state = 'returned') <> EXISTS (
                           SELECT FROM ledger_transactions t
                           WHERE t.tenant_id = r.tenant_id AND t.key = 'return:' || r.id))
                """,
            why="order and books disagree",
        ),
    ),
    Invariant(
        "R2",
        "The history of an order is whole",
        every(
            no_rows(
                counted=ORDERS,
                wrong="""
                    SELECT r.id FROM redemptions r
                    LEFT JOIN LATERAL (
                        SELECT count(*) AS steps, max(m.number) AS last,
                               (array_agg(m.state ORDER BY m.number DESC))[1] AS state
                        FROM redemption_moves m
                        WHERE m.tenant_id = r.tenant_id AND m.redemption_id = r.id
                    ) AS h ON true
                    WHERE r.tenant_id = :tenant AND (h.state IS DISTINCT FROM r.state OR h.steps <> h.last)
                    """,
                why="history does not lead to where the order stands",
            ),
            keeps_its_rows("redemption_moves"),
        ),
    ),
    Invariant(
        "R3",
        "Nobody redeems more prize money than was won",
        no_rows(
            counted="SELECT id FROM redemptions WHERE tenant_id = :tenant AND prize_minor > 0",
            wrong="""
                SELECT r.person_id FROM redemptions r
                LEFT JOIN LATERAL (
                    SELECT sum(e.minor) AS minor FROM ledger_accounts a
                    JOIN ledger_entries e ON e.tenant_id = a.tenant_id AND e.account_id = a.id
                    JOIN ledger_transactions t
                        ON t.tenant_id = e.tenant_id AND t.id = e.transaction_id
                    WHERE a.tenant_id = r.tenant_id AND a.owner_id = r.person_id
                      AND a.currency = r.currency AND a.kind = 'person_available'
                      AND t.cause_kind = 'contest'
                ) AS won ON true
                WHERE r.tenant_id = :tenant AND r.prize_minor > 0
                  AND r.state NOT IN ('refused', 'voided', 'returned')
                GROUP BY r.person_id, r.currency, won.minor
                HAVING sum(r.prize_minor) > coalesce(won.minor, 0)
                """,
            why="more prize money was redeemed than was won",
        ),
    ),
)
