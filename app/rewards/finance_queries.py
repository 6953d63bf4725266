"""Reads of the finance desk: accounts with providers, orders that are stuck, what does not agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.people import queries as people
from app.providers import accounts
from app.providers.models import ProviderAccount, ProviderAnswer
from app.rewards.core import State
from app.rewards.finance_models import Reconciliation, ReconciliationFinding, RedemptionVerdict
from app.rewards.models import Redemption, RedemptionAttempt, RedemptionMove, Reward

QUEUES = {
    "waiting": (State.RESERVED, State.SENDING),
    "accepted": (State.ACCEPTED,),
    "unknown": (State.UNKNOWN,),
    "manual": (State.MANUAL,),
}
"""The named queues in which an order that has not ended is always to be found."""


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account with a provider, and how it stands."""

    account: ProviderAccount
    waiting: int
    unknown: int
    manual: int
    findings: int
    last: Reconciliation | None
    last_bank: Reconciliation | None


@dataclass(frozen=True, slots=True)
class Tried:
    """One thing that was tried for an order."""

    at: datetime
    action: str
    status: int | None
    silence: str | None


@dataclass(frozen=True, slots=True)
class StuckLine:
    """An order that waits, why, and what was tried."""

    id: UUID
    state: str
    reason: str
    person_id: UUID
    person_name: str
    brand: str
    provider: str
    money: Money
    key: str
    reference: str | None
    charged: Money | None
    due_at: datetime | None
    since: datetime
    tried: tuple[Tried, ...]
    verdict: RedemptionVerdict | None


def account_lines(db: Session) -> list[AccountLine]:
    """Return our accounts with providers, by name."""
    tenant = tenant_of(db)
    counts: dict[UUID, dict[str, int]] = defaultdict(dict)
    for account_id, state, count in db.execute(
        select(Redemption.account_id, Redemption.state, func.count())
        .where(Redemption.tenant_id == tenant, Redemption.account_id.is_not(None))
        .group_by(Redemption.account_id, Redemption.state)
    ):
        assert account_id is not None
        counts[account_id][state] = count
    open_findings = {
        row.account_id: int(row.number)
        for row in db.execute(
            select(ReconciliationFinding.account_id, func.count().label("number"))
            .where(
                ReconciliationFinding.tenant_id == tenant, ReconciliationFinding.closed_at.is_(None)
            )
            .group_by(ReconciliationFinding.account_id)
        )
    }
    return [
        AccountLine(
            row,
            waiting=sum(counts[row.id].get(state, 0) for state in QUEUES["waiting"]),
            unknown=counts[row.id].get(State.UNKNOWN, 0),
            manual=counts[row.id].get(State.MANUAL, 0),
            findings=open_findings.get(row.id, 0),
            last=next(iter(reconciliations(db, row.id, limit=1)), None),
            last_bank=next(iter(reconciliations(db, row.id, leg="bank", limit=1)), None),
        )
        for row in accounts.all_of(db)
    ]


def account_line(db: Session, account_id: UUID) -> AccountLine:
    """Return one account with a provider."""
    accounts.get(db, account_id)
    return next(line for line in account_lines(db) if line.account.id == account_id)


def reconciliations(
    db: Session, account_id: UUID, *, leg: str = "provider", limit: int = 30
) -> Sequence[Reconciliation]:
    """Return when an account was compared with its provider, or its bank, the latest first."""
    return db.scalars(
        select(Reconciliation)
        .where(
            Reconciliation.tenant_id == tenant_of(db),
            Reconciliation.account_id == account_id,
            Reconciliation.leg == leg,
        )
        .order_by(Reconciliation.started_at.desc(), Reconciliation.id.desc())
        .limit(limit)
    ).all()


def findings(db: Session, *, is_open: bool, limit: int = 500) -> Sequence[ReconciliationFinding]:
    """Return what does not agree, or what did not, the latest first."""
    closed = ReconciliationFinding.closed_at
    return db.scalars(
        select(ReconciliationFinding)
        .where(
            ReconciliationFinding.tenant_id == tenant_of(db),
            closed.is_(None) if is_open else closed.is_not(None),
        )
        .order_by(ReconciliationFinding.found_at.desc(), ReconciliationFinding.id.desc())
        .limit(limit)
    ).all()


