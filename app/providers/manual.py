"""The manual provider: somebody in the company books the experience and says so here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db.crash import crash_point
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.errors import Conflict
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.providers import safe
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
    Settled,
)
from app.providers.models import ManualOrder


class OrderEnded(Conflict):
    """The order was confirmed or refused before."""

    code = "order_ended"
    title = "Already answered"


def confirm(db: Session, *, key: str, confirmed_on: date, voucher: str | None) -> None:
    """Say that the order with `key` is booked for a date, with a voucher where there is one."""
    order = _get_open(db, key)
    values: dict[str, Any] = {"state": "confirmed", "confirmed_on": confirmed_on}
    if voucher:
        sealed = safe.sealer(db).seal(order.id, voucher=voucher)
        values |= {
            "voucher_sealed": sealed.fields["voucher"],
            "data_key": sealed.data_key,
            "key_id": sealed.key_id,
        }
    _end(db, order, **values)


def refuse(db: Session, *, key: str, reason: str) -> None:
    """Say that the order with `key` cannot be had."""
    _end(db, _get_open(db, key), state="refused", reason=reason)


def _get_open(db: Session, key: str) -> ManualOrder:
    order = db.execute(
        select(ManualOrder)
        .where(ManualOrder.tenant_id == tenant_of(db), ManualOrder.key == key)
        .with_for_update()
    ).scalar_one_or_none()
    if order is None or order.state != "open":
        raise OrderEnded("This order waits for no answer.")
    return order


def _end(db: Session, order: ManualOrder, **values: Any) -> None:
    db.execute(
        update(ManualOrder)
        .where(ManualOrder.tenant_id == order.tenant_id, ManualOrder.id == order.id)
        .values(ended_at=work_of(db).now, **values)
    )


class Manual(Limited):
    """People as a provider: they answer when they can."""

    name: ClassVar[str] = "manual"
    patience: ClassVar[timedelta] = timedelta(seconds=5)
    consistency: ClassVar[timedelta] = timedelta(0)

    def __init__(self, open_work: Callable[[], AbstractContextManager[Session]]) -> None:
        self._open_work = open_work

    def quote(self, product_id: UUID, money: Money) -> Quote:  # noqa: ARG002 - of the contract
        """Return the price; people always can be asked."""
        return Quote(money, Money(0, money.currency), at_once=False)

    def place(self, order: Order) -> Answer:
        """Put the order on somebody's desk, once for the key."""
        with self._open_work() as db:
            db.execute(
                insert(ManualOrder)
                .values(
                    tenant_id=tenant_of(db),
                    id=new_id(),
                    key=order.key,
                    product_id=order.product_id,
                    minor=order.money.minor,
                    currency=order.money.currency,
                    wished_on=order.wished_on,
                    note=order.note,
                    state="open",
                    placed_at=work_of(db).now,
                )
                .on_conflict_do_nothing(index_elements=["tenant_id", "key"])
            )
            found = _find(db, order.key)
            assert found is not None
            answer = _answer(found)
            crash_point("manual.before_commit")
        return answer

    def lookup(self, key: str) -> Finding:
        """Return what people said so far."""
        with self._open_work() as db:
            found = _find(db, key)
            return NotFound() if found is None else _answer(found)

    def cancel(self, key: str) -> Finding:
        """Take an order off the desk while nobody has answered it."""
        with self._open_work() as db:
            db.execute(
                update(ManualOrder)
                .where(
                    ManualOrder.tenant_id == tenant_of(db),
                    ManualOrder.key == key,
                    ManualOrder.state == "open",
                )
                .values(state="cancelled", reason="cancelled", ended_at=work_of(db).now)
            )
        return self.lookup(key)

    def reveal(self, key: str) -> Delivery | None:
        """Return the voucher of a confirmed order."""
        with self._open_work() as db:
            found = _find(db, key)
            if found is None or found.voucher_sealed is None:
                return None
            assert found.data_key is not None
            assert found.key_id is not None
            sealed = safe.Sealed({"voucher": found.voucher_sealed}, found.data_key, found.key_id)
            return Delivery(safe.unseal(db, found.id, sealed)["voucher"], None, None)

    def balance(self) -> Mapping[str, int] | None:
        """Return nothing: people have no balance."""
        return None

    def history(self, since: datetime) -> Iterable[Placed]:
        """Return what was asked for."""
        with self._open_work() as db:
            rows = db.execute(
                select(ManualOrder)
                .where(ManualOrder.tenant_id == tenant_of(db), ManualOrder.placed_at >= since)
                .order_by(ManualOrder.placed_at, ManualOrder.id)
            ).scalars()
            return [
                Placed(row.key, str(row.id), Money(row.minor, row.currency), row.placed_at, _answer(row))
                for row in rows
            ]  # fmt: skip


def _find(db: Session, key: str) -> ManualOrder | None:
    return db.execute(
        select(ManualOrder)
        .where(ManualOrder.tenant_id == tenant_of(db), ManualOrder.key == key)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _answer(order: ManualOrder) -> Answer:
    if order.state == "open":
        return Accepted(str(order.id))
    if order.state == "confirmed":
        return Settled(
            reference=str(order.id),
            charged=Money(order.minor, order.currency),
            confirmed_on=order.confirmed_on,
        )
    return Refused(order.state, order.reason or "")
