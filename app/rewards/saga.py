"""The way of an order: claim (S1), call (S2), note the answer (T2), finish in the books (T3), tell (S4).

Each step is a transaction of its own and may be repeated. A crash anywhere leaves a row that is due; the
completer finds it. A worker that was asleep holds an old fencing number and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from app.db.crash import crash_point
from app.db.unit_of_work import tenant_of, work_of
from app.destinations import queries as destinations
from app.jobs.queue import enqueue, job, tenant_transaction
from app.providers import accounts, registry
from app.providers.contract import Finding, Order, Provider, Refused
from app.providers.registry import Contact
from app.providers.seats import seated, sends
from app.rewards import books, directions, hearing, queries
from app.rewards.core import LIVE, LOOK_AGAIN, UNHEARD, Policy, State, Tried, may_send
from app.rewards.hearing import WHILE_PAUSED, Errand
from app.rewards.models import Redemption, RedemptionAttempt
from app.rewards.moves import move, needs_attention

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
    "job.end",
    "complete.before_commit",
)
"""Where a test build can be made to die in this saga, in the order of its way."""

WHEN_SEATED: Final = timedelta(seconds=2)
"""How long a hint waits when every seat before its account is taken."""

ORDERS: Final = "orders"
"""What seats before an account are wanted for here."""

NEXT: Final = 50
"""How many orders are looked through for one that no worker is on its way to."""

OpenWork = Callable[[], AbstractContextManager[Session]]
Reach = Callable[[OpenWork, str, UUID | None], Contact]


def advance(
    open_work: OpenWork, redemption_id: UUID, *, hint: bool, reach: Reach = registry.reach
) -> None:
    """Take an order as far as it goes now. `hint`: somebody says the provider has news."""
    with open_work() as db:
        redemption = queries.get_redemption(db, redemption_id)
        name, account_id = redemption.provider, redemption.account_id
    try:
        contact = reach(open_work, name, account_id)
    except registry.NoAccount:
        with open_work() as db:
            _wait(db, redemption_id, LOOK_AGAIN)
        return
    with open_work() as db:
        redemption = queries.get_redemption(db, redemption_id, lock=True)
        errand = claim(db, redemption, contact.provider, hint=hint)
        crash_point("claim.before_commit")
    if errand is not None:
        _call(open_work, contact, errand)
    with open_work() as db:
        books.finish(db, redemption_id)


def _call(open_work: OpenWork, contact: Contact, errand: Errand) -> None:
    crash_point("call.before")
    provider = contact.provider
    finding = _ask(provider, errand)
    crash_point("call.after")
    with open_work() as db:
        hearing.note(db, errand, finding, provider, contact.said)
        crash_point("note.before_commit")
    crash_point("note.after_commit")


def _ask(provider: Provider, errand: Errand) -> Finding:
    if errand.is_withdrawn:
        return Refused("account_gone")
    return provider.lookup(errand.order.key) if errand.is_lookup else provider.place(errand.order)


def claim(db: Session, redemption: Redemption, provider: Provider, *, hint: bool) -> Errand | None:
    """Take the lease on what is due, before anything leaves the process; None when nothing is."""
    if redemption.state not in LIVE:
        return _claim_ended(db, redemption) if hint else None
    attempt, now = queries.live_attempt(db, redemption.id), work_of(db).now
    is_due = attempt.due_at is not None and attempt.due_at <= now
    has_news = hint and (
        attempt.state in ("accepted", "unknown")
        or (redemption.state == State.MANUAL and attempt.state == "sending")
    )
    if not is_due and not has_news:
        return None
    if attempt.unheard >= UNHEARD and not hint:
        needs_attention(db, redemption, attempt, "unheard")
        return None
    policy = Policy(provider.replay, provider.resend_until, provider.consistency)
    is_sent = redemption.state != State.MANUAL and may_send(_tried(attempt), policy, now)
    if (until := _must_wait(db, redemption, is_sent=is_sent)) is not None:
        attempt.due_at = until
        return None
    if is_sent or redemption.state == State.RESERVED:
        _leave(db, redemption, attempt, is_sent=is_sent)
    return _errand(db, redemption, attempt, provider, is_lookup=not is_sent)


def _tried(attempt: RedemptionAttempt) -> Tried:
    return Tried(
        is_ready=attempt.state == "ready",
        first_sent_at=attempt.first_sent_at,
        sent_at=attempt.sent_at,
        misses=attempt.misses,
        has_reference=attempt.reference is not None,
    )


def _must_wait(db: Session, redemption: Redemption, *, is_sent: bool) -> datetime | None:
    """Return until when nothing may be said to the provider: it is paused, or asked for silence."""
    if redemption.account_id is None:
        return None
    account, now = accounts.get(db, redemption.account_id), work_of(db).now
    if account.penalty_until is not None and account.penalty_until > now:
        # Not all at once when the silence ends.
        return account.penalty_until + timedelta(seconds=redemption.id.int % 10)
    if is_sent and account.state != "active":
        return now + WHILE_PAUSED
    return None


def _leave(
    db: Session, redemption: Redemption, attempt: RedemptionAttempt, *, is_sent: bool
) -> None:
    was_sent = attempt.first_sent_at is not None
    if is_sent:
        now = work_of(db).now
        attempt.state, attempt.sent_at, attempt.misses = "sending", now, 0
        attempt.first_sent_at = attempt.first_sent_at or now
    move(db, redemption, State.SENDING, reason="again" if was_sent else "")


def _claim_ended(db: Session, redemption: Redemption) -> Errand | None:
    """Look at an order that is over: a provider may reverse what it settled, or settle what it refused."""
    if redemption.state not in (State.CAPTURED, State.VOIDED):
        return None
    attempt = queries.last_attempt(db, redemption.id)
    attempt.lease += 1
    return Errand(
        redemption.id,
        attempt.id,
        attempt.lease,
        is_lookup=True,
        order=_order(db, redemption, attempt),
    )


def _errand(
    db: Session,
    redemption: Redemption,
    attempt: RedemptionAttempt,
    provider: Provider,
    *,
    is_lookup: bool,
) -> Errand:
    attempt.lease += 1
    attempt.unheard += 1
    attempt.due_at = work_of(db).now + provider.patience
    order = _order(db, redemption, attempt)
    return Errand(
        redemption.id,
        attempt.id,
        attempt.lease,
        is_lookup=is_lookup,
        order=order,
        is_withdrawn=not is_lookup and _is_withdrawn(db, redemption, order),
    )


def _is_withdrawn(db: Session, redemption: Redemption, order: Order) -> bool:
    """Whether the account that was approved is not the person's any more, or is held again."""
    if redemption.destination_id is None:
        return False
    return destinations.find_destination(db, redemption.destination_id) != order.destination


