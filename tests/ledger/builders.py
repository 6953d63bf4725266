"""The smallest things the tests of the books need, for neighbours too."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import queries, service
from app.ledger.core import Difference, Entry, Leg, Release, available, earned, expense


def give_available(db: Session, person_id: UUID, minor: int, currency: str = "EUR") -> UUID:
    """Let a person have `minor` to spend, as a program's earning that was released."""
    cause = new_id()
    difference = Difference(
        key=f"earn:{cause}",
        program_id=cause,
        person_id=person_id,
        currency=currency,
        delta_minor=minor,
        releasable=False,
        cause_kind="test",
        cause_id=cause,
    )
    service.post_earning_differences(db, [difference])
    release = Release(f"release:{cause}", person_id, currency, minor, "test", cause)
    return service.release(db, [release])[0]


def earn(person_id: UUID, minor: int, *, key: str, program_id: UUID | None = None) -> Entry:
    """Return an earning of `minor` euro cents, not posted yet."""
    program = program_id or new_id()
    legs = (Leg(expense(program, "EUR"), -minor), Leg(earned(person_id, "EUR"), minor))
    return Entry(key, "earning", "test", program, legs)


def spendable(db: Session, person_id: UUID, currency: str = "EUR") -> int:
    """Return what a person can spend."""
    return queries.balance(db, available(person_id, currency))


def reserve(db: Session, person_id: UUID, minor: int, *, key: str | None = None) -> UUID:
    """Set `minor` euro cents aside."""
    return service.reserve(
        db,
        person_id=person_id,
        money=Money(minor, "EUR"),
        key=key or f"reserve:{new_id()}",
        cause_kind="test",
        cause_id=new_id(),
    )
