"""Reads of bank accounts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.destinations import core
from app.destinations.core import Kind, State
from app.destinations.errors import AccountNotReady
from app.destinations.models import AccountCheck, BankAccount, DestinationSettings
from app.kernel.errors import NotFound
from app.people import queries as people
from app.providers import safe
from app.providers.contract import Destination

MOST_ACCOUNTS = 10


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """An account that waits for somebody to compare names."""

    account: BankAccount
    person_name: str
    shared_with: int
    """How many other people gave the same number: somebody may collect for others."""


def get_account(
    db: Session, account_id: UUID, *, person_id: UUID | None = None, lock: bool = False
) -> BankAccount:
    """Return an account (of `person_id`, when given) that was not removed; raise NotFound otherwise."""
    found = find_account(db, account_id, person_id=person_id, lock=lock)
    if found is None:
        raise NotFound("There is no such account.")
    return found


def find_account(
    db: Session, account_id: UUID, *, person_id: UUID | None = None, lock: bool = False
) -> BankAccount | None:
    """Return an account (of `person_id`, when given) that was not removed, None when there is none."""
    wanted = select(BankAccount).where(
        BankAccount.tenant_id == tenant_of(db),
        BankAccount.id == account_id,
        BankAccount.state != State.REMOVED,
    )
    if person_id is not None:
        wanted = wanted.where(BankAccount.person_id == person_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return db.execute(wanted).scalar_one_or_none()


def last_check(db: Session, account_id: UUID) -> UUID | None:
    """Return the check of an account that was asked for last."""
    return db.scalar(
        select(AccountCheck.id)
        .where(AccountCheck.tenant_id == tenant_of(db), AccountCheck.account_id == account_id)
        .order_by(AccountCheck.asked_at.desc(), AccountCheck.id.desc())
        .limit(1)
    )


def check_of_reference(db: Session, provider: str, reference: str | None) -> AccountCheck | None:
    """Return the check that a provider knows under `reference`, None while nobody has noted that."""
    if reference is None:
        return None
    return db.scalars(
        select(AccountCheck).where(
            AccountCheck.tenant_id == tenant_of(db),
            AccountCheck.provider == provider,
            AccountCheck.reference == reference,
        )
    ).first()


def accounts_of(db: Session, person_id: UUID) -> list[BankAccount]:
    """Return a person's accounts, the primary one first, then the newest."""
    return list(
        db.scalars(
            select(BankAccount)
            .where(
                BankAccount.tenant_id == tenant_of(db),
                BankAccount.person_id == person_id,
                BankAccount.state != State.REMOVED,
            )
            .order_by(BankAccount.is_primary.desc(), BankAccount.id.desc())
        )
    )


def labels(db: Session, account_ids: set[UUID]) -> dict[UUID, str]:
    """Return how accounts are shown, removed ones too: an order keeps saying where it went."""
    return {
        row.id: f"{row.bank} {row.label}".strip()
        for row in db.execute(
            select(BankAccount.id, BankAccount.bank, BankAccount.label).where(
                BankAccount.tenant_id == tenant_of(db), BankAccount.id.in_(account_ids)
            )
        )
    }


def get_ready(db: Session, account_id: UUID, *, person_id: UUID) -> BankAccount:
    """Return a person's account that money may be sent to now; raise AccountNotReady otherwise."""
    account = get_account(db, account_id, person_id=person_id)
    if not core.is_usable(account.state, account.usable_from, work_of(db).now):
        raise AccountNotReady(
            "This account can be paid when it is confirmed and the hold after a change is over.",
            usable_from=account.usable_from.isoformat() if account.usable_from else None,
        )
    return account


def find_destination(db: Session, account_id: UUID) -> Destination | None:
    """Return an account in clear for the one order that is sent there; None when it may not be paid.

    Its row is locked until the transaction ends: it is not removed between this look and the sending.
    """
    account = db.execute(
        select(BankAccount)
        .where(BankAccount.tenant_id == tenant_of(db), BankAccount.id == account_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if account is None or not core.is_usable(account.state, account.usable_from, work_of(db).now):
        return None
    return unseal(db, account)


def unseal(db: Session, account: BankAccount) -> Destination:
    """Return an account in clear, whatever its state."""
    assert account.details_sealed is not None
    assert account.data_key is not None
    assert account.key_id is not None
    sealed = safe.Sealed({"details": account.details_sealed}, account.data_key, account.key_id)
    details = json.loads(safe.unseal(db, account.id, sealed)["details"])
    return Destination(
        kind=cast("Kind", account.kind),
        holder=details["holder"],
        country=account.country,
        currency=account.currency,
        fields=details["fields"],
    )


def checks_left(db: Session, person_id: UUID) -> int:
    """Return how often a person may still have an account checked within these 24 hours."""
    return max(0, core.CHECKS_A_DAY - len(recent_checks(db, person_id)))


def recent_checks(db: Session, person_id: UUID) -> list[datetime]:
    """Return when a person had accounts checked in the last 24 hours, the oldest first."""
    return list(
        db.scalars(
            select(AccountCheck.asked_at)
            .where(
                AccountCheck.tenant_id == tenant_of(db),
                AccountCheck.person_id == person_id,
                AccountCheck.asked_at > work_of(db).now - core.DAY,
            )
            .order_by(AccountCheck.asked_at)
        )
    )


def due_checks(db: Session, *, most: int = 200) -> list[UUID]:
    """Return the checks whose answer is to be fetched now."""
    return list(
        db.scalars(
            select(AccountCheck.id)
            .where(AccountCheck.tenant_id == tenant_of(db), AccountCheck.due_at <= work_of(db).now)
            .order_by(AccountCheck.due_at)
            .limit(most)
        )
    )


def hold_hours(db: Session) -> int:
    """Return for how long a newly confirmed account is not paid."""
    found = db.get(DestinationSettings, tenant_of(db))
    return found.hold_hours if found else core.HOLD_HOURS


def in_review(db: Session) -> list[ReviewLine]:
    """Return the accounts whose names somebody has to compare, the oldest first."""
    tenant = tenant_of(db)
    rows = db.scalars(
        select(BankAccount)
        .where(BankAccount.tenant_id == tenant, BankAccount.state == State.REVIEW)
        .order_by(BankAccount.moved_at)
        .limit(500)
    ).all()
    names = people.names(db, {row.person_id for row in rows})
    return [ReviewLine(row, names.get(row.person_id, ""), others_with(db, row)) for row in rows]


def others_with(db: Session, account: BankAccount) -> int:
    """Return how many other people gave the number of this account."""
    found = db.scalar(
        select(func.count(func.distinct(BankAccount.person_id))).where(
            BankAccount.tenant_id == account.tenant_id,
            BankAccount.number_mac == account.number_mac,
            BankAccount.person_id != account.person_id,
        )
    )
    return int(found or 0)
