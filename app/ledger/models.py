"""The books. Transactions, entries, reservations and their endings are only ever inserted."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant, WithId
from app.db.journal import Head, Queued, Seal


class LedgerAccount(Base, WithId):
    """Where money can be: a person's available money, a program's expense, a provider's clearing."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint(
            "tenant_id", "owner_id", "kind", "currency", postgresql_nulls_not_distinct=True
        ),
    )

    kind: Mapped[str]
    owner_id: Mapped[UUID | None]
    currency: Mapped[str]


class LedgerBalance(Base, OfTenant):
    """The balance of an account that may not cross zero; its row lock is the queue before it.

    `side` is 1 where the balance may not be negative, -1 where it may not be positive.
    """

    __tablename__ = "ledger_balances"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["ledger_accounts.tenant_id", "ledger_accounts.id"]
        ),
        CheckConstraint("minor * side >= 0", name="on_its_side_of_zero"),
        CheckConstraint("side IN (1, -1)", name="side"),
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    side: Mapped[int] = mapped_column(SmallInteger)
    minor: Mapped[int]
    sequence: Mapped[int]


class LedgerTotal(Base, OfTenant):
    """What the sealed part of the journal adds up to for an account: the rolling snapshot."""

    __tablename__ = "ledger_totals"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["ledger_accounts.tenant_id", "ledger_accounts.id"]
        ),
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    minor: Mapped[int]
    entries: Mapped[int]


class LedgerTransaction(Base, WithId):
    """One business fact; a mistake gets a reversing transaction."""

    __tablename__ = "ledger_transactions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        Index(
            "uq_ledger_transactions_reverses",
            "tenant_id",
            "reverses",
            unique=True,
            postgresql_where=text("reverses IS NOT NULL"),
        ),
        Index(None, "tenant_id", "cause_kind", "cause_id"),
        ForeignKeyConstraint(
            ["tenant_id", "reverses"], ["ledger_transactions.tenant_id", "ledger_transactions.id"]
        ),
    )

    key: Mapped[str]
    kind: Mapped[str]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    reverses: Mapped[UUID | None]
    memo: Mapped[dict[str, Any]]
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    posted_at: Mapped[datetime]
    position: Mapped[int] = mapped_column(server_default=text("nextval('ledger_positions')"))


class LedgerEntry(Base, OfTenant):
    """One leg of a transaction. `account_sequence` counts the entries of a guarded account."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["ledger_transactions.tenant_id", "ledger_transactions.id"],
        ),
        Index(None, "tenant_id", "account_id", "position"),
        Index(
            "uq_ledger_entries_account_sequence",
            "tenant_id",
            "account_id",
            "account_sequence",
            unique=True,
            postgresql_where=text("account_sequence IS NOT NULL"),
        ),
        CheckConstraint("minor <> 0", name="moves_something"),
    )

    transaction_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    account_id: Mapped[UUID]
    currency: Mapped[str]
    minor: Mapped[int]
    position: Mapped[int]
    account_sequence: Mapped[int | None]


class LedgerReservation(Base, WithId):
    """Money set aside for one purpose until it is captured, voided or expires."""

    __tablename__ = "ledger_reservations"
    __table_args__ = (
        UniqueConstraint("tenant_id", "transaction_id"),
        Index(None, "tenant_id", "person_id"),
        ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["ledger_transactions.tenant_id", "ledger_transactions.id"],
        ),
        CheckConstraint("minor > 0", name="positive"),
    )

    person_id: Mapped[UUID]
    currency: Mapped[str]
    minor: Mapped[int]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    transaction_id: Mapped[UUID]


class LedgerResolution(Base, OfTenant):
    """How a reservation ended. Its key is the reservation: it ends once."""

    __tablename__ = "ledger_resolutions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "reservation_id"],
            ["ledger_reservations.tenant_id", "ledger_reservations.id"],
        ),
        ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["ledger_transactions.tenant_id", "ledger_transactions.id"],
        ),
        CheckConstraint("outcome IN ('captured', 'voided', 'expired')", name="outcome"),
    )

    reservation_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    captured_minor: Mapped[int]
    transaction_id: Mapped[UUID]


class LedgerQueued(Base, Queued):
    """A transaction that waits for its seal."""

    __tablename__ = "ledger_queued"


class LedgerSeal(Base, Seal):
    """The place of a transaction in the journal."""

    __tablename__ = "ledger_seals"
    __table_args__ = (UniqueConstraint("tenant_id", "item_id"),)


class LedgerHead(Base, Head):
    """Where the journal ends."""

    __tablename__ = "ledger_heads"
