"""What is kept back of a payout before it leaves, by rules that a room above knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Deduction:
    """What of `gross` is kept back, and why, as steps that screens have words for."""

    gross: Money
    withheld: Money
    country: str
    steps: tuple[Mapping[str, Any], ...] = ()
    rule_id: UUID | None = None

    @property
    def net(self) -> Money:
        """What arrives."""
        return self.gross - self.withheld


class Withholding(Protocol):
    """Who knows the rules and keeps the books of what was kept back."""

    def work_out(
        self, db: Session, *, person_id: UUID, gross: Money, country: str, on: date
    ) -> Deduction:
        """Return what would be kept back; of two at once for one person the second waits."""
        ...

    def keep_back(
        self, db: Session, *, redemption_id: UUID, person_id: UUID, deduction: Deduction, on: date
    ) -> None:
        """Take what is kept back out of the person's money, together with the order it belongs to."""
        ...


@dataclass(slots=True)
class _Installation:
    withholding: Withholding | None = None


_here = _Installation()


def connect(withholding: Withholding) -> None:
    """Say once, at start, who works out what is kept back."""
    _here.withholding = withholding


def work_out(db: Session, *, person_id: UUID, gross: Money, country: str, on: date) -> Deduction:
    """Return what is kept back of a payout of `gross` to an account in `country`."""
    if _here.withholding is None:
        return Deduction(gross, Money(0, gross.currency), country)
    return _here.withholding.work_out(db, person_id=person_id, gross=gross, country=country, on=on)


def keep_back(
    db: Session, *, redemption_id: UUID, person_id: UUID, deduction: Deduction, on: date
) -> None:
    """Keep back what was worked out, in the transaction that sets the rest aside."""
    if _here.withholding is not None:
        _here.withholding.keep_back(
            db, redemption_id=redemption_id, person_id=person_id, deduction=deduction, on=on
        )
