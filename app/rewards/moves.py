"""The steps of an order: taken one by one, written down, told to its owner and, when it is stuck, to the desk."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.unit_of_work import record, work_of
from app.http.principal import Role
from app.http.shapes import MoneyShape
from app.kernel.money import Money
from app.live import bus, rooms
from app.live.events import OrderWaits, RedemptionMoved, TodayChanged
from app.people import queries as people
from app.rewards.core import STUCK, State, may_follow
from app.rewards.events import NeedsAttention
from app.rewards.models import Redemption, RedemptionAttempt, RedemptionMove


def move(db: Session, redemption: Redemption, state: State, *, reason: str = "") -> None:
    """Take a redemption to `state`, write the step down and tell its owner; staying is no step."""
    before = State(redemption.state)
    if before == state and not reason:
        return
    if not may_follow(before, state):
        raise RuntimeError(f"A redemption does not go from {before} to {state}.")
    redemption.state, redemption.moved_at = state, work_of(db).now
    write_move(db, redemption, reason=reason)
    tell(db, redemption)
    if before in STUCK or state in STUCK:
        tell_desk(db, redemption)


def write_move(db: Session, redemption: Redemption, *, reason: str) -> None:
    """Add a line to the history of a redemption."""
    number = db.scalar(
        select(func.count())
        .select_from(RedemptionMove)
        .where(
            RedemptionMove.tenant_id == redemption.tenant_id,
            RedemptionMove.redemption_id == redemption.id,
        )
    )
    db.add(
        RedemptionMove(
            tenant_id=redemption.tenant_id,
            redemption_id=redemption.id,
            number=(number or 0) + 1,
            state=redemption.state,
            reason=reason,
            at=work_of(db).now,
        )
    )
    db.flush()


def tell(db: Session, redemption: Redemption) -> None:
    """Let the owner's phone know where the order stands; codes never travel this way."""
    room = rooms.person(redemption.tenant_id, redemption.person_id)
    bus.publish(db, room, RedemptionMoved(redemption_id=redemption.id, state=str(redemption.state)))
    if redemption.state in (State.RESERVED, State.CAPTURED, State.VOIDED, State.RETURNED):
        money = Money(redemption.minor, redemption.currency)
        bus.publish(
            db, room, TodayChanged(cause="redemption", amount=MoneyShape.model_validate(money))
        )


DESK: Final = (Role.FINANCE, Role.TENANT_ADMIN, Role.AUDITOR)
"""Who looks at the queue of orders that nobody can tell."""


def tell_desk(db: Session, redemption: Redemption) -> None:
    """Let everybody who looks at the queue of stuck orders know that this one is another than it was."""
    for person_id in sorted({one for role in DESK for one in people.people_with_role(db, role)}):
        room = rooms.person(redemption.tenant_id, person_id)
        bus.publish(db, room, OrderWaits(redemption_id=redemption.id, state=redemption.state))


def needs_attention(
    db: Session, redemption: Redemption, attempt: RedemptionAttempt, reason: str
) -> None:
    """Leave an order to a person, with the reason; nothing looks at it by itself any more."""
    attempt.due_at = None
    move(db, redemption, State.MANUAL, reason=reason)
    record(db, NeedsAttention(redemption.id, redemption.person_id, reason))
