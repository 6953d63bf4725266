"""Months of money for tests: what was earned, paid and corrected on which day."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.finance import statements
from app.finance.core import Month
from app.finance.models import Statement
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import core as books
from app.ledger import service as ledger
from app.people.models import Person
from tests.conftest import Work


@dataclass(frozen=True)
class Purse:
    """One person's money over some months."""

    work: Work
    person: Person

    def at(self, day: str) -> AbstractContextManager[Session]:
        """Open a transaction at noon of a day."""
        return self.work(now=datetime.fromisoformat(f"{day}T12:00+00:00"))

    def earn(self, day: str, minor: int, *, currency: str = "EUR") -> UUID:
        """Earn something that is released at once."""
        earning = new_id()
        with self.at(day) as db:
            ledger.post_earning_differences(
                db,
                [
                    books.Difference(
                        key=f"earning:{earning}:1",
                        program_id=new_id(),
                        person_id=self.person.id,
                        currency=currency,
                        delta_minor=minor,
                        releasable=True,
                        cause_kind="earning",
                        cause_id=earning,
                    )
                ],
            )
        return earning

    def spend(self, day: str, minor: int) -> None:
        """Pay something out."""
        with self.at(day) as db:
            reservation = ledger.reserve(
                db,
                person_id=self.person.id,
                money=Money(minor, "EUR"),
                key=f"reserve:{new_id()}",
                cause_kind="test",
                cause_id=new_id(),
            )
            ledger.capture(db, reservation, to=books.clearing(new_id(), "EUR"))

    def freeze(self, month: str, *, now: str = "2026-12-24") -> Statement:
        """Freeze a month."""
        with self.at(now) as db:
            frozen = statements.freeze(
                db, self.person.id, Month(date.fromisoformat(f"{month}-01"), "Europe/Rome")
            )
            db.expunge(frozen)
        return frozen


def sums(statement: Mapping[str, object], currency: str = "EUR") -> Mapping[str, str]:
    """Return what a statement adds up to."""
    found = [part for part in statement["currencies"] if part["currency"] == currency]  # type: ignore[attr-defined]
    result: Mapping[str, str] = found[0]["sums"]
    return result
