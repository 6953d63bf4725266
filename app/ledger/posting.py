"""The one way into the books: lock, number, insert, all set-based. Private to the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import arrays, driver
from app.db.unit_of_work import after_commit, tenant_of, work_of
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger.core import GUARDED, AccountRef, Draft, Posted, Standing
from app.ledger.errors import BalanceTooLow, KeyReused

_KNOWN: Final = "ledger.accounts"
_MOST_KNOWN: Final = 50_000

# Only the missing ones are inserted: an insert that conflicts costs more than a look.
OPEN = """
    WITH opened AS (
        INSERT INTO ledger_accounts (tenant_id, id, kind, owner_id, currency)
        SELECT %(tenant)s, n.id, n.kind, n.owner_id, n.currency
        FROM unnest(CAST(%(ids)s AS uuid[]), CAST(%(kinds)s AS text[]), CAST(%(owners)s AS uuid[]),
                    CAST(%(currencies)s AS text[])) AS n (id, kind, owner_id, currency)
        WHERE NOT EXISTS (
            SELECT FROM ledger_accounts a WHERE a.tenant_id = %(tenant)s AND a.id = n.id)
        ORDER BY n.id
        ON CONFLICT DO NOTHING
    )
    INSERT INTO ledger_balances (tenant_id, account_id, side, minor, sequence)
    SELECT %(tenant)s, n.id, n.side, 0, 0
    FROM unnest(CAST(%(guarded)s AS uuid[]), CAST(%(sides)s AS smallint[])) AS n (id, side)
    WHERE NOT EXISTS (
        SELECT FROM ledger_balances b WHERE b.tenant_id = %(tenant)s AND b.account_id = n.id)
    ORDER BY n.id
    ON CONFLICT DO NOTHING
"""
LOCK_BALANCES = """
    SELECT account_id, minor, sequence FROM ledger_balances
    WHERE tenant_id = %(tenant)s AND account_id = ANY(CAST(%(ids)s AS uuid[]))
    ORDER BY account_id
    FOR UPDATE
"""
CLAIM_KEYS = """
    INSERT INTO ledger_transactions (tenant_id, id, key, kind, cause_kind, cause_id, reverses, memo,
                                     request_hash, posted_at)
    SELECT %(tenant)s, n.id, n.key, n.kind, n.cause_kind, n.cause_id, n.reverses, n.memo::jsonb,
           n.request_hash, %(now)s
    FROM unnest(CAST(%(ids)s AS uuid[]), CAST(%(keys)s AS text[]), CAST(%(kinds)s AS text[]),
                CAST(%(cause_kinds)s AS text[]), CAST(%(cause_ids)s AS uuid[]), CAST(%(reverses)s AS uuid[]),
                CAST(%(memos)s AS text[]), CAST(%(hashes)s AS bytea[]))
         WITH ORDINALITY
         AS n (id, key, kind, cause_kind, cause_id, reverses, memo, request_hash, ordinal)
    ORDER BY n.ordinal
    ON CONFLICT (tenant_id, key) DO NOTHING
    RETURNING id, position
"""
_INSERT_ENTRIES = """
    INSERT INTO ledger_entries (tenant_id, transaction_id, line, account_id, currency, minor,
                                position, account_sequence)
    SELECT %(tenant)s, n.transaction, n.line, n.account, n.currency, n.minor, t.position, n.sequence
    FROM unnest(CAST(%(transactions)s AS uuid[]), CAST(%(lines)s AS smallint[]),
                CAST(%(accounts)s AS uuid[]), CAST(%(currencies)s AS text[]), CAST(%(minors)s AS bigint[]),
                CAST(%(sequences)s AS bigint[]))
         AS n (transaction, line, account, currency, minor, sequence)
"""
UPDATE_BALANCES = """
    UPDATE ledger_balances b SET minor = n.minor, sequence = n.sequence
    FROM unnest(CAST(%(moved)s AS uuid[]), CAST(%(balances)s AS bigint[]), CAST(%(counts)s AS bigint[]))
         AS n (id, minor, sequence)
    WHERE b.tenant_id = %(tenant)s AND b.account_id = n.id
"""
INSERT_ENTRIES = f"""
    {_INSERT_ENTRIES}
    JOIN ledger_transactions t ON t.tenant_id = %(tenant)s AND t.id = n.transaction
"""
# One way there and back instead of three. Of a batch with a used key, claims are all that is written.
WRITE = f"""
    WITH claimed AS ({CLAIM_KEYS}),
    entered AS ({_INSERT_ENTRIES}
        JOIN claimed t ON t.id = n.transaction
        WHERE %(count)s = (SELECT count(*) FROM claimed)),
    moved AS ({UPDATE_BALANCES}
        AND %(count)s = (SELECT count(*) FROM claimed))
    SELECT id FROM claimed
"""  # noqa: S608 - our own words
READ_KEYS = """
    SELECT key, id, request_hash FROM ledger_transactions
    WHERE tenant_id = %(tenant)s AND key = ANY(CAST(%(keys)s AS text[]))
