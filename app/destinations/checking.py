"""The check of an account: claim it, ask whoever can tell, note the answer. May be repeated any time.

A bank may take back what it said, days later: then it is asked about a check that has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.destinations import changes, core, queries
from app.destinations.core import State
from app.destinations.models import AccountCheck, BankAccount
from app.people import queries as people
from app.providers import accounts, bank_numbers, registry
from app.providers.contract import (
    Destination,
    Invalid,
    Match,
    Pending,
    Unknown,
    Validation,
    Verified,
)
from app.providers.models import ProviderAccount

ASKED: Final[Mapping[str, tuple[str, ...]]] = {
    "ifsc": ("cashfree",),
    "id_bank": (),
    "iban": (),
    "us_ach": (),
}
"""Who can be asked about an account of a kind, the first of whom the tenant has an account with."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What one worker was sent to ask, and whom; nobody, where only names can be compared."""

    check_id: UUID
    destination: Destination
    provider: str | None
    account_id: UUID | None
    is_over: bool = False
    """The check has ended; its bank may take back what it said, and nothing else comes of this."""


GOOD: Final = frozenset({State.MATCHED, State.ACTIVE, State.REVIEW})
"""What an account is after a check that went well."""


def check(open_work: registry.OpenWork, check_id: UUID, *, has_news: bool = False) -> None:
    """Ask about an account and write down what was said. `has_news`: the bank says it has an answer."""
    with open_work() as db:
        errand = claim(db, check_id, has_news=has_news)
    if errand is None:
        return
    said = _ask(open_work, errand)
    with open_work() as db:
        note(db, errand, said)


def whom(db: Session, check_id: UUID) -> UUID | None:
    """Return the account with whoever is asked about a check; None where nobody is."""
    found = db.get_one(AccountCheck, (tenant_of(db), check_id))
    account = queries.find_account(db, found.account_id)
    asked = _whom_to_ask(db, account) if account is not None else None
    return asked.id if asked else None


def _ask(open_work: registry.OpenWork, errand: Errand) -> Validation:
    if errand.provider is None:
        masked = bank_numbers.mask_name(errand.destination.holder)
        return Verified(f"house:{errand.check_id}", "not_checked", masked)
    reached = registry.reach(open_work, errand.provider, errand.account_id)
    return reached.provider.validate_account(errand.destination)


def claim(db: Session, check_id: UUID, *, has_news: bool = False) -> Errand | None:
    """Take what is due, so that nobody else asks meanwhile; None when nothing is.

    With news it is due now, and so is a check that has ended, as long as the account rests on it.
    """
    found = db.execute(
        select(AccountCheck)
        .where(AccountCheck.tenant_id == tenant_of(db), AccountCheck.id == check_id)
        .with_for_update()
    ).scalar_one()
    now = work_of(db).now
    if not _is_due(db, found, has_news=has_news):
        return None
    account = queries.get_account(db, found.account_id)
    asked = _whom_to_ask(db, account)
    if found.due_at is not None:
        found.tries += 1
        found.due_at = now + core.PATIENCE
        found.provider = asked.provider if asked else None
    destination = queries.unseal(db, account)
    if found.reference is not None:
        # It runs at the bank already: ask for its answer, not for another penny.
        destination = replace(
            destination, fields={**destination.fields, "verification": found.reference}
        )
    return Errand(
        check_id,
        destination,
        found.provider,
        asked.id if asked else None,
        is_over=found.due_at is None,
    )


def _is_due(db: Session, found: AccountCheck, *, has_news: bool) -> bool:
    if found.due_at is not None:
        return has_news or found.due_at <= work_of(db).now
    return has_news and _rests_on(db, found) is not None


def _rests_on(db: Session, found: AccountCheck) -> BankAccount | None:
    """Return the account that a check which has ended speaks for; None when another one does, or none."""
    account = queries.find_account(db, found.account_id, lock=True)
    is_last = found.id == queries.last_check(db, found.account_id)
    return account if account is not None and is_last and account.state in GOOD else None


def _whom_to_ask(db: Session, account: BankAccount) -> ProviderAccount | None:
    candidates = (accounts.find_for(db, provider) for provider in ASKED[account.kind])
    return next((row for row in candidates if row is not None), None)


def note(db: Session, errand: Errand, said: Validation) -> None:
    """Write down what was said, unless the account was removed or somebody noted it before."""
    found = db.execute(
        select(AccountCheck)
        .where(AccountCheck.tenant_id == tenant_of(db), AccountCheck.id == errand.check_id)
        .with_for_update()
    ).scalar_one()
    if errand.is_over:
        _after_the_end(db, found, said)
    if found.due_at is None:
        return
    account = queries.get_account(db, found.account_id, lock=True)
    account.asked_bank = errand.provider is not None
    match said:
        case Verified(reference, match, masked_name):
            account.masked_name = masked_name
            house = _house_match(db, account, errand.destination)
            end = core.judge(_bank_match(match), house)
            found.reference = reference
            _end(db, found, account, end, f"name_{match}")
        case Invalid(code):
            _end(db, found, account, State.REFUSED, code)
        case Pending(reference):
            found.reference = reference
            _ask_later(db, found, account, "pending")
        case Unknown(reason):
            _ask_later(db, found, account, reason)


def _after_the_end(db: Session, found: AccountCheck, said: Validation) -> None:
    """Believe a bank that takes back what it said: nothing more is paid to that account."""
    account = _rests_on(db, found)
    if account is not None and isinstance(said, Invalid):
        _end(db, found, account, State.REFUSED, said.code)


def _bank_match(match: Match) -> Match:
    # Where no bank was asked, only the name in the house counts.
    return "match" if match == "not_checked" else match


def _house_match(db: Session, account: BankAccount, destination: Destination) -> Match:
    known = people.get_person(db, account.person_id).name
    return core.match_names(destination.holder, known)


def _ask_later(db: Session, found: AccountCheck, account: BankAccount, why: str) -> None:
    now = work_of(db).now
    if now - found.asked_at >= core.DAY:
        _end(db, found, account, State.REVIEW, "bank_silent")
    else:
        found.due_at, found.outcome = now + core.pause_after(found.tries), why


def _end(
    db: Session, found: AccountCheck, account: BankAccount, state: State, outcome: str
) -> None:
    found.due_at, found.outcome = None, outcome
    account.reason = None if state == State.MATCHED else outcome
    changes.move(db, account, state)
    if state == State.MATCHED:
        changes.tell(db, account, "matched")
    elif state == State.REFUSED:
        changes.tell(db, account, "refused")
