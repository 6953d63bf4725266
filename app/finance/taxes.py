"""Tax rules as finance states them: percent outside, millionths inside; and what they take of an amount."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.finance.errors import RuleInThePast, RuleTaken
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.people import queries as people
from app.providers.bank_numbers import payable_step
from app.rewards import tax, tax_rules, withholding
from app.rewards.tax import Basis, Income, Rule, Withheld


@dataclass(frozen=True, slots=True)
class Stated:
    """A rule as somebody states it."""

    country: str
    income: Income
    from_on: date
    threshold: Money
    percent: Decimal
    basis: Basis
    year_starts: int
    note: str


def state(db: Session, stated: Stated) -> UUID:
    """Write a rule down, from today or a later day on; what it replaces is kept."""
    if stated.from_on < people.today(db):
        raise RuleInThePast("What was withheld stays as it was: a rule begins today or later.")
    rule = Rule(
        id=new_id(),
        country=stated.country,
        currency=stated.threshold.currency,
        income=stated.income,
        from_on=stated.from_on,
        threshold_minor=stated.threshold.minor,
        ppm=int(stated.percent * 10_000),
        basis=stated.basis,
        year_starts=stated.year_starts,
    )
    if tax_rules.add(db, rule, note=stated.note) is None:
        raise RuleTaken("There is a rule of this country, currency and income from that day on.")
    return rule.id


def listed(db: Session) -> list[dict[str, Any]]:
    """Return all rules with what they are now: in force, coming or replaced."""
    today, rules = people.today(db), withholding.rules(db)
    return [
        {
            "id": row.id,
            "country": row.country,
            "currency": row.currency,
            "income": row.income,
            "from_on": row.from_on,
            "threshold": Money(row.threshold_minor, row.currency),
            "percent": f"{(Decimal(row.ppm) / 10_000).normalize():f}",
            "basis": row.basis,
            "year_starts": row.year_starts,
            "note": row.note,
            "state": _state(rules, row, today),
        }
        for row in tax_rules.rows(db)
    ]


def _state(rules: Iterable[Rule], row: Any, today: date) -> str:
    if row.from_on > today:
        return "coming"
    found = tax.rule_on(
        rules, country=row.country, currency=row.currency, income=row.income, on=today
    )
    return "in_force" if found is not None and found.id == row.id else "replaced"


def try_out(db: Session, *, country: str, gross: Money, income: Income, on: date) -> Withheld:
    """Return what would be withheld of a first payment of `gross` in its window."""
    rule = tax.rule_on(
        withholding.rules(db), country=country, currency=gross.currency, income=income, on=on
    )
    return tax.work_out(
        rule, gross, earlier_minor=0, withheld_minor=0, step=payable_step(gross.currency)
    )
