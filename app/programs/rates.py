"""Rates of exchange: dated rows, one for each pair and day, that hold until the next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.engine.exact import decimal_text
from app.kernel.ids import new_id
from app.programs import core, queries, recalculation
from app.programs.earnings import Cause
from app.programs.models import ExchangeRate


@dataclass(frozen=True, slots=True)
class RateSet:
    """What one unit of a currency is in another from a day on, and who says so."""

    currency: str
    into: str
    from_on: date
    rate: Decimal
    source: str


_SET = text(
    """
    INSERT INTO exchange_rates (tenant_id, id, currency, "into", from_on, rate, source, changed_at)
    SELECT :tenant, id, currency, into_currency, from_on, rate, source, :now
      FROM unnest(CAST(:ids AS uuid[]), CAST(:currencies AS text[]), CAST(:intos AS text[]),
                  CAST(:days AS date[]), CAST(:rates AS numeric[]), CAST(:sources AS text[]))
           AS given(id, currency, into_currency, from_on, rate, source)
    ON CONFLICT (tenant_id, currency, "into", from_on) DO UPDATE
       SET rate = excluded.rate, source = excluded.source, changed_at = excluded.changed_at
    """
)


def set_rates(db: Session, *, rates: Sequence[RateSet]) -> int:
    """Set rates, replacing those of the same pair and day; what they converted is paid anew."""
    given = {(each.currency, each.into, each.from_on): each for each in rates}.values()
    before = _stated(db, given)
    db.execute(
        _SET,
        {
            "tenant": tenant_of(db),
            "now": work_of(db).now,
            "ids": [new_id() for _ in given],
            "currencies": [each.currency for each in given],
            "intos": [each.into for each in given],
            "days": [each.from_on for each in given],
            "rates": [each.rate for each in given],
            "sources": [each.source for each in given],
        },
    )
    audit.record(
        db,
        action="exchange_rates.set",
        object_kind="exchange_rates",
        object_id=tenant_of(db),
        before=before,
        after=_stated(db, given),
    )
    changed = {each.into for each in given}
    for program in queries.published(db):
        if program.document.currency in changed and core.plan_of(program.document).converts:
            recalculation.recalculate(db, program.program_id, Cause("rate", new_id()))
    return len(given)


def _stated(db: Session, places: Collection[RateSet]) -> dict[str, Any]:
    """Return the rates of these pairs and days as they stand, for the journal."""
    columns = (ExchangeRate.currency, ExchangeRate.into, ExchangeRate.from_on)
    wanted = [(each.currency, each.into, each.from_on) for each in places]
    rows = db.execute(
        select(*columns, ExchangeRate.rate, ExchangeRate.source)
        .where(ExchangeRate.tenant_id == tenant_of(db), tuple_(*columns).in_(wanted))
        .order_by(*columns)
    )
    return {
        "rates": [
            {
                "currency": row.currency,
                "into": row.into,
                "from_on": row.from_on.isoformat(),
                "rate": decimal_text(Fraction(row.rate)),
                "source": row.source,
            }
            for row in rows
        ]
    }


def exchange_rates(db: Session, *, on: date | None = None) -> list[ExchangeRate]:
    """Return every rate, newest first; or with a day the one of each pair that holds on it."""
    query = select(ExchangeRate).where(ExchangeRate.tenant_id == tenant_of(db))
    if on is not None:
        nth = func.row_number().over(
            partition_by=(ExchangeRate.currency, ExchangeRate.into),
            order_by=ExchangeRate.from_on.desc(),
        )
        latest = (
            query.where(ExchangeRate.from_on <= on)
            .with_only_columns(ExchangeRate.id, nth.label("nth"))
            .subquery()
        )
        query = query.join(latest, latest.c.id == ExchangeRate.id).where(latest.c.nth == 1)
    order = (ExchangeRate.from_on.desc(), ExchangeRate.currency, ExchangeRate.into)
    return list(db.scalars(query.order_by(*order).limit(1000)))
