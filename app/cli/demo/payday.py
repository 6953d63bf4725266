"""What people do with their money: some redeem it, and payday takes the rest to the bank."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.cli.demo.company import GIULIA, SOPHIE
from app.db.unit_of_work import work_of
from app.kernel.money import Money
from app.ledger import core as books
from app.ledger import queries as book_queries
from app.ledger import service as ledger
from app.ledger.errors import BalanceTooLow
from app.rewards import queries, saga, service

_KEPT_MINOR: Final = 12_000
_TREATS: Final = {GIULIA: ("Bottega Nord", 5_000), SOPHIE: ("Onda", 5_000)}
"""What the two treat themselves to each month."""

Open = Callable[[datetime], AbstractContextManager[Session]]


def pay(db: Session, person_ids: Iterable[UUID], day: date) -> None:
    """Send what people have above a small rest to the bank on `day`."""
    accounts = {person_id: books.available(person_id, "EUR") for person_id in person_ids}
    standing = book_queries.balances(db, accounts.values())
    house = books.AccountRef(books.AccountKind.HOUSE_ADJUSTMENT, None, "EUR")
    entries = [
        books.Entry(
            key=f"payday:{day}:{person_id}",
            kind="payday",
            cause_kind="payday",
            cause_id=person_id,
            legs=(books.Leg(account, -minor), books.Leg(house, minor)),
        )
        for person_id, account in accounts.items()
        if (minor := standing[account] - _KEPT_MINOR) > 0
    ]
    if entries:
        ledger.post_many(db, entries)


def treat(open_work: Open, at: datetime, ids: dict[str, UUID]) -> None:
    """Let the two people whom visitors look at redeem a card, to the end."""
    for number, (brand, minor) in _TREATS.items():
        with open_work(at) as db:
            redemption_id = _order(db, ids[number.lower()], brand, Money(minor, "EUR"))
        if redemption_id is not None:

            def work() -> AbstractContextManager[Session]:
                return open_work(at)

            saga.advance(work, redemption_id, hint=False)


def _order(db: Session, person_id: UUID, brand: str, money: Money) -> UUID | None:
    line = next(one for one in queries.catalog(db, only_active=True) if one.reward.brand == brand)
    try:
        with db.begin_nested():
            redemption = service.redeem(
                db,
                person_id=person_id,
                reward_id=line.reward.id,
                money=money,
                today=work_of(db).now.date(),
            )
    except BalanceTooLow:
        return None
    return redemption.id
