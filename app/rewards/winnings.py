"""What of a person's money was won in contests. Of whatever is redeemed, prizes leave first."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.kernel.money import Money
from app.ledger import queries as ledger
from app.rewards.core import BACK_IN_BOOKS
from app.rewards.models import Redemption


def part_of(db: Session, person_id: UUID, money: Money) -> int:
    """Return how many minor units of `money`, about to be redeemed, were won.

    The same until the purse of the person is unlocked: every redemption takes that lock.
    """
    return max(min(money.minor, _left(db, person_id, money.currency)), 0)


def _left(db: Session, person_id: UUID, currency: str) -> int:
    gone = db.scalar(
        select(func.sum(Redemption.prize_minor)).where(
            Redemption.tenant_id == tenant_of(db),
            Redemption.person_id == person_id,
            Redemption.currency == currency,
            Redemption.state.not_in(BACK_IN_BOOKS),
        )
    )
    return ledger.won(db, person_id, currency) - int(gone or 0)
