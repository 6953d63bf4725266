"""The one way into the books: lock, number, insert, all set-based. Private to the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger.core import GUARDED, AccountRef, Draft, Posted, Standing
from app.ledger.errors import KeyReused

# Only the missing ones are inserted: an insert that conflicts costs more than a look.
OPEN_ACCOUNTS = text("""
    INSERT INTO ledger_accounts (tenant_id, id, kind, owner_id, currency)
    SELECT :tenant, n.id, n.kind, n.owner_id, n.currency
    FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:owners AS uuid[]),
                CAST(:currencies AS text[])) AS n (id, kind, owner_id, currency)
    WHERE NOT EXISTS (SELECT FROM ledger_accounts a WHERE a.tenant_id = :tenant AND a.id = n.id)
    ORDER BY n.id
    ON CONFLICT DO NOTHING
""")
OPEN_BALANCES = text("""
    INSERT INTO ledger_balances (tenant_id, account_id, side, minor, sequence)
    SELECT :tenant, n.id, n.side, 0, 0
    FROM unnest(CAST(:ids AS uuid[]), CAST(:sides AS smallint[])) AS n (id, side)
    WHERE NOT EXISTS (
        SELECT FROM ledger_balances b WHERE b.tenant_id = :tenant AND b.account_id = n.id)
    ORDER BY n.id
    ON CONFLICT DO NOTHING
""")
LOCK_BALANCES = text("""
    SELECT account_id, minor, sequence FROM ledger_balances
    WHERE tenant_id = :tenant AND account_id = ANY(CAST(:ids AS uuid[]))
    ORDER BY account_id
    FOR UPDATE
""")
CLAIM_KEYS = text("""
    INSERT INTO ledger_transactions (tenant_id, id, key, kind, cause_kind, cause_id, reverses, memo,
                                     request_hash, posted_at)
    SELECT :tenant, n.id, n.key, n.kind, n.cause_kind, n.cause_id, n.reverses, n.memo::jsonb,
           n.request_hash, :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:keys AS text[]), CAST(:kinds AS text[]),
                CAST(:cause_kinds AS text[]), CAST(:cause_ids AS uuid[]), CAST(:reverses AS uuid[]),
                CAST(:memos AS text[]), CAST(:hashes AS bytea[]))
         WITH ORDINALITY
         AS n (id, key, kind, cause_kind, cause_id, reverses, memo, request_hash, ordinal)
    ORDER BY n.ordinal
    ON CONFLICT (tenant_id, key) DO NOTHING
    RETURNING id, position
""")
READ_KEYS = text("""
    SELECT key, id, request_hash FROM ledger_transactions
    WHERE tenant_id = :tenant AND key = ANY(CAST(:keys AS text[]))
""")
INSERT_ENTRIES = text("""
    INSERT INTO ledger_entries (tenant_id, transaction_id, line, account_id, currency, minor,
                                position, account_sequence)
    SELECT :tenant, n.*
    FROM unnest(CAST(:transactions AS uuid[]), CAST(:lines AS smallint[]),
                CAST(:accounts AS uuid[]), CAST(:currencies AS text[]), CAST(:minors AS bigint[]),
                CAST(:positions AS bigint[]), CAST(:sequences AS bigint[])) AS n
""")
UPDATE_BALANCES = text("""
    UPDATE ledger_balances b SET minor = n.minor, sequence = n.sequence
    FROM unnest(CAST(:ids AS uuid[]), CAST(:minors AS bigint[]), CAST(:sequences AS bigint[]))
         AS n (id, minor, sequence)
    WHERE b.tenant_id = :tenant AND b.account_id = n.id
""")
ADD_TO_TOTALS = text("""
    INSERT INTO ledger_totals AS t (tenant_id, account_id, minor, entries)
    SELECT tenant_id, account_id, sum(minor), count(*) FROM ledger_entries
    WHERE tenant_id = :tenant AND transaction_id = ANY(CAST(:ids AS uuid[]))
    GROUP BY tenant_id, account_id
    ON CONFLICT (tenant_id, account_id)
    DO UPDATE SET minor = t.minor + excluded.minor, entries = t.entries + excluded.entries
""")
INSERT_RESERVATION = text("""
    INSERT INTO ledger_reservations (tenant_id, id, person_id, currency, minor, cause_kind, cause_id,
                                     transaction_id)
    VALUES (:tenant, :id, :person, :currency, :minor, :cause_kind, :cause_id, :transaction)
    ON CONFLICT (tenant_id, transaction_id) DO NOTHING
""")
RESERVATION_OF = text("""
    SELECT id FROM ledger_reservations WHERE tenant_id = :tenant AND transaction_id = :transaction
""")
INSERT_RESOLUTION = text("""
    INSERT INTO ledger_resolutions (tenant_id, reservation_id, outcome, captured_minor, transaction_id)
    VALUES (:tenant, :reservation, :outcome, :captured, :transaction)
    ON CONFLICT DO NOTHING
