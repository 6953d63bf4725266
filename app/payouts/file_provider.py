"""The company's own bank as a provider: an order waits in a batch until the bank has said what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.crash import crash_point
from app.db.unit_of_work import tenant_of
from app.kernel.money import Money
from app.payouts import collecting, paying
from app.payouts.core import Line
from app.payouts.files.formats import FORMATS, Format
from app.payouts.models import PayoutLine
from app.providers import bank_numbers
from app.providers.bank_numbers import BadNumber
from app.providers.contract import (
    Accepted,
    Answer,
    Delivery,
    Finding,
    Limited,
    NotFound,
    Order,
    Placed,
    Quote,
    Refused,
    Reversed,
    Settled,
)
from app.rewards import queries as rewards

NO_ACCOUNT: Final = Refused("no_paying_account", "There is no account to pay this from.")


class FileProvider(Limited):
    """Puts bank transfers into the open batch of the account that pays them."""

    name: ClassVar[str] = "file"
    patience: ClassVar[timedelta] = timedelta(seconds=5)
    consistency: ClassVar[timedelta] = timedelta(0)

    def __init__(self, open_work: Callable[[], AbstractContextManager[Session]]) -> None:
        self._open_work = open_work

    def quote(self, product_id: UUID, money: Money) -> Quote | Refused:
        """Return the amount itself: what the bank charges is between it and the company."""
        with self._open_work() as db:
            if paying.find_for(db, product_id, money.currency) is None:
                return NO_ACCOUNT
        return Quote(money, Money(0, money.currency), at_once=False)

    def place(self, order: Order) -> Answer:
        """Put the payment into the open batch, once for the key."""
        with self._open_work() as db:
            if (earlier := collecting.find(db, order.key)) is not None:
                return _past(earlier)
            account = paying.find_for(db, order.product_id, order.money.currency)
            attempt = rewards.find_by_key(db, order.key)
            if account is None or attempt is None:
                return NO_ACCOUNT
            why_not = _cannot_pay(FORMATS[account.format], order)
            if why_not is not None:
                return why_not
            redemption = rewards.get_redemption(db, attempt.redemption_id)
            line = collecting.add(
                db,
                account,
                collecting.New(
                    key=order.key,
                    redemption_id=redemption.id,
                    person_id=redemption.person_id,
                    money=order.money,
                    destination=order.destination,
                    recipient=order.recipient,
                    note=order.note,
                ),
            )
            crash_point("file.before_commit")
            return _past(line)

    def lookup(self, key: str) -> Finding:
        """Return what the bank said of the payment so far."""
        with self._open_work() as db:
            found = collecting.find(db, key)
            return NotFound() if found is None else _finding(found)

    def cancel(self, key: str) -> Finding:
        """Take a payment out of its batch while no file was written."""
        with self._open_work() as db:
            line = collecting.find(db, key)
            if line is not None:
                collecting.withdraw(db, line)
        return self.lookup(key)

    def reveal(self, key: str) -> Delivery | None:  # noqa: ARG002 - of the contract
        """Return nothing: money has no code."""
        return None

    def balance(self) -> Mapping[str, int] | None:
        """Return nothing: only the bank knows."""
        return None

    def history(self, since: datetime) -> Iterable[Placed]:
        """Return the payments that came into batches."""
        with self._open_work() as db:
            rows = db.scalars(
                select(PayoutLine)
                .where(
                    PayoutLine.tenant_id == tenant_of(db),
                    PayoutLine.state != Line.MOVED,
                    PayoutLine.added_at >= since,
                )
                .order_by(PayoutLine.added_at, PayoutLine.id)
            ).all()
            return [
                Placed(row.key, row.reference, _money(row), row.added_at, _past(row))
                for row in rows
            ]


def _cannot_pay(form: Format, order: Order) -> Refused | None:
    if form.currency is not None and order.money.currency != form.currency:
        return Refused("currency_unfit", f"This account pays {form.currency} only.")
    to = order.destination
    if to is None or (form.kinds and to.kind not in form.kinds):
        return Refused("destination_unfit", "This account cannot be paid to from the company's.")
    try:
        bank_numbers.check(to.kind, to.fields)
    except BadNumber as error:
        return Refused(error.code, "The account number cannot be right.")
    return None


def _accepted(line: PayoutLine) -> Accepted:
    # The payment keeps its reference, whichever batch carries it.
    return Accepted(line.reference)


def _finding(line: PayoutLine) -> Finding:
    match Line(line.state):
        case Line.RETURNED:
            return Reversed(line.reference, line.reason or "returned")
        case _:
            return _past(line)


def _past(line: PayoutLine) -> Answer:
    match Line(line.state):
        case Line.SETTLED | Line.RETURNED:
            on = line.decided_at.date() if line.decided_at else None
            return Settled(line.reference, _money(line), confirmed_on=on)
        case Line.REFUSED | Line.WITHDRAWN:
            return Refused(line.reason or "refused", line.detail)
        case _:
            return _accepted(line)


def _money(line: PayoutLine) -> Money:
    return Money(line.minor, line.currency)
