"""The books as the public ledger-conformance-kit asks for them; test builds only.

An account of the kit is a person of ours: what is there is their available money, what was overdrawn is
what they owe. So the kit judges the posting, the guarded balances, the seals and the hash chain that pay
people, not a copy made for it. A reset opens the books of another tenant: nothing is ever emptied.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.kernel.chain import GENESIS, leaf_hash, next_link
from app.kernel.errors import Invalid
from app.kernel.money import MOST_MINOR
from app.ledger import posting, queries, service
from app.ledger.core import (
    AccountRef,
    Draft,
    Leg,
    Posted,
    Standing,
    available,
    check_balance,
    hash_of,
    owed,
)
from app.ledger.models import LedgerSeal, LedgerTransaction

KIND: Final = "conformance"
FIRST_HASH: Final = "GENESIS"
"""What the kit hangs its first entry on."""

_CHUNK: Final = 1_000
_NOBODY: Final = UUID(int=0)
_CURRENCY: Final = re.compile("[A-Z]{3}")


class Direction(StrEnum):
    """Which way a leg moves: a credit is more for the account."""

    DEBIT = "DEBIT"
    CREDIT = "CREDIT"


@dataclass(frozen=True, slots=True)
class Movement:
    """One leg as the kit sends it: the amount has no sign."""

    account: str
    direction: Direction
    minor: int
    currency: str

    @property
    def signed(self) -> int:
        """The amount with our sign: + is more for the account."""
        return self.minor if self.direction is Direction.CREDIT else -self.minor


@dataclass(frozen=True, slots=True)
class Order:
    """One transaction as the kit sends it, once for its key."""

    key: str
    transaction: str
    movements: tuple[Movement, ...]
    may_overdraw: bool


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One leg in the sealed journal, with the kit's hash over it and everything before."""

    entry: str
    transaction: str
    account: str
    direction: Direction
    minor: int
    currency: str
    sequence: int
    account_sequence: int
    previous: str
    hash: str


def post(db: Session, order: Order) -> Posted:
    """Post `order` once; raise what the books refuse, which leaves its key free."""
    _check(order)
    draft = Draft(
        key=order.key,
        kind=KIND,
        cause_kind=KIND,
        cause_id=uuid5(tenant_of(db), order.transaction),
        reverses=None,
        memo={
            "transaction": order.transaction,
            "accounts": sorted({movement.account for movement in order.movements}),
        },
        request_hash=hash_of(
            KIND, [(m.account, m.direction, m.minor, m.currency) for m in order.movements]
        ),
        touches=tuple(
            ref
            for movement in order.movements
            for ref in _places(tenant_of(db), movement.account, movement.currency)
        ),
        legs=lambda standing: _legs(tenant_of(db), order, standing),
    )
    return posting.post(db, [draft])[0]


def balance(db: Session, account: str, currency: str) -> int:
    """Return what an account holds in minor units, as wallets are read; negative when overdrawn."""
    places = _places(tenant_of(db), account, currency)
    return sum(queries.balances(db, places).values())


def transaction_of(db: Session, transaction_id: UUID) -> str:
    """Return what the kit calls a transaction."""
    memo = db.scalars(
        select(LedgerTransaction.memo).where(
            LedgerTransaction.tenant_id == tenant_of(db), LedgerTransaction.id == transaction_id
        )
    ).one()
    name: str = memo["transaction"]
    return name


def journal(db: Session) -> list[JournalEntry]:
    """Seal what waits and return every entry in journal order.

    Each entry is read from the bytes that were sealed. Where these are no longer what the seal says, the
    kit gets our own, broken hash instead of one worked out anew, so that its check names the place.
    """
    while service.seal(db):
        pass
    chain = _KitChain(tenant_of(db))
    return [entry for document, broken in _sealed(db) for entry in chain.entries(document, broken)]


def _check(order: Order) -> None:
    for movement in order.movements:
        if not 0 < movement.minor <= MOST_MINOR:
            raise Invalid("An amount is a positive number of minor units.")
        if not _CURRENCY.fullmatch(movement.currency):
            raise Invalid("A currency is three capital letters.")
    check_balance(
        Leg(available(_NOBODY, movement.currency), movement.signed) for movement in order.movements
    )


