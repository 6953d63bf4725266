"""What people do with bank accounts: add, verify, confirm, prefer, remove; and decide where names differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import actor_of, tenant_of, work_of
from app.destinations import changes, core, jobs, queries
from app.destinations.core import CURRENCY, Kind, State
from app.destinations.errors import (
    AccountThere,
    BadAccount,
    ChecksUsedUp,
    NotInReview,
    NotToBeChecked,
    NotToBeConfirmed,
    OwnAccount,
    TooManyAccounts,
)
from app.destinations.models import AccountCheck, BankAccount, DestinationSettings
from app.jobs.queue import enqueue
from app.kernel.errors import Problem
from app.kernel.ids import new_id
from app.providers import bank_numbers, safe


def read_fields(kind: Kind, holder: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields as banks write them; raise BadAccount where they cannot be right."""
    if not core.is_name(holder):
        raise _bad("/holder", "holder_characters")
    try:
        return bank_numbers.check(kind, fields)
    except bank_numbers.BadNumber as bad:
        raise _bad(f"/fields/{bad.field}", bad.code) from None


def _bad(pointer: str, code: str) -> BadAccount:
    detail = "This cannot be right. Compare it with what your bank gave you."
    return BadAccount(detail, problems=[Problem(pointer, code, detail)])


