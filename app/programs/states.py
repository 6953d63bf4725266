"""Where a person's money stands: each amount in one state, and what a cancellation would take back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.activities import queries as activities
from app.db.unit_of_work import tenant_of
from app.engine.document import PeriodEndRelease
from app.kernel.money import Money
from app.ledger import queries as ledger
from app.programs import core, queries
from app.programs.models import Credit
from app.programs.statement import CANCELLATION, credits_of


@dataclass(frozen=True, slots=True)
class States:
    """A person's money in one currency, by state; nothing is in two, but what is at risk is in one more."""

    currency: str
    projected: Money
    """Waits for the end of a period that is still open."""
    payable: Money
    """Becomes available on `pay_on`, the next day on which anything does."""
    earned: Money
    """Becomes available later."""
    available: Money
    reserved: Money
    paid: Money
    owed: Money
    held: Money
    """Waits for something other than a day: a sale to be paid, a check, a person to say yes."""
    clawed_back: Money
    """Was taken back after it could be spent; `owed` is what of it has not been settled."""
    at_risk: Money
    pay_on: date | None


@dataclass(slots=True)
class _Waiting:
    """What of one earning has not been released, and when it will be."""

    amount_minor: int
    released_minor: int
    is_projected: bool
    matures: dict[date, int]

    def due_by(self, day: date) -> int:
        matured = sum(minor for on, minor in self.matures.items() if on <= day)
        return core.due_minor(self.amount_minor, self.released_minor, matured)

    def held(self) -> int:
        """Return what no day releases: something has to happen first."""
        return self.due_by(date.max) - self.due_by(date.max - timedelta(days=1))


_WAITING: Final = text(
    """
    SELECT e.id, e.currency, e.program_id, e.component, e.period_end, e.version, e.amount_minor,
           e.released_minor, line.release_on, sum(line.delta_minor) AS minor
      FROM earnings e
      JOIN earning_lines line ON line.tenant_id = e.tenant_id AND line.earning_id = e.id
     WHERE e.tenant_id = :tenant AND e.payee_id = :person AND e.amount_minor <> e.released_minor
       AND line.delta_minor > 0
       AND NOT EXISTS (SELECT FROM earning_portions part
                        WHERE part.tenant_id = e.tenant_id AND part.earning_id = e.id)
     GROUP BY e.tenant_id, e.id, line.release_on
     UNION ALL
    SELECT e.id, e.currency, e.program_id, e.component, e.period_end, e.version, e.amount_minor,
           e.released_minor, coalesce(part.release_on, DATE '9999-12-31'), sum(part.minor) AS minor
      FROM earnings e
      JOIN earning_portions part ON part.tenant_id = e.tenant_id AND part.earning_id = e.id
     WHERE e.tenant_id = :tenant AND e.payee_id = :person AND e.amount_minor <> e.released_minor
     GROUP BY e.tenant_id, e.id, part.release_on
    """
)


def states(db: Session, person_id: UUID, *, today: date) -> list[States]:
    """Return what a person has in each currency, by state, currency by currency."""
    waiting = _waiting_earnings(db, person_id, today)
    risk = at_risk(db, person_id, today=today)
    return [
        _states(line, list(waiting.get(line.currency, {}).values()), risk, today)
        for line in ledger.wallet(db, person_id)
    ]


def states_with(db: Session, person_id: UUID, currency: str, *, today: date) -> list[States]:
    """Return a person's money by state, that in `currency` first even when there is none."""
    found = states(db, person_id, today=today)
    own = [each for each in found if each.currency == currency]
    others = [each for each in found if each.currency != currency]
    nothing = Money(0, currency)
    empty = States(
        currency=currency,
        projected=nothing,
        payable=nothing,
        earned=nothing,
        available=nothing,
        reserved=nothing,
        paid=nothing,
        owed=nothing,
        held=nothing,
        clawed_back=nothing,
        at_risk=nothing,
        pay_on=None,
    )
    return [*(own or ([] if len(others) == 1 else [empty])), *others]


def _waiting_earnings(db: Session, person_id: UUID, today: date) -> dict[str, dict[UUID, _Waiting]]:
    found: dict[str, dict[UUID, _Waiting]] = {}
    for row in db.execute(_WAITING, {"tenant": tenant_of(db), "person": person_id}):
        earning = found.setdefault(row.currency, {}).setdefault(
            row.id,
            _Waiting(row.amount_minor, row.released_minor, _is_projected(db, row, today), {}),
        )
        earning.matures[row.release_on] = int(row.minor)
    return found


def _states(
    wallet: ledger.WalletLine, waiting: Sequence[_Waiting], risk: dict[str, int], today: date
) -> States:
    certain = [each for each in waiting if not each.is_projected]
    days = {
        max(on, today)
        for each in certain
        for on in each.matures
        if on < date.max and each.due_by(date.max)
    }
    future = sorted(on for on in days if sum(each.due_by(on) for each in certain))
    pay_on = future[0] if future else None
    payable = sum(each.due_by(pay_on) for each in certain) if pay_on else 0
    projected = sum(each.due_by(date.max) for each in waiting if each.is_projected)
    held = sum(each.held() for each in certain)
    currency = wallet.currency
    return States(
        currency=currency,
        projected=Money(projected, currency),
        payable=Money(payable, currency),
        earned=wallet.earned - Money(payable + projected + held, currency),
        available=wallet.available,
        reserved=wallet.reserved,
        paid=wallet.paid,
        owed=wallet.owed,
        held=Money(held, currency),
        clawed_back=wallet.taken_back,
        at_risk=Money(risk.get(currency, 0), currency),
        pay_on=pay_on,
    )


def _is_projected(db: Session, row: Any, today: date) -> bool:
    """Tell whether money waits for the end of a period that is still open."""
    component = queries.version_of(db, row.program_id, row.version).find_component(row.component)
    if component is None or not isinstance(component.release, PeriodEndRelease):
        return False
    return row.period_end is None or row.period_end >= today


_RISK_DAYS: Final = 400


def at_risk(db: Session, person_id: UUID, *, today: date) -> dict[str, int]:
    """Return by currency what would be taken back if every asked cancellation happened."""
    table = activities.activities_table()
    asked = select(table.c.id).where(
        table.c.tenant_id == tenant_of(db),
        table.c.status == "counted",
        table.c.attributes.has_key(CANCELLATION),
        table.c.id.in_(
            select(Credit.activity_id).where(
                Credit.tenant_id == tenant_of(db),
                Credit.payee_id == person_id,
                Credit.occurred_at
                >= datetime.combine(today - timedelta(days=_RISK_DAYS), time(), ZoneInfo("UTC")),
            )
        ),
    )
    ids = list(db.scalars(asked))
    if not ids:
        return {}
    sums: dict[str, int] = {}
    for found in credits_of(db, person_id, ids):
        currency = found.row.currency
        sums[currency] = sums.get(currency, 0) + found.outcome().amount_minor
    return sums
