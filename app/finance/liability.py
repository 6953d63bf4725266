"""What the company owes its people now, and what of it may never be asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.db.unit_of_work import work_of
from app.kernel.money import Money
from app.ledger import periods
from app.ledger.core import AccountKind
from app.rewards import breakage
from app.rewards.breakage import Unopened

AGES: Final = (90, 365)
"""Days after which a purse that nobody touched is called resting, and then dormant."""


@dataclass(frozen=True, slots=True)
class Liability:
    """What is owed in one currency, by where it lies; `resting` and `dormant` are parts of `available`."""

    currency: str
    earned: Money
    available: Money
    reserved: Money
    overpaid: Money
    with_providers: Money
    tax_withheld: Money
    resting: Money
    dormant: Money
    unopened: Unopened | None = None
    kinds: Mapping[str, int] = field(default_factory=dict)

    @property
    def owed(self) -> Money:
        """What people have or will have: earned, to spend and set aside."""
        return self.earned + self.available + self.reserved


def liabilities(db: Session, today: date) -> list[Liability]:
    """Return what is owed, a line for each currency that was ever used."""
    held = periods.totals(db)
    idle = ages(periods.idle_balances(db), work_of(db).now)
    vouchers = {one.currency: one for one in breakage.unopened(db, today)}
    currencies = sorted({currency for _, currency in held} | set(vouchers))
    return [
        _of(
            currency,
            {kind: minor for (kind, other), minor in held.items() if other == currency},
            idle.get(currency, (0, 0)),
            vouchers.get(currency),
        )
        for currency in currencies
    ]


def ages(purses: Iterable[tuple[str, datetime, int]], now: datetime) -> dict[str, tuple[int, int]]:
    """Return by currency what rests and what is dormant, in minor units."""
    found: dict[str, tuple[int, int]] = {}
    rests, sleeps = (now - timedelta(days=days) for days in AGES)
    for currency, moved_at, minor in purses:
        resting, dormant = found.get(currency, (0, 0))
        if moved_at < sleeps:
            dormant += minor
        elif moved_at < rests:
            resting += minor
        found[currency] = (resting, dormant)
    return found


def _of(
    currency: str, kinds: Mapping[str, int], idle: tuple[int, int], unopened: Unopened | None
) -> Liability:
    def held(kind: AccountKind) -> Money:
        return Money(kinds.get(kind.value, 0), currency)

    return Liability(
        currency=currency,
        earned=held(AccountKind.PERSON_EARNED),
        available=held(AccountKind.PERSON_AVAILABLE),
        reserved=held(AccountKind.PERSON_RESERVED),
        overpaid=-held(AccountKind.PERSON_OWED),
        with_providers=held(AccountKind.PROVIDER_CLEARING),
        tax_withheld=held(AccountKind.TAX_WITHHELD),
        resting=Money(idle[0], currency),
        dormant=Money(idle[1], currency),
        unopened=unopened,
        kinds=kinds,
    )