def get_finding(db: Session, finding_id: UUID, *, lock: bool = False) -> ReconciliationFinding:
    """Return one finding; raise NotFound when there is none."""
    found = db.get(ReconciliationFinding, (tenant_of(db), finding_id), with_for_update=lock or None)
    if found is None:
        raise NotFound("There is no such finding.")
    return found


def stuck(db: Session, queue: str, *, limit: int = 200) -> list[StuckLine]:
    """Return the orders of one queue, the oldest first."""
    tenant = tenant_of(db)
    rows = db.execute(
        select(Redemption, RedemptionAttempt, Reward)
        .join(
            RedemptionAttempt,
            (RedemptionAttempt.tenant_id == Redemption.tenant_id)
            & (RedemptionAttempt.redemption_id == Redemption.id)
            & (RedemptionAttempt.state != "refused"),
        )
        .join(
            Reward, (Reward.tenant_id == Redemption.tenant_id) & (Reward.id == Redemption.reward_id)
        )
        .where(Redemption.tenant_id == tenant, Redemption.state.in_(QUEUES[queue]))
        .order_by(Redemption.moved_at, Redemption.id)
        .limit(limit)
    ).all()
    ids = [redemption.id for redemption, _, _ in rows]
    reasons, verdicts = _reasons(db, ids), _verdicts(db, ids)
    tried = _tried(db, [attempt.key for _, attempt, _ in rows])
    names = people.names(db, {redemption.person_id for redemption, _, _ in rows})
    return [
        StuckLine(
            id=redemption.id,
            state=redemption.state,
            reason=reasons.get(redemption.id, ""),
            person_id=redemption.person_id,
            person_name=names.get(redemption.person_id, ""),
            brand=reward.brand,
            provider=redemption.provider,
            money=Money(redemption.minor, redemption.currency),
            key=attempt.key,
            reference=attempt.reference,
            charged=_charged(attempt),
            due_at=attempt.due_at,
            since=redemption.moved_at,
            tried=tuple(tried[attempt.key]),
            verdict=verdicts.get(redemption.id),
        )
        for redemption, attempt, reward in rows
    ]


def _charged(attempt: RedemptionAttempt) -> Money | None:
    if attempt.charged_minor is None or attempt.charged_currency is None:
        return None
    return Money(attempt.charged_minor, attempt.charged_currency)


def _reasons(db: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    steps = db.execute(
        select(RedemptionMove.redemption_id, RedemptionMove.reason)
        .where(RedemptionMove.tenant_id == tenant_of(db), RedemptionMove.redemption_id.in_(ids))
        .order_by(RedemptionMove.redemption_id, RedemptionMove.number)
    )
    # Of the same order the later step stands over the earlier.
    return {row.redemption_id: row.reason for row in steps}


def _verdicts(db: Session, ids: Sequence[UUID]) -> dict[UUID, RedemptionVerdict]:
    rows = db.scalars(
        select(RedemptionVerdict).where(
            RedemptionVerdict.tenant_id == tenant_of(db),
            RedemptionVerdict.redemption_id.in_(ids),
            RedemptionVerdict.decided_at.is_(None),
        )
    )
    return {row.redemption_id: row for row in rows}


def _tried(db: Session, keys: Sequence[str]) -> dict[str, list[Tried]]:
    found: dict[str, list[Tried]] = defaultdict(list)
    rows: Any = db.scalars(
        select(ProviderAnswer)
        .where(ProviderAnswer.tenant_id == tenant_of(db), ProviderAnswer.order_key.in_(keys))
        .order_by(ProviderAnswer.at, ProviderAnswer.id)
    )
    for row in rows:
        found[row.order_key].append(Tried(row.at, row.action, row.status, row.silence))
    return found
