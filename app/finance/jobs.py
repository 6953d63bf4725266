"""Background work of finance: months are frozen when they are over."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from app.finance import core, statements
from app.finance.errors import LaterMonthFrozen, MonthIsOpen
from app.jobs.queue import enqueue, job
from app.people import queries as people


@job(name="finance.freeze_due")
def freeze_due(db: Session) -> None:
    """Have the last month frozen for everybody who has no statement of it."""
    try:
        month = statements.month_of(db, core.month_before(people.today(db)))
        statements.check_order(db, month)
    except (MonthIsOpen, LaterMonthFrozen):
        return
    if statements.waiting(db, month):
        ask(db, month.first)


@job(name="finance.freeze")
def freeze(db: Session, first: str) -> None:
    """Freeze a month for the next people, and go on until nobody waits."""
    month = statements.month_of(db, date.fromisoformat(first))
    if statements.freeze_some(db, month):
        ask(db, month.first)


def ask(db: Session, first: date) -> None:
    """Have a month frozen by a worker."""
    enqueue(db, freeze, first=first.isoformat())
