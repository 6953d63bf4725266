"""Writing in the books. Every function may be repeated with the same key and changes nothing then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import journal
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import posting, queries
from app.ledger.core import (
    AccountRef,
    Difference,
    Entry,
    Leg,
    Posted,
    Prize,
    Release,
    available,
    draft_of,
    draft_of_difference,
    draft_of_prize,
    draft_of_release,
    reserved,
)
from app.ledger.errors import AlreadyResolved, AlreadyReversed, KeyReused, Unbalanced

_ONCE: Final = "uq_ledger_transactions_reverses"


def post(db: Session, entry: Entry) -> UUID:
    """Post `entry` and return its transaction; the same key and legs return the same one."""
    return post_many(db, [entry])[0]


def post_many(db: Session, entries: Sequence[Entry]) -> list[UUID]:
    """Post thousands at a time, in this order, all or none."""
    return _ids(posting.post(db, [draft_of(entry) for entry in entries]))


def post_earning_differences(db: Session, differences: Sequence[Difference]) -> list[UUID]:
    """Let the books follow earnings that changed.

    A raise is earned (or, where the earning was released before, available). A cut takes what was
    not released yet, then what is available, and the rest is owed until the next release.
    """
    return _ids(posting.post(db, [draft_of_difference(one) for one in differences]))


def release(db: Session, releases: Sequence[Release]) -> list[UUID]:
    """Make earned money available, after settling what the person owes."""
    return _ids(posting.post(db, [draft_of_release(one) for one in releases]))


def post_prizes(db: Session, prizes: Sequence[Prize]) -> list[UUID]:
    """Let people spend what they won, after settling what they owe."""
    return _ids(posting.post(db, [draft_of_prize(prize) for prize in prizes]))


def hold(db: Session, accounts: Iterable[AccountRef]) -> None:
    """Lock the balances of `accounts` before anything else is locked; one that was never used has none."""
    posting.hold(db, accounts)


def reserve(
    db: Session, *, person_id: UUID, money: Money, key: str, cause_kind: str, cause_id: UUID
) -> UUID:
    """Set `money` aside and return the reservation; raise BalanceTooLow when it is not there."""
    if money.minor <= 0:
        raise Unbalanced("Only a positive amount can be reserved.")
    transaction_id = post(
        db,
        Entry(
            key=key,
            kind="reserve",
            cause_kind=cause_kind,
            cause_id=cause_id,
            legs=(
                Leg(available(person_id, money.currency), -money.minor),
                Leg(reserved(person_id, money.currency), money.minor),
            ),
        ),
    )
    return posting.insert_reservation(
        db,
        reservation_id=new_id(),
        person_id=person_id,
        money=money,
        cause_kind=cause_kind,
        cause_id=cause_id,
        transaction_id=transaction_id,
    )


def capture(db: Session, reservation_id: UUID, *, to: AccountRef, minor: int | None = None) -> UUID:
    """End a reservation by paying it (or `minor` of it, giving the rest back) to the account `to`."""
    held = _reservation(db, reservation_id)
    paid = held.money.minor if minor is None else minor
    if not 0 < paid <= held.money.minor:
        raise Unbalanced("A capture takes more than nothing and at most what was reserved.")
    rest = held.money.minor - paid
    back = (Leg(available(held.person_id, held.money.currency), rest),) if rest else ()
    return _resolve(db, held, "captured", paid, (Leg(to, paid), *back))


def void(db: Session, reservation_id: UUID) -> UUID:
    """End a reservation by giving everything back."""
    return _give_back(db, reservation_id, "voided")


def expire(db: Session, reservation_id: UUID) -> UUID:
    """End a reservation that nobody came for, by giving everything back."""
    return _give_back(db, reservation_id, "expired")


def reverse(
    db: Session, transaction_id: UUID, *, key: str, cause_kind: str, cause_id: UUID
) -> UUID:
    """Post the mirror image of a transaction, at most once; the original stays as it is."""
    original = queries.find_transaction(db, transaction_id)
    if original is None:
        raise NotFound("There is no such transaction.")
    if original.reverses is not None:
        raise AlreadyReversed("A reversal is not reversed; post the fact anew.")
    earlier = queries.reversal_of(db, transaction_id)
    if earlier is not None and earlier.key != key:
        raise AlreadyReversed("This transaction was reversed before.")
    mirrored = tuple(Leg(leg.account, -leg.minor) for leg in original.legs)
    reversal = Entry(
        key=key,
        kind="reversal",
        cause_kind=cause_kind,
        cause_id=cause_id,
        legs=mirrored,
        reverses=transaction_id,
    )
    try:
        return post(db, reversal)
    except IntegrityError as clash:
        # Two at once under different keys: the index lets one of them through.
        if _ONCE in str(clash.orig):
            raise AlreadyReversed("This transaction was reversed before.") from None
        raise


def seal(db: Session) -> int:
    """Seal what waits, carry it into the rolling totals, and return how many transactions that were."""
    sealed = journal.seal(db, queries.JOURNAL)
    posting.add_to_totals(db, sealed)
    return len(sealed)


def _ids(posted: Sequence[Posted]) -> list[UUID]:
    return [one.id for one in posted]


def _reservation(db: Session, reservation_id: UUID) -> queries.Reservation:
    found = queries.find_reservation(db, reservation_id)
    if found is None:
        raise NotFound("There is no such reservation.")
    return found


def _give_back(db: Session, reservation_id: UUID, outcome: str) -> UUID:
    held = _reservation(db, reservation_id)
    back = Leg(available(held.person_id, held.money.currency), held.money.minor)
    return _resolve(db, held, outcome, 0, (back,))


def _resolve(
    db: Session, held: queries.Reservation, outcome: str, captured: int, legs: tuple[Leg, ...]
) -> UUID:
    # One key for every way to end: of a capture and a void at once, one finds the key taken.
    taken = Leg(reserved(held.person_id, held.money.currency), -held.money.minor)
    entry = Entry(
        key=f"resolution:{held.id}",
        kind=outcome,
        cause_kind=held.cause_kind,
        cause_id=held.cause_id,
        legs=(taken, *legs),
    )
    try:
        transaction_id = post(db, entry)
    except KeyReused:
        ended = queries.get_resolution(db, held.id)
        raise AlreadyResolved(
            f"This reservation was {ended.outcome} before.", outcome=ended.outcome
        ) from None
    posting.insert_resolution(
        db,
        reservation_id=held.id,
        outcome=outcome,
        captured_minor=captured,
        transaction_id=transaction_id,
    )
    return transaction_id
