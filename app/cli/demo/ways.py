"""How Lumera's people have their money sent to a bank, from which account, and to which of the rep's."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli.demo.company import NAME, ZONE
from app.destinations import checking
from app.destinations import service as destinations
from app.destinations.models import AccountCheck
from app.payouts import paying
from app.people import queries as people
from app.providers import accounts, bank_numbers, registry
from app.providers.contract import Verified
from app.rewards import cash
from app.rewards.cash import Method
from app.rewards.cash_core import Fee

WAYS: Final = (
    Method("SEPA transfer", "file", "EUR", 1_000, 500_000, Fee(0, 0), False, 48),
    Method("Bank transfer", "razorpayx", "INR", 10_000, None, Fee(500, 0), True, 0),
    Method("Transfer bank", "xendit", "IDR", 1_000_000, None, Fee(250_000, 0), True, 0),
)
PAYING: Final = {
    "format": "pain.001.001.09",
    "currency": "EUR",
    "name": f"{NAME} S.p.A.",
    "zone": ZONE,
    "iban": "IT24D0542811101000000654321",
    "bic": "BPMOIT22XXX",
    "company_id": "LUMERA01",
}
"""The account that Lumera pays from: a number that could be one, and is nobody's."""
IBAN: Final = "IT60X0542811101000000123456"
"""The account that examples of Italian numbers are written with; it is nobody's."""


def allow(db: Session) -> None:
    """Allow the ways whose providers are there, once."""
    known = {(way.name, way.currency) for way in cash.methods(db)}
    for way in WAYS:
        is_there = way.provider in registry.OWN or accounts.find_for(db, way.provider)
        if is_there and (way.name, way.currency) not in known:
            cash.allow(db, way)


def pay_from(db: Session) -> None:
    """Give the company an account to pay from, so that its batches become files for a bank, once."""
    if not paying.all_of(db):
        paying.add(db, label="Banca di Lumera", settings=PAYING)


def give_account(db: Session, person_id: UUID) -> None:
    """Give a person a bank account: compared by name, confirmed, and held from now on."""
    holder = people.get_person(db, person_id).name
    account = destinations.add(
        db, person_id=person_id, kind="iban", holder=holder, fields={"iban": IBAN}
    )
    destinations.verify(db, person_id=person_id, account_id=account.id)
    check_id = db.scalars(
        select(AccountCheck.id).where(AccountCheck.account_id == account.id)
    ).one()
    errand = checking.claim(db, check_id)
    assert errand is not None
    said = Verified(f"house:{check_id}", "not_checked", bank_numbers.mask_name(holder))
    checking.note(db, errand, said)
    destinations.confirm(db, person_id=person_id, account_id=account.id)
