"""What a provider said about an order, written down: the one place that decides what it means (T2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import record, work_of
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.providers import accounts, deliveries
from app.providers.contract import (
    Accepted,
    Finding,
    NotFound,
    Order,
    Provider,
    Refused,
    Reversed,
    Settled,
    Unknown,
)
from app.providers.wire import Exchange
from app.rewards import books, queries
from app.rewards.core import GIVE_UP_AFTER, LIVE, State, pause_after
from app.rewards.events import NeedsAttention, ProviderPaused
from app.rewards.models import Redemption, RedemptionAttempt, Reward
from app.rewards.moves import move, needs_attention, tell_desk

log = structlog.get_logger(__name__)

FOR_A_PERSON: Final = frozenset({"refund_failed", "key_conflict"})
"""What no lookup will ever change."""
NEXT_LOOK: Final = timedelta(seconds=1)
WHILE_PAUSED: Final = timedelta(minutes=10)
SPREAD_FROM: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Errand:
    """What one worker was sent to do, with the fencing number it may write under."""

    redemption_id: UUID
    attempt_id: UUID
    lease: int
    is_lookup: bool
    order: Order
    is_withdrawn: bool = False
    """Its bank account was removed before it left: it does not leave."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """An order under its lock, and who said something about it."""

    redemption: Redemption
    attempt: RedemptionAttempt
    errand: Errand
    provider: Provider


def note(
    db: Session,
    errand: Errand,
    finding: Finding,
    provider: Provider,
    said: Sequence[Exchange] = (),
) -> None:
    """Write down what the provider said, unless the lease has passed to somebody else."""
    redemption = queries.get_redemption(db, errand.redemption_id, lock=True)
    attempt = queries.get_attempt(db, errand.attempt_id)
    action = "lookup" if errand.is_lookup else "place"
    deliveries.keep_answers(db, attempt.key, redemption.account_id, action, said)
    if attempt.lease != errand.lease:
        log.warning("fenced", redemption=str(redemption.id), lease=errand.lease)
        return
    attempt.unheard = 0
    if redemption.state not in LIVE:
        _after_the_end(db, redemption, finding)
        return
    heard = _Heard(redemption, attempt, errand, provider)
    if _is_of_another_order(db, heard, finding):
        finding = Unknown("crossed_reply")
    match finding:
        case Accepted():
            _accepted(db, heard, finding)
        case Settled():
            _settled(db, heard, finding)
        case Refused():
            _refused(db, heard, finding)
        case Reversed(reference, code):
            # It came back before we had heard that it was settled: nothing was delivered.
            attempt.reference = reference
            _refused(db, heard, Refused(code))
        case NotFound():
            _not_found(db, heard)
        case Unknown():
            _unknown(db, heard, finding)


def _after_the_end(db: Session, redemption: Redemption, finding: Finding) -> None:
    if redemption.state == State.CAPTURED and isinstance(finding, Reversed):
        books.give_back(db, redemption.id, reason=finding.code)
    elif redemption.state == State.VOIDED and isinstance(finding, Settled | Accepted):
        # Money left, and the books have given it back: the alarm that somebody must hear.
        log.error("settled_after_refusal", redemption=str(redemption.id))
        record(db, NeedsAttention(redemption.id, redemption.person_id, "settled_after_refusal"))


def _is_of_another_order(db: Session, heard: _Heard, finding: Finding) -> bool:
    """Whether the reference in an answer belongs to another order of the same provider account."""
    if (
        not isinstance(finding, Accepted | Settled | Reversed)
        or heard.redemption.account_id is None
    ):
        return False
    others = (
        select(RedemptionAttempt.id)
        .join(
            Redemption,
            (Redemption.tenant_id == RedemptionAttempt.tenant_id)
            & (Redemption.id == RedemptionAttempt.redemption_id),
        )
        .where(
            RedemptionAttempt.tenant_id == heard.attempt.tenant_id,
            RedemptionAttempt.reference == finding.reference,
            RedemptionAttempt.id != heard.attempt.id,
            Redemption.account_id == heard.redemption.account_id,
        )
    )
    return bool(db.scalar(select(exists(others))))


def _accepted(db: Session, heard: _Heard, finding: Accepted) -> None:
    attempt = heard.attempt
    attempt.lookups = attempt.lookups + 1 if attempt.state == "accepted" else 1
    attempt.state, attempt.reference, attempt.unknown_since = "accepted", finding.reference, None
    attempt.due_at = _later(db, heard, pause_after(attempt.lookups + 2))
    move(db, heard.redemption, State.ACCEPTED)


def _settled(db: Session, heard: _Heard, finding: Settled) -> None:
    redemption, attempt = heard.redemption, heard.attempt
    attempt.state, attempt.reference, attempt.due_at = (
        "settled",
        finding.reference,
        work_of(db).now,
    )
    attempt.unknown_since = None
    attempt.charged_minor = finding.charged.minor
    attempt.charged_currency = finding.charged.currency
    redemption.expires_on, redemption.confirmed_on = finding.expires_on, finding.confirmed_on
    if not deliveries.keep(db, attempt.key, finding.deliveries):
        needs_attention(db, redemption, attempt, deliveries.TWICE)
    elif not _is_the_price(db, redemption, finding.charged):
        needs_attention(db, redemption, attempt, "amount_differs")
    else:
        move(db, redemption, State.SETTLED)


def _is_the_price(db: Session, redemption: Redemption, charged: Money) -> bool:
    """Whether a provider took what was set aside.

    In another currency it takes by its own rate, which is written down and not computed again. Less
    than the price is right only where the account says that its provider gives discounts.
    """
    asked = queries.net_of(redemption)
    if charged.currency != asked.currency or charged == asked:
        return True
    if charged.minor > asked.minor or redemption.account_id is None:
        return False
    return accounts.get(db, redemption.account_id).settings.get("discounts") == "yes"


def _refused(db: Session, heard: _Heard, finding: Refused) -> None:
    redemption, attempt = heard.redemption, heard.attempt
    if finding.pauses:
        _our_fault(db, heard, finding)
        return
    attempt.state, attempt.answer, attempt.due_at = "refused", finding.code, work_of(db).now
    redemption.refusal = finding.detail if finding.code == "refused" else finding.code
    if finding.restock:
        _take_off_the_shelf(db, redemption.reward_id)
    move(db, redemption, State.REFUSED, reason=finding.code)


def _our_fault(db: Session, heard: _Heard, finding: Refused) -> None:
    """Stop the line: the order is as good as before, our account with the provider is not."""
    _pause(db, heard.redemption, finding.code)
    if heard.errand.is_lookup:
        # A lookup that was turned away says nothing about the order.
        _unknown(db, heard, Unknown(finding.code))
        return
    attempt = heard.attempt
    if heard.provider.replay == "new_key_after_failure":
        attempt = _next_attempt(db, heard)
    else:
        attempt.state, attempt.answer, attempt.misses = "ready", finding.code, 0
    attempt.unknown_since = None
    attempt.due_at = work_of(db).now + WHILE_PAUSED
    move(db, heard.redemption, State.RESERVED, reason=finding.code)


def _pause(db: Session, redemption: Redemption, code: str) -> None:
    account_id = redemption.account_id
    if account_id is None or not accounts.pause(db, account_id, reason=code):
        return
    log.error("provider_paused", provider=redemption.provider, reason=code)
    audit.record(
        db,
        action="provider_account.paused",
        object_kind="provider_account",
        object_id=account_id,
        after={"reason": code},
    )
    record(db, ProviderPaused(account_id, redemption.provider, code))


def _next_attempt(db: Session, heard: _Heard) -> RedemptionAttempt:
    """Return a new attempt under a new key: the old one failed for good, and its key with it."""
    old = heard.attempt
    old.state, old.answer, old.due_at = "refused", "failed", None
    db.flush()
    new = new_attempt(heard.redemption, number=old.number + 1)
    db.add(new)
    db.flush()
    return new


def new_attempt(redemption: Redemption, *, number: int = 1) -> RedemptionAttempt:
    """Return a try that nobody has made yet, under a key that is kept before anything is sent."""
    attempt_id = new_id()
    return RedemptionAttempt(
        tenant_id=redemption.tenant_id,
        id=attempt_id,
        redemption_id=redemption.id,
        key=attempt_id.hex,
        state="ready",
        lease=0,
        number=number,
        lookups=0,
        misses=0,
        unheard=0,
    )


def _take_off_the_shelf(db: Session, reward_id: UUID) -> None:
    reward = db.get_one(Reward, (work_of(db).tenant_id, reward_id))
    reward.sold_out_at = work_of(db).now


def _not_found(db: Session, heard: _Heard) -> None:
    attempt, now = heard.attempt, work_of(db).now
    attempt.state = "unknown"
    attempt.misses += 1
    _look_later(db, heard, "not_found")
    if attempt.due_at is None:
        return
    attempt.due_at = max(now + NEXT_LOOK, (attempt.sent_at or now) + heard.provider.consistency)
    if attempt.reference is not None and attempt.misses > 1:
        # It had a number there once. Sending it again could pay twice.
        needs_attention(db, heard.redemption, attempt, "lost_by_provider")


def _unknown(db: Session, heard: _Heard, finding: Unknown) -> None:
    attempt = heard.attempt
    attempt.state = "unknown"
    attempt.lookups += 1
    if finding.deliveries:
        deliveries.keep(db, attempt.key, finding.deliveries, held_because=deliveries.INCOMPLETE)
        needs_attention(db, heard.redemption, attempt, "partial")
        return
    if finding.reason in FOR_A_PERSON:
        needs_attention(db, heard.redemption, attempt, finding.reason)
        return
    _look_later(db, heard, finding.reason)
    if attempt.due_at is not None:
        pause = max(pause_after(attempt.lookups), finding.retry_after or timedelta(0))
        attempt.due_at = _later(db, heard, pause)


def _look_later(db: Session, heard: _Heard, reason: str) -> None:
    redemption, attempt, now = heard.redemption, heard.attempt, work_of(db).now
    if redemption.state == State.MANUAL:
        attempt.due_at = None
        tell_desk(db, redemption)
        return
    attempt.unknown_since = attempt.unknown_since or attempt.sent_at or now
    if now - attempt.unknown_since >= GIVE_UP_AFTER:
        needs_attention(db, redemption, attempt, "unknown_for_a_day")
        return
    attempt.due_at = now
    move(db, redemption, State.UNKNOWN, reason=reason)


def _later(db: Session, heard: _Heard, pause: timedelta) -> datetime:
    """Return when to look again. Long pauses differ by order, so that a recovery is no stampede."""
    spread = heard.attempt.id.int % 20 if pause >= SPREAD_FROM else 0
    return work_of(db).now + pause * (100 + spread) / 100