""")


def post(db: Session, drafts: Sequence[Draft]) -> list[Posted]:
    """Post `drafts` in order and say what became of each; a key that was used is answered, not repeated."""
    if not drafts:
        return []
    asked = _first_of_each_key(drafts)
    tenant = tenant_of(db)
    accounts = {ref: ref.id_in(tenant) for draft in asked.values() for ref in draft.touches}
    _open(db, accounts)
    # Locks come before positions are drawn: the journal then has the order of the locks.
    standing = _lock(db, accounts)
    ids = {key: new_id() for key in asked}
    positions = _claim(db, ids, asked)
    fresh = [
        (ids[key], positions[ids[key]], draft)
        for key, draft in asked.items()
        if ids[key] in positions
    ]
    if len(fresh) < len(asked):
        ids |= _earlier(db, asked, keys=[key for key in asked if ids[key] not in positions])
    _insert_entries(db, fresh, accounts, standing)
    _update_balances(db, accounts, standing)
    return [Posted(ids[draft.key], is_new=ids[draft.key] in positions) for draft in drafts]


def _first_of_each_key(drafts: Sequence[Draft]) -> dict[str, Draft]:
    asked: dict[str, Draft] = {}
    for draft in drafts:
        if asked.setdefault(draft.key, draft).request_hash != draft.request_hash:
            raise _reused(draft.key)
    return asked


def _open(db: Session, accounts: dict[AccountRef, UUID]) -> None:
    refs = list(accounts)
    db.execute(
        OPEN_ACCOUNTS,
        {
            "tenant": tenant_of(db),
            "ids": [accounts[ref] for ref in refs],
            "kinds": [ref.kind.value for ref in refs],
            "owners": [ref.owner_id for ref in refs],
            "currencies": [ref.currency for ref in refs],
        },
    )


def _lock(db: Session, accounts: dict[AccountRef, UUID]) -> Standing:
    guarded = {accounts[ref]: ref for ref in accounts if ref.kind in GUARDED}
    if not guarded:
        return Standing({})
    ids = list(guarded)
    sides = [GUARDED[guarded[account_id].kind] for account_id in ids]
    tenant = tenant_of(db)
    db.execute(OPEN_BALANCES, {"tenant": tenant, "ids": ids, "sides": sides})
    rows = db.execute(LOCK_BALANCES, {"tenant": tenant, "ids": ids})
    return Standing({guarded[row.account_id]: (row.minor, row.sequence) for row in rows})


def _claim(db: Session, ids: dict[str, UUID], asked: dict[str, Draft]) -> dict[UUID, int]:
    drafts = list(asked.values())
    rows = db.execute(
        CLAIM_KEYS,
        {
            "tenant": tenant_of(db),
            "now": work_of(db).now,
            "ids": [ids[draft.key] for draft in drafts],
            "keys": [draft.key for draft in drafts],
            "kinds": [draft.kind for draft in drafts],
            "cause_kinds": [draft.cause_kind for draft in drafts],
            "cause_ids": [draft.cause_id for draft in drafts],
            "reverses": [draft.reverses for draft in drafts],
            "memos": [orjson.dumps(dict(draft.memo)).decode() for draft in drafts],
            "hashes": [draft.request_hash for draft in drafts],
        },
    )
    return {row.id: row.position for row in rows}


def _earlier(db: Session, asked: dict[str, Draft], *, keys: list[str]) -> dict[str, UUID]:
    found: dict[str, UUID] = {}
    for row in db.execute(READ_KEYS, {"tenant": tenant_of(db), "keys": keys}):
        if row.request_hash != asked[row.key].request_hash:
            raise _reused(row.key)
        found[row.key] = row.id
    return found


def _insert_entries(
    db: Session,
    fresh: Iterable[tuple[UUID, int, Draft]],
    accounts: dict[AccountRef, UUID],
    standing: Standing,
) -> None:
    rows: list[tuple[Any, ...]] = []
    for transaction_id, position, draft in fresh:
        for line, leg in enumerate(draft.legs(standing)):
            rows.append(
                (
                    transaction_id,
                    line,
                    accounts[leg.account],
                    leg.account.currency,
                    leg.minor,
                    position,
                    standing.move(leg),
                )
            )
    if not rows:
        return
    names = ("transactions", "lines", "accounts", "currencies", "minors", "positions", "sequences")
    columns = (list(column) for column in zip(*rows, strict=True))
    db.execute(INSERT_ENTRIES, {"tenant": tenant_of(db), **dict(zip(names, columns, strict=True))})


def _update_balances(db: Session, accounts: dict[AccountRef, UUID], standing: Standing) -> None:
    changes = standing.changes()
    if not changes:
        return
    db.execute(
        UPDATE_BALANCES,
        {
            "tenant": tenant_of(db),
            "ids": [accounts[ref] for ref in changes],
            "minors": [minor for minor, _ in changes.values()],
            "sequences": [sequence for _, sequence in changes.values()],
        },
    )


def _reused(key: str) -> KeyReused:
    return KeyReused("This key was used for another posting.", key=key)


def add_to_totals(db: Session, transaction_ids: Sequence[UUID]) -> None:
    """Carry sealed transactions into the rolling totals of their accounts."""
    if transaction_ids:
        db.execute(ADD_TO_TOTALS, {"tenant": tenant_of(db), "ids": list(transaction_ids)})


def insert_reservation(
    db: Session,
    *,
    reservation_id: UUID,
    person_id: UUID,
    money: Money,
    cause_kind: str,
    cause_id: UUID,
    transaction_id: UUID,
) -> UUID:
    """Write the reservation that `transaction_id` made; return the one there is when it was written before."""
    tenant = tenant_of(db)
    db.execute(
        INSERT_RESERVATION,
        {
            "tenant": tenant,
            "id": reservation_id,
            "person": person_id,
            "currency": money.currency,
            "minor": money.minor,
            "cause_kind": cause_kind,
            "cause_id": cause_id,
            "transaction": transaction_id,
        },
    )
    found: UUID = db.scalars(
        RESERVATION_OF, {"tenant": tenant, "transaction": transaction_id}
    ).one()
    return found


def insert_resolution(
    db: Session, *, reservation_id: UUID, outcome: str, captured_minor: int, transaction_id: UUID
) -> None:
    """Write how a reservation ended."""
    db.execute(
        INSERT_RESOLUTION,
        {
            "tenant": tenant_of(db),
            "reservation": reservation_id,
            "outcome": outcome,
            "captured": captured_minor,
            "transaction": transaction_id,
        },
    )
