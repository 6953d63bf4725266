"""What is withheld of a person's pay-outs: the dated rules of a country on the year's total so far."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.kernel.money import Money
from app.providers.bank_numbers import payable_step
from app.rewards import tax
from app.rewards.cash_models import TaxRule

INCOME: Final = "earnings"

# What came back or never left is no income; what is under way already counts.
_SO_FAR: Final = text(
    """
    SELECT coalesce(sum(r.minor), 0) AS paid, coalesce(sum(r.withheld_minor), 0) AS withheld
      FROM redemptions r
      JOIN bank_accounts a ON a.tenant_id = r.tenant_id AND a.id = r.destination_id
     WHERE r.tenant_id = :tenant AND r.person_id = :person AND r.currency = :currency
       AND a.country = :country AND r.state NOT IN ('refused', 'voided', 'returned')
       AND r.created_at >= :since
    """
)


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


def work_out(db: Session, *, person_id: UUID, gross: Money, country: str, on: date) -> tax.Withheld:
    """Return what is withheld of a pay-out of `gross` to an account in `country`."""
    rule = tax.rule_on(rules(db), country=country, currency=gross.currency, income=INCOME, on=on)
    since = tax.window_start(rule, on) if rule else None
    earlier = _so_far(db, person_id, gross.currency, country, since) if since else None
    return tax.work_out(
        rule,
        gross,
        earlier_minor=int(earlier.paid) if earlier else 0,
        withheld_minor=int(earlier.withheld) if earlier else 0,
        step=payable_step(gross.currency),
    )


def _so_far(db: Session, person_id: UUID, currency: str, country: str, since: date) -> Row[Any]:
    given = {
        "tenant": tenant_of(db),
        "person": person_id,
        "currency": currency,
        "country": country,
        "since": since,
    }
    return db.execute(_SO_FAR, given).one()
