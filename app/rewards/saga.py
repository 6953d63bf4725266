"""The way of an order: claim (S1), call (S2), note the answer (T2), finish in the books (T3), tell (S4).

Each step is a transaction of its own and may be repeated. A crash anywhere leaves a row that is due; the
completer finds it. A worker that was asleep holds an old fencing number and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.crash import crash_point
from app.db.unit_of_work import after_commit, record, tenant_of, work_of
from app.http.shapes import MoneyShape
from app.jobs.queue import enqueue, job, tenant_transaction
from app.kernel.money import Money
from app.ledger import core as accounts
from app.ledger import service as ledger
from app.live import bus, rooms
from app.live.events import RedemptionMoved, TodayChanged
from app.providers import vault
from app.providers.contract import (
    Accepted,
    Finding,
    NotFound,
    Order,
    Provider,
    Refused,
    Settled,
    Unknown,
)
from app.rewards import queries
from app.rewards.core import (
    DECIDED,
    GIVE_UP_AFTER,
    LIVE,
    LOOK_AGAIN,
    State,
    may_follow,
    may_send_again,
    pause_after,
)
from app.rewards.events import NeedsAttention, RedemptionEnded, StockLow
from app.rewards.models import (
    Redemption,
    RedemptionAttempt,
    RedemptionMove,
    Reward,
    RewardDenomination,
)
from app.rewards.registry import PROVIDERS

log = structlog.get_logger(__name__)

CRASH_POINTS: Final = (
    "redeem.before_commit",
    "redeem.after_commit",
    "claim.before_commit",
    "call.before",
    "vault.before_commit",
    "manual.before_commit",
    "call.after",
    "note.before_commit",
    "note.after_commit",
    "finish.before_commit",
    "push.before",
    "complete.before_commit",
)
"""Where a test build can be made to die in this saga, in the order of its way."""

NEXT_LOOK: Final = timedelta(seconds=1)

OpenWork = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Errand:
    """What one worker was sent to do, with the fencing number it may write under."""

    redemption_id: UUID
    attempt_id: UUID
    lease: int
    is_lookup: bool
    order: Order


def advance(
    open_work: OpenWork, provider_of: Callable[[str], Provider], redemption_id: UUID, *, hint: bool
) -> None:
    """Take an order as far as it goes now. `hint`: somebody says the provider has news."""
    with open_work() as db:
        redemption = queries.get_redemption(db, redemption_id, lock=True)
        provider = provider_of(redemption.provider)
        errand = claim(db, redemption, provider, hint=hint)
        crash_point("claim.before_commit")
    if errand is not None:
        crash_point("call.before")
        finding = (
            provider.lookup(errand.order.key) if errand.is_lookup else provider.place(errand.order)
        )
        crash_point("call.after")
        with open_work() as db:
            note(db, errand, finding, provider)
            crash_point("note.before_commit")
        crash_point("note.after_commit")
    with open_work() as db:
        finish(db, redemption_id)


def claim(db: Session, redemption: Redemption, provider: Provider, *, hint: bool) -> Errand | None:
    """Take the lease on what is due, before anything leaves the process; None when nothing is."""
    if redemption.state not in LIVE:
        return None
    attempt, now = queries.live_attempt(db, redemption.id), work_of(db).now
    is_due = attempt.due_at is not None and attempt.due_at <= now
    has_news = hint and attempt.state in ("accepted", "unknown")
    if not is_due and not has_news:
        return None
    is_first = attempt.state == "ready"
    is_repeat = not is_first and may_send_again(
        sent_at=attempt.sent_at or now,
        now=now,
        consistency=provider.consistency,
        misses=attempt.misses,
    )
    if is_first or is_repeat:
        attempt.state, attempt.sent_at, attempt.misses = "sending", now, 0
        move(db, redemption, State.SENDING, reason="again" if is_repeat else "")
    attempt.lease += 1
    attempt.due_at = now + provider.patience
    return Errand(
        redemption.id,
        attempt.id,
        attempt.lease,
        is_lookup=not (is_first or is_repeat),
        order=Order(
            key=attempt.key,
            product_id=redemption.reward_id,
            money=Money(redemption.minor, redemption.currency),
            wished_on=redemption.wished_on,
            note=redemption.note,
        ),
    )


def note(db: Session, errand: Errand, finding: Finding, provider: Provider) -> None:
    """Write down what the provider said, unless the lease has passed to somebody else."""
    redemption = queries.get_redemption(db, errand.redemption_id, lock=True)
    attempt = queries.get_attempt(db, errand.attempt_id)
    if attempt.lease != errand.lease or redemption.state not in LIVE:
        log.warning("fenced", redemption=str(redemption.id), lease=errand.lease)
        return
    now = work_of(db).now
    match finding:
        case Accepted(reference):
            attempt.state, attempt.reference, attempt.due_at = (
                "accepted",
                reference,
                now + LOOK_AGAIN,
            )
            move(db, redemption, State.ACCEPTED)
        case Settled(reference, charged):
            attempt.state, attempt.reference, attempt.due_at = "settled", reference, now
            redemption.expires_on, redemption.confirmed_on = (
                finding.expires_on,
                finding.confirmed_on,
            )
            if charged == errand.order.money:
                move(db, redemption, State.SETTLED)
            else:
                _needs_attention(db, redemption, attempt, "amount_differs")
        case Refused(code, detail):
            attempt.state, attempt.answer, attempt.due_at = "refused", code, now
            redemption.refusal = detail if code == "refused" else code
            move(db, redemption, State.REFUSED, reason=code)
        case NotFound():
            attempt.state = "unknown"
            attempt.misses += 1
            _look_later(db, redemption, attempt, "not_found", pause=NEXT_LOOK)
            attempt.due_at = max(now + NEXT_LOOK, (attempt.sent_at or now) + provider.consistency)
        case Unknown(reason):
            attempt.state = "unknown"
            attempt.lookups += 1
            _look_later(db, redemption, attempt, reason, pause=pause_after(attempt.lookups))


def _look_later(
    db: Session,
    redemption: Redemption,
    attempt: RedemptionAttempt,
    reason: str,
    *,
    pause: timedelta,
) -> None:
    now = work_of(db).now
    attempt.due_at = now + pause
    if redemption.state == State.MANUAL:
        return
    if attempt.sent_at is not None and now - attempt.sent_at >= GIVE_UP_AFTER:
        _needs_attention(db, redemption, attempt, "unknown_for_a_day")
    else:
        move(db, redemption, State.UNKNOWN, reason=reason)


def _needs_attention(
    db: Session, redemption: Redemption, attempt: RedemptionAttempt, reason: str
) -> None:
    attempt.due_at = None
    move(db, redemption, State.MANUAL, reason=reason)
    record(db, NeedsAttention(redemption.id, redemption.person_id, reason))


def finish(db: Session, redemption_id: UUID) -> None:
    """Bring a decided order into the books: capture what was delivered, give back what was refused."""
    redemption = queries.get_redemption(db, redemption_id, lock=True)
    if redemption.state not in DECIDED:
        return
    money = Money(redemption.minor, redemption.currency)
    after_commit(db, lambda: crash_point("push.before"))
    if redemption.state == State.SETTLED:
        to = accounts.clearing(redemption.reward_id, money.currency)
        ledger.capture(db, redemption.reservation_id, to=to)
        move(db, redemption, State.CAPTURED)
    else:
        ledger.void(db, redemption.reservation_id)
        move(db, redemption, State.VOIDED)
    crash_point("finish.before_commit")
    db.execute(
        update(RedemptionAttempt)
        .where(
            RedemptionAttempt.tenant_id == redemption.tenant_id,
            RedemptionAttempt.redemption_id == redemption.id,
        )
        .values(due_at=None)
    )
    _end(db, redemption, money)


def give_back(db: Session, redemption_id: UUID, *, reason: str) -> None:
    """Return the money of a delivered order that the provider took back later."""
    redemption = queries.get_redemption(db, redemption_id, lock=True)
    money = Money(redemption.minor, redemption.currency)
    move(db, redemption, State.RETURNED, reason=reason)
    redemption.refusal = reason
    ledger.post(
        db,
        accounts.Entry(
            key=f"return:{redemption.id}",
            kind="provider_return",
            cause_kind="redemption",
            cause_id=redemption.id,
            legs=(
                accounts.Leg(accounts.clearing(redemption.reward_id, money.currency), -money.minor),
                accounts.Leg(accounts.available(redemption.person_id, money.currency), money.minor),
            ),
        ),
    )
    _end(db, redemption, money)


def _end(db: Session, redemption: Redemption, money: Money) -> None:
    reward = queries.get_reward(db, redemption.reward_id)
    audit.record(
        db,
        action=f"redemption.{redemption.state}",
        object_kind="redemption",
        object_id=redemption.id,
        after={"amount": str(money), "reason": redemption.refusal},
    )
    record(
        db,
        RedemptionEnded(
            redemption.id,
            redemption.person_id,
            reward.id,
            reward.brand,
            reward.kind,
            money,
            redemption.state,
            redemption.refusal,
        ),
    )
    _warn_of_low_stock(db, reward, money)


def _warn_of_low_stock(db: Session, reward: Reward, money: Money) -> None:
    if reward.kind != "gift_card":
        return
    left = codes_left(db, reward.id, money)
    if left > reward.low_stock_at:
        return
    marked = db.execute(
        update(RewardDenomination)
        .where(
            RewardDenomination.tenant_id == reward.tenant_id,
            RewardDenomination.reward_id == reward.id,
            RewardDenomination.minor == money.minor,
            RewardDenomination.low_since.is_(None),
        )
        .values(low_since=work_of(db).now)
        .returning(RewardDenomination.minor)
    )
    if marked.first() is not None:
        record(db, StockLow(reward.id, reward.brand, money, left))


def codes_left(db: Session, reward_id: UUID, money: Money) -> int:
    """Return how many codes of this denomination the vault can sell."""
    return sum(level.left for level in vault.levels(db, [reward_id]) if level.money == money)


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


@job(name="rewards.advance", queue_name="providers", transaction=False)
def advance_job(tenant_id: UUID, redemption_id: str, hint: bool = False) -> None:  # noqa: FBT001, FBT002 - jobs are called by name
    """Take one order as far as it goes now."""

    def open_work() -> AbstractContextManager[Session]:
        opened: AbstractContextManager[Session] = tenant_transaction(tenant_id)
        return opened

    advance(open_work, lambda name: PROVIDERS[name](open_work), UUID(redemption_id), hint=hint)


@job(name="rewards.complete", queue_name="providers")
def complete_job(db: Session) -> None:
    """Send workers to every order that is due: after a crash, a silence, or an answer not yet in the books."""
    for redemption_id in queries.due(db):
        enqueue(
            db,
            advance_job,
            once=f"rewards.advance:{tenant_of(db)}:{redemption_id}",
            redemption_id=str(redemption_id),
        )
    crash_point("complete.before_commit")
