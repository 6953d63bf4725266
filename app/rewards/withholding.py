"""What is withheld of a person's pay-outs: the dated rules of a country on the year's total so far.

Prizes and pay are taxed apart, each by its own rule and on its own total.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.kernel.money import Money
from app.providers.bank_numbers import payable_step
from app.rewards import tax, winnings
from app.rewards.cash_models import TaxRule
from app.rewards.tax import Income

# What the books have given back is no income; what is under way, and what is about to come back, counts.
_SO_FAR: Final = """
    SELECT coalesce(sum({paid}), 0) AS paid, coalesce(sum({withheld}), 0) AS withheld
      FROM redemptions r
      JOIN bank_accounts a ON a.tenant_id = r.tenant_id AND a.id = r.destination_id
     WHERE r.tenant_id = :tenant AND r.person_id = :person AND r.currency = :currency
       AND a.country = :country AND r.state NOT IN ('voided', 'returned')
       AND r.created_at >= :since
"""
_SO_FAR_OF: Final[Mapping[Income, Any]] = {
    "earnings": text(
        _SO_FAR.format(
            paid="r.minor - r.prize_minor", withheld="r.withheld_minor - r.prize_withheld_minor"
        )
    ),
    "draw_prize": text(_SO_FAR.format(paid="r.prize_minor", withheld="r.prize_withheld_minor")),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What is withheld of a pay-out, what of the pay-out was won, and what of the tax is for that."""

    money: Money
    prize: Money
    prize_tax: Money


def rules(db: Session) -> list[tax.Rule]:
    """Return every rule of the tenant, as values."""
    rows = db.scalars(select(TaxRule).where(TaxRule.tenant_id == tenant_of(db)))
    return [
        tax.Rule(
            id=row.id,
            country=row.country,
            currency=row.currency,
            income=cast("tax.Income", row.income),
            from_on=row.from_on,
            threshold_minor=row.threshold_minor,
            ppm=row.ppm,
            basis=cast("tax.Basis", row.basis),
            year_starts=row.year_starts,
        )
        for row in rows
    ]


def work_out(db: Session, *, person_id: UUID, gross: Money, country: str, on: date) -> Taken:
    """Return what is withheld of a pay-out of `gross` to an account in `country`."""
    prize = Money(winnings.part_of(db, person_id, gross), gross.currency)
    known = rules(db)

    def withheld(income: Income, part: Money) -> Money:
        rule = tax.rule_on(known, country=country, currency=gross.currency, income=income, on=on)
        since = tax.window_start(rule, on) if rule else None
        earlier = _so_far(db, rule, person_id, since) if rule and since else None
        return tax.work_out(
            rule,
            part,
            earlier_minor=int(earlier.paid) if earlier else 0,
            withheld_minor=int(earlier.withheld) if earlier else 0,
            step=payable_step(gross.currency),
        ).money

    prize_tax = withheld("draw_prize", prize)
    return Taken(prize_tax + withheld("earnings", gross - prize), prize, prize_tax)


def _so_far(db: Session, rule: tax.Rule, person_id: UUID, since: date) -> Row[Any]:
    given = {
        "tenant": tenant_of(db),
        "person": person_id,
        "currency": rule.currency,
        "country": rule.country,
        "since": since,
    }
    return db.execute(_SO_FAR_OF[rule.income], given).one()