def _places(tenant_id: UUID, account: str, currency: str) -> tuple[AccountRef, AccountRef]:
    owner = uuid5(tenant_id, account)
    return available(owner, currency), owed(owner, currency)


def _legs(tenant_id: UUID, order: Order, standing: Standing) -> tuple[Leg, ...]:
    """Return our legs: credits first, so that money passing through an account is there to pass on."""
    net: dict[tuple[str, str], int] = defaultdict(int)
    for movement in order.movements:
        net[movement.account, movement.currency] += movement.signed
    now: dict[AccountRef, int] = {}
    legs: list[Leg] = []
    for movement in sorted(order.movements, key=lambda one: one.signed < 0):
        spendable, debt = _places(tenant_id, movement.account, movement.currency)
        on_debt = _on_debt(
            movement.signed,
            has=now.setdefault(spendable, standing.minor(spendable)),
            owes=-now.setdefault(debt, standing.minor(debt)),
            # Who gains by the whole is not asked for cover.
            may_overdraw=order.may_overdraw or net[movement.account, movement.currency] >= 0,
        )
        for leg in (Leg(debt, on_debt), Leg(spendable, movement.signed - on_debt)):
            now[leg.account] += leg.minor
            if abs(now[leg.account]) > MOST_MINOR:
                raise Invalid("The balance would be beyond what the ledger can hold.")
            if leg.minor:
                legs.append(leg)
    return tuple(legs)


def _on_debt(signed: int, *, has: int, owes: int, may_overdraw: bool) -> int:
    """Return how much of a movement falls on the debt: a credit settles it first, a debit makes it last."""
    if signed > 0:
        return min(signed, owes)
    return min(0, has + signed) if may_overdraw else 0


def _sealed(db: Session) -> Iterator[tuple[Sequence[Any], str | None]]:
    """Yield what was sealed, in order, with our link of the chain where it does not fit."""
    seals = db.execute(
        select(LedgerSeal.item_id, LedgerSeal.chain)
        .where(LedgerSeal.tenant_id == tenant_of(db))
        .order_by(LedgerSeal.sequence)
    ).all()
    link = GENESIS
    for begin in range(0, len(seals), _CHUNK):
        part = seals[begin : begin + _CHUNK]
        contents = queries.contents(db, [seal.item_id for seal in part])
        for seal in part:
            content = contents.get(seal.item_id, b"")
            link = next_link(link, leaf_hash(content))
            if content:
                yield json.loads(content), None if link == seal.chain else seal.chain.hex()


class _KitChain:
    """Turns sealed transactions into entries of the kit, chained as the kit chains them."""

    def __init__(self, tenant_id: UUID) -> None:
        self._tenant_id = tenant_id
        self._hash = FIRST_HASH
        self._sequence = 0
        self._numbers: dict[str, dict[str, int]] = defaultdict(dict)
        """Of each account of the kit: how many entries each account of ours has had."""

    def entries(self, document: Sequence[Any], broken: str | None) -> Iterator[JournalEntry]:
        """Yield the entries of one transaction, given in the form of `queries.contents`."""
        transaction_id, memo, legs = document[1], document[-2], document[-1]
        names = self._names(memo["accounts"], {currency for _, _, currency, _, _ in legs})
        for line, account_id, currency, minor, number in legs:
            account = names[account_id]
            self._numbers[account][account_id] = number
            self._sequence += 1
            direction = Direction.CREDIT if minor > 0 else Direction.DEBIT
            previous, self._hash = self._hash, broken or _kit_hash(
                self._hash, memo["transaction"], account, direction, abs(minor), currency,
                self._sequence,
            )  # fmt: skip
            yield JournalEntry(
                entry=f"{transaction_id}:{line}",
                transaction=memo["transaction"],
                account=account,
                direction=direction,
                minor=abs(minor),
                currency=currency,
                sequence=self._sequence,
                account_sequence=sum(self._numbers[account].values()),
                previous=previous,
                hash=self._hash,
            )

    def _names(self, accounts: Iterable[str], currencies: Iterable[str]) -> dict[str, str]:
        return {
            str(ref.id_in(self._tenant_id)): account
            for account, currency in product(accounts, currencies)
            for ref in _places(self._tenant_id, account, currency)
        }


def _kit_hash(*parts: str | int) -> str:
    return hashlib.sha256("|".join(str(part) for part in parts).encode()).hexdigest()