def _order(db: Session, redemption: Redemption, attempt: RedemptionAttempt) -> Order:
    where = directions.of(db, redemption.id)
    return Order(
        key=attempt.key,
        product_id=redemption.reward_id,
        money=queries.net_of(redemption),
        wished_on=redemption.wished_on,
        note=redemption.note,
        product_code=redemption.product_code,
        recipient=where.recipient,
        destination=where.destination,
    )


def _wait(db: Session, redemption_id: UUID, pause: timedelta) -> None:
    redemption = queries.get_redemption(db, redemption_id, lock=True)
    if redemption.state in LIVE and redemption.state != State.MANUAL:
        queries.live_attempt(db, redemption_id).due_at = work_of(db).now + pause
    books.finish(db, redemption_id)


@job(name="rewards.advance", queue_name="providers", transaction=False)
def advance_job(tenant_id: UUID, redemption_id: str, hint: bool = False) -> None:  # noqa: FBT001, FBT002 - jobs are called by name
    """Take one order as far as it goes now, or leave it due when too many wait for its account already."""

    def open_work() -> AbstractContextManager[Session]:
        opened: AbstractContextManager[Session] = tenant_transaction(tenant_id)
        return opened

    order_id = UUID(redemption_id)
    if not advance_seated(open_work, order_id, hint=hint) and hint:
        # What is due is found again; what somebody told us is not.
        with open_work() as db:
            _enqueue(db, order_id, at=work_of(db).now + WHEN_SEATED, hint=True)
    crash_point("job.end")


def advance_seated(
    open_work: OpenWork, redemption_id: UUID, *, hint: bool, reach: Reach = registry.reach
) -> bool:
    """Advance an order when there is a seat before its account; False when there is none."""
    with open_work() as db:
        account_id = queries.get_redemption(db, redemption_id).account_id
    if account_id is None:
        advance(open_work, redemption_id, hint=hint, reach=reach)
        return True
    with seated(open_work, account_id, ORDERS) as is_seated:
        if is_seated:
            advance(open_work, redemption_id, hint=hint, reach=reach)
    return is_seated


@sends(ORDERS)
def _send_next(db: Session, account_id: UUID) -> bool:
    """Send a worker after the next order of an account: those that came for it were turned away."""
    due = queries.due(db, account_id=account_id, most=NEXT)
    return any(_enqueue(db, redemption_id) for redemption_id in due)


def _enqueue(
    db: Session, redemption_id: UUID, *, at: datetime | None = None, hint: bool = False
) -> bool:
    what = "rewards.advance.hinted" if hint else "rewards.advance"
    return enqueue(
        db,
        advance_job,
        at=at,
        once=f"{what}:{tenant_of(db)}:{redemption_id}",
        redemption_id=str(redemption_id),
        hint=hint,
    )


@job(name="rewards.complete", queue_name="providers")
def complete_job(db: Session) -> None:
    """Send workers to every order that is due: after a crash, a silence, or an answer not yet in the books."""
    for redemption_id in queries.due(db):
        _enqueue(db, redemption_id)
    crash_point("complete.before_commit")