"""
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
    held = _lock(db, accounts)
    ids = {key: new_id() for key in asked}
    new = _write(db, ids, asked, accounts, held)
    earlier = _earlier(db, asked, [key for key in asked if ids[key] not in new])
    return [
        Posted(earlier.get(draft.key, ids[draft.key]), is_new=draft.key not in earlier)
        for draft in drafts
    ]


def hold(db: Session, accounts: Iterable[AccountRef]) -> None:
    """Lock the balances of `accounts`, in the order in which every posting locks them."""
    tenant = tenant_of(db)
    _lock(db, {ref: ref.id_in(tenant) for ref in accounts})


def _first_of_each_key(drafts: Sequence[Draft]) -> dict[str, Draft]:
    asked: dict[str, Draft] = {}
    for draft in drafts:
        if asked.setdefault(draft.key, draft).request_hash != draft.request_hash:
            raise _reused(draft.key)
    return asked


def _open(db: Session, accounts: dict[AccountRef, UUID]) -> None:
    # Accounts are never closed, so a connection that has seen one need not look for it again.
    known: set[UUID] = db.connection().info.setdefault(_KNOWN, set())
    new = {ref: account_id for ref, account_id in accounts.items() if account_id not in known}
    if not new:
        return
    guarded = [ref for ref in new if ref.kind in GUARDED]
    driver.run(
        db,
        OPEN,
        {
            "tenant": tenant_of(db),
            "ids": arrays.words(new.values()),
            "kinds": arrays.texts(ref.kind.value for ref in new),
            "owners": arrays.words(ref.owner_id for ref in new),
            "currencies": arrays.texts(ref.currency for ref in new),
            "guarded": arrays.words(new[ref] for ref in guarded),
            "sides": arrays.words(GUARDED[ref.kind] for ref in guarded),
        },
    )
    after_commit(db, lambda: _remember(known, new.values()))


def _remember(known: set[UUID], opened: Collection[UUID]) -> None:
    if len(known) + len(opened) > _MOST_KNOWN:
        known.clear()
    known.update(opened)


def _lock(db: Session, accounts: dict[AccountRef, UUID]) -> dict[AccountRef, tuple[int, int]]:
    guarded = {accounts[ref]: ref for ref in accounts if ref.kind in GUARDED}
    if not guarded:
        return {}
    wanted = {"tenant": tenant_of(db), "ids": arrays.words(guarded)}
    rows = driver.run(db, LOCK_BALANCES, wanted)
    return {guarded[account_id]: (minor, sequence) for account_id, minor, sequence in rows}


def _write(
    db: Session,
    ids: dict[str, UUID],
    asked: dict[str, Draft],
    accounts: dict[AccountRef, UUID],
    held: dict[AccountRef, tuple[int, int]],
) -> set[UUID]:
    """Claim the keys and write what is new; return the transactions that are."""
    tenant, claims = {"tenant": tenant_of(db)}, _claims(db, ids, asked)
    try:
        # Nearly always every key is new, and then it is said in one statement.
        entries, balances = _effects(ids, asked, accounts, Standing(held))
        written = {**claims, **entries, **balances, "count": len(asked)}
        new = {row[0] for row in driver.run(db, WRITE, tenant | written)}
        if len(new) == len(asked):
            return new
    except BalanceTooLow:
        # What does not fit may have been settled long ago.
        new = {row[0] for row in driver.run(db, CLAIM_KEYS, tenant | claims)}
    fresh = {key: draft for key, draft in asked.items() if ids[key] in new}
    entries, balances = _effects(ids, fresh, accounts, Standing(held))
    if fresh:
        driver.run(db, INSERT_ENTRIES, tenant | entries)
        driver.run(db, UPDATE_BALANCES, tenant | balances)
    return new


def _claims(db: Session, ids: dict[str, UUID], asked: dict[str, Draft]) -> dict[str, Any]:
    drafts = list(asked.values())
    return {
        "now": work_of(db).now,
        "ids": arrays.words(ids[draft.key] for draft in drafts),
        "keys": arrays.texts(draft.key for draft in drafts),
        "kinds": arrays.texts(draft.kind for draft in drafts),
        "cause_kinds": arrays.texts(draft.cause_kind for draft in drafts),
        "cause_ids": arrays.words(draft.cause_id for draft in drafts),
        "reverses": arrays.words(draft.reverses for draft in drafts),
        "memos": arrays.texts(orjson.dumps(dict(draft.memo)).decode() for draft in drafts),
        "hashes": arrays.hashes(draft.request_hash for draft in drafts),
    }


def _effects(
    ids: dict[str, UUID],
    fresh: dict[str, Draft],
    accounts: dict[AccountRef, UUID],
    standing: Standing,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the entries of `fresh` and the balances after them; raise BalanceTooLow where one crosses zero."""
    rows = [
        (ids[key], line, accounts[leg.account], leg.account.currency, leg.minor, standing.move(leg))
        for key, draft in fresh.items()
        for line, leg in enumerate(draft.legs(standing))
    ]
    changes = standing.changes()
    return (
        {
            "transactions": arrays.words(row[0] for row in rows),
            "lines": arrays.words(row[1] for row in rows),
            "accounts": arrays.words(row[2] for row in rows),
            "currencies": arrays.texts(row[3] for row in rows),
            "minors": arrays.words(row[4] for row in rows),
            "sequences": arrays.words(row[5] for row in rows),
        },
        {
            "moved": arrays.words(accounts[ref] for ref in changes),
            "balances": arrays.words(minor for minor, _ in changes.values()),
            "counts": arrays.words(sequence for _, sequence in changes.values()),
        },
    )


def _earlier(db: Session, asked: dict[str, Draft], keys: list[str]) -> dict[str, UUID]:
    """Return the transactions of keys that were used before, for the same request."""
    if not keys:
        return {}
    found: dict[str, UUID] = {}
    wanted = {"tenant": tenant_of(db), "keys": arrays.texts(keys)}
    for key, transaction_id, request_hash in driver.run(db, READ_KEYS, wanted):
        if request_hash != asked[key].request_hash:
            raise _reused(key)
        found[key] = transaction_id
    return found


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
