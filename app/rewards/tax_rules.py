"""Writing tax rules down. A rule is never changed: a later one replaces it from its day on."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.rewards.cash_models import TaxRule
from app.rewards.tax import Rule


def rows(db: Session) -> list[TaxRule]:
    """Return all rules as they were written down, by country and day."""
    return list(
        db.scalars(
            select(TaxRule)
            .where(TaxRule.tenant_id == tenant_of(db))
            .order_by(TaxRule.country, TaxRule.currency, TaxRule.income, TaxRule.from_on.desc())
        )
    )


def add(db: Session, rule: Rule, *, note: str) -> TaxRule | None:
    """Write a rule down; None when there is one of the same country, currency and income from that day."""
    taken = select(TaxRule.id).where(
        TaxRule.tenant_id == tenant_of(db),
        TaxRule.country == rule.country,
        TaxRule.currency == rule.currency,
        TaxRule.income == rule.income,
        TaxRule.from_on == rule.from_on,
    )
    if db.scalar(taken) is not None:
        return None
    row = TaxRule(
        tenant_id=tenant_of(db),
        id=rule.id,
        country=rule.country,
        currency=rule.currency,
        income=rule.income,
        from_on=rule.from_on,
        threshold_minor=rule.threshold_minor,
        ppm=rule.ppm,
        basis=rule.basis,
        year_starts=rule.year_starts,
        note=note,
        created_at=work_of(db).now,
    )
    db.add(row)
    db.flush()
    audit.record(
        db,
        action="tax_rule.added",
        object_kind="tax_rule",
        object_id=rule.id,
        after={
            "country": rule.country,
            "income": rule.income,
            "from_on": rule.from_on.isoformat(),
            "threshold": rule.threshold_minor,
            "ppm": rule.ppm,
            "basis": rule.basis,
        },
    )
    return row