def binding_of(kind: Kind, holder: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Return what a passkey confirms when an account is added: this number and no other."""
    whole = json.dumps([kind, holder, fields], sort_keys=True).encode()
    return {
        "kind": kind,
        "account": bank_numbers.mask(kind, fields),
        "digest": hashlib.sha256(whole).hexdigest(),
    }


def add(
    db: Session, *, person_id: UUID, kind: Kind, holder: str, fields: Mapping[str, str]
) -> BankAccount:
    """Keep a new account of a person, sealed; nothing is paid there before it is proven and held."""
    number = read_fields(kind, holder, fields)
    sealer = safe.sealer(db)
    mac = sealer.fingerprint(json.dumps([kind, _identity(number)], sort_keys=True))
    _lock(db, person_id)
    mine = queries.accounts_of(db, person_id)
    if any(account.number_mac == mac for account in mine):
        raise AccountThere("You have added this account already.")
    if len(mine) >= queries.MOST_ACCOUNTS:
        raise TooManyAccounts("Remove an account you no longer use first.")
    account_id, now = new_id(), work_of(db).now
    sealed = sealer.seal(account_id, details=json.dumps({"holder": holder, "fields": number}))
    account = BankAccount(
        tenant_id=tenant_of(db),
        id=account_id,
        person_id=person_id,
        kind=kind,
        country=bank_numbers.country_of(kind, number),
        currency=CURRENCY[kind],
        bank=bank_numbers.bank_name(kind, number),
        label=bank_numbers.mask(kind, number),
        details_sealed=sealed.fields["details"],
        data_key=sealed.data_key,
        key_id=sealed.key_id,
        number_mac=mac,
        state=State.NEW,
        asked_bank=False,
        is_primary=False,
        added_at=now,
        moved_at=now,
    )
    db.add(account)
    db.flush()
    changes.tell(db, account, "added")
    return account


def _identity(number: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in number.items() if name not in ("bic", "type")}


_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:person, 9))")


def _lock(db: Session, person_id: UUID) -> None:
    # One at a time for a person: the limits are counted, and the count must hold.
    db.execute(_LOCK, {"person": f"{tenant_of(db)}:{person_id}"})


def verify(db: Session, *, person_id: UUID, account_id: UUID) -> BankAccount:
    """Have an account checked by whoever can: a worker asks when this has committed."""
    _lock(db, person_id)
    account = queries.get_account(db, account_id, person_id=person_id, lock=True)
    if account.state not in (State.NEW, State.REFUSED):
        raise NotToBeChecked("This account is being checked, or was checked before.")
    asked = queries.recent_checks(db, person_id)
    now = work_of(db).now
    if len(asked) >= core.CHECKS_A_DAY:
        wait = asked[0] + core.DAY - now
        raise ChecksUsedUp(
            "You have had three checks within a day.", retry_after=int(wait.total_seconds()) + 1
        )
    check = AccountCheck(
        tenant_id=account.tenant_id,
        id=new_id(),
        account_id=account.id,
        person_id=person_id,
        asked_at=now,
        tries=0,
        due_at=now,
    )
    db.add(check)
    changes.move(db, account, State.CHECKING)
    db.flush()
    enqueue(db, jobs.check_job, check_id=str(check.id))
    return account


def confirm(db: Session, *, person_id: UUID, account_id: UUID) -> BankAccount:
    """Say that the name the bank gave is one's own: the account is paid when the hold is over."""
    account = queries.get_account(db, account_id, person_id=person_id, lock=True)
    if account.state != State.MATCHED:
        raise NotToBeConfirmed("This account does not wait for your confirmation.")
    account.usable_from = work_of(db).now + timedelta(hours=queries.hold_hours(db))
    changes.move(db, account, State.ACTIVE)
    if not any(other.is_primary for other in queries.accounts_of(db, person_id)):
        account.is_primary = True
    db.flush()
    changes.tell(db, account, "confirmed")
    return account


def prefer(db: Session, *, person_id: UUID, account_id: UUID) -> BankAccount:
    """Make an account the one that is offered first."""
    account = queries.get_account(db, account_id, person_id=person_id, lock=True)
    if account.state != State.ACTIVE:
        raise NotToBeConfirmed("Only a confirmed account can be the first.")
    db.execute(
        update(BankAccount)
        .where(
            BankAccount.tenant_id == account.tenant_id,
            BankAccount.person_id == person_id,
            BankAccount.is_primary,
        )
        .values(is_primary=False)
    )
    account.is_primary = True
    db.flush()
    changes.tell(db, account, "primary")
    return account


def remove(db: Session, *, person_id: UUID, account_id: UUID) -> None:
    """Forget an account: its number is destroyed, and what was not sent there yet stops."""
    account = queries.get_account(db, account_id, person_id=person_id, lock=True)
    account.details_sealed = account.data_key = account.key_id = None
    account.is_primary = False
    changes.move(db, account, State.REMOVED)
    db.execute(
        update(AccountCheck)
        .where(
            AccountCheck.tenant_id == account.tenant_id,
            AccountCheck.account_id == account.id,
            AccountCheck.due_at.is_not(None),
        )
        .values(due_at=None, outcome="removed")
    )
    db.flush()
    changes.tell(db, account, "removed")


def decide(db: Session, account_id: UUID, *, approve: bool, reason: str) -> BankAccount:
    """Say whether a name that only came close is the person's; never about the own account."""
    account = queries.get_account(db, account_id, lock=True)
    if account.person_id == actor_of(db).id:
        raise OwnAccount("Somebody else must decide about your own account.")
    if account.state != State.REVIEW:
        raise NotInReview("This account does not wait for a decision.")
    account.reason = None if approve else "name_refused"
    changes.move(db, account, State.MATCHED if approve else State.REFUSED)
    audit.record(
        db,
        action="account.approved" if approve else "account.rejected",
        object_kind="account",
        object_id=account_id,
        after={"reason": reason},
    )
    changes.tell(db, account, "matched" if approve else "refused")
    return account


def set_hold(db: Session, hours: int) -> None:
    """Say for how long a newly confirmed account is not paid."""
    before = queries.hold_hours(db)
    db.execute(
        insert(DestinationSettings)
        .values(tenant_id=tenant_of(db), hold_hours=hours)
        .on_conflict_do_update(index_elements=["tenant_id"], set_={"hold_hours": hours})
    )
    audit.record(
        db,
        action="accounts.hold_set",
        object_kind="tenant",
        object_id=tenant_of(db),
        before={"hold_hours": before},
        after={"hold_hours": hours},
    )
