"""The code vault: gift-card codes that the company bought, kept sealed, sold one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db.crash import crash_point
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.providers import safe
from app.providers.contract import (
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
from app.providers.models import VaultCode

BATCH: Final = 1_000

OUT_OF_STOCK: Final = Refused("out_of_stock", "There is no code left for this.")


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code that comes into the vault."""

    code: str
    pin: str | None = None
    expires_on: date | None = None

    def __repr__(self) -> str:
        return "NewCode(...)"


@dataclass(frozen=True, slots=True)
class Level:
    """How many codes of one product and denomination can be sold."""

    product_id: UUID
    money: Money
    left: int


def add(db: Session, *, product_id: UUID, money: Money, codes: Iterable[NewCode]) -> list[bool]:
    """Put codes in the vault; answer for each whether it is new (False: it was here before)."""
    sealer = safe.sealer(db)
    rows = [_sealed_row(db, sealer, product_id, money, code) for code in codes]
    added: set[UUID] = set()
    for at in range(0, len(rows), BATCH):
        added |= set(
            db.scalars(
                insert(VaultCode)
                .values(rows[at : at + BATCH])
                .on_conflict_do_nothing(index_elements=["tenant_id", "code_mac"])
                .returning(VaultCode.id)
            )
        )
    return [row["id"] in added for row in rows]


def _sealed_row(
    db: Session, sealer: safe.Sealer, product_id: UUID, money: Money, new: NewCode
) -> dict[str, Any]:
    item_id = new_id()
    secrets = {"code": new.code} | ({"pin": new.pin} if new.pin else {})
    sealed = sealer.seal(item_id, **secrets)
    return {
        "tenant_id": tenant_of(db),
        "id": item_id,
        "product_id": product_id,
        "minor": money.minor,
        "currency": money.currency,
        "code_sealed": sealed.fields["code"],
        "pin_sealed": sealed.fields.get("pin"),
        "data_key": sealed.data_key,
        "key_id": sealed.key_id,
        "code_mac": sealer.fingerprint(new.code),
        "expires_on": new.expires_on,
        "added_at": work_of(db).now,
    }


def levels(db: Session, product_ids: Iterable[UUID] | None = None, *, today: date) -> list[Level]:
    """Return what can be sold on the day `today`, by product and denomination."""
    wanted = (
        select(VaultCode.product_id, VaultCode.minor, VaultCode.currency, func.count())
        .where(VaultCode.tenant_id == tenant_of(db), _free(today))
        .group_by(VaultCode.product_id, VaultCode.minor, VaultCode.currency)
        .order_by(VaultCode.product_id, VaultCode.minor)
    )
    if product_ids is not None:
        wanted = wanted.where(VaultCode.product_id.in_(list(product_ids)))
    return [
        Level(product_id, Money(minor, currency), left)
        for product_id, minor, currency, left in db.execute(wanted)
    ]


def _free(today: date) -> ColumnElement[bool]:
    return (VaultCode.order_key.is_(None)) & or_(
        VaultCode.expires_on.is_(None), VaultCode.expires_on > today
    )


class CodeVault(Limited):
    """The vault as a provider; it keeps its own books in its own transactions.

    `today` says which day it is where the company is: on its last day a code is sold no more.
    """

    name: ClassVar[str] = "code_vault"
    patience: ClassVar[timedelta] = timedelta(seconds=5)
    consistency: ClassVar[timedelta] = timedelta(0)

    def __init__(
        self,
        open_work: Callable[[], AbstractContextManager[Session]],
        *,
        today: Callable[[Session], date],
    ) -> None:
        self._open_work = open_work
        self._today = today

    def quote(self, product_id: UUID, money: Money) -> Quote | Refused:
        """Return the face value: codes were paid for when they were bought."""
        with self._open_work() as db:
            in_stock = any(
                level.money == money for level in levels(db, [product_id], today=self._today(db))
            )
        return Quote(money, Money(0, money.currency), at_once=True) if in_stock else OUT_OF_STOCK

    def place(self, order: Order) -> Answer:
        """Sell one code, once for the key: the one that expires first, never one that is being sold."""
        with self._open_work() as db:
            if (earlier := _sold_under(db, order.key)) is not None:
                return _settled(earlier)
            code = db.execute(
                select(VaultCode)
                .where(
                    VaultCode.tenant_id == tenant_of(db),
                    VaultCode.product_id == order.product_id,
                    VaultCode.minor == order.money.minor,
                    VaultCode.currency == order.money.currency,
                    _free(self._today(db)),
                )
                .order_by(VaultCode.expires_on.nulls_last(), VaultCode.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).scalar_one_or_none()
            if code is None:
                return OUT_OF_STOCK
            db.execute(
                update(VaultCode)
                .where(VaultCode.tenant_id == code.tenant_id, VaultCode.id == code.id)
                .values(order_key=order.key, sold_at=work_of(db).now)
            )
            answer = _settled(code)
            crash_point("vault.before_commit")
        return answer

    def lookup(self, key: str) -> Finding:
        """Return the sale under this key."""
        with self._open_work() as db:
            found = _sold_under(db, key)
            return NotFound() if found is None else _settled(found)

    def cancel(self, key: str) -> Finding:
        """Return what became of the order: a code that was sold may have been seen and stays sold."""
        return self.lookup(key)

    def reveal(self, key: str) -> Delivery | None:
        """Return the code that was sold under this key."""
        with self._open_work() as db:
            found = _sold_under(db, key)
            if found is None:
                return None
            fields = {"code": found.code_sealed}
            if found.pin_sealed is not None:
                fields["pin"] = found.pin_sealed
            sealed = safe.Sealed(fields, found.data_key, found.key_id)
            opened = safe.unseal(db, found.id, sealed)
            return Delivery(opened["code"], opened.get("pin"), found.expires_on)

    def balance(self) -> Mapping[str, int]:
        """Return the face value of what is in stock."""
        totals: dict[str, int] = {}
        with self._open_work() as db:
            for level in levels(db, today=self._today(db)):
                currency = level.money.currency
                totals[currency] = totals.get(currency, 0) + level.money.minor * level.left
        return totals

    def history(self, since: datetime) -> Iterable[Placed]:
        """Return what was sold."""
        with self._open_work() as db:
            sold = db.execute(
                select(VaultCode)
                .where(VaultCode.tenant_id == tenant_of(db), VaultCode.sold_at >= since)
                .order_by(VaultCode.sold_at, VaultCode.id)
            ).scalars()
            return [
                Placed(row.order_key, str(row.id), Money(row.minor, row.currency), row.sold_at, _settled(row))
                for row in sold
                if row.order_key is not None and row.sold_at is not None
            ]  # fmt: skip


def _sold_under(db: Session, key: str) -> VaultCode | None:
    return db.execute(
        select(VaultCode).where(VaultCode.tenant_id == tenant_of(db), VaultCode.order_key == key)
    ).scalar_one_or_none()


def _settled(code: VaultCode) -> Settled:
    return Settled(
        reference=str(code.id),
        charged=Money(code.minor, code.currency),
        expires_on=code.expires_on,
    )
