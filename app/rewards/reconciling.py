"""Laying our books beside a provider's, each day and when somebody asks; keeping what does not agree.

What is found is explained by one person and agreed to by another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.jobs.queue import enqueue, job, tenant_transaction
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.providers import accounts, reconciliation, registry
from app.providers.contract import Placed, Unsupported
from app.providers.reconciliation import Comparison, Difference, Kind, Ours, Standing
from app.providers.registry import OpenWork
from app.providers.seats import seated
from app.providers.wire import BadReply
from app.rewards import finance_queries, queries, saga
from app.rewards.core import State
from app.rewards.errors import SameEyes, VerdictWaits
from app.rewards.finance_models import Reconciliation, ReconciliationFinding
from app.rewards.models import Redemption, RedemptionAttempt

log = structlog.get_logger(__name__)

Leg = Literal["provider", "bank"]
"""Whose books lie beside ours: a provider's, or those of the bank that pays by file."""
_Said = tuple[str, str]

REACHES_BACK: Final = timedelta(days=45)
"""Long enough for banks that take money back after weeks."""
ON_ITS_WAY: Final = timedelta(minutes=15)

WHEN_SEATED: Final = timedelta(seconds=30)
"""How long a comparison waits when every seat before its account is taken."""

_STANDINGS: Final[Mapping[str, Standing]] = {
    State.CAPTURED: "delivered",
    State.VOIDED: "given_back",
    State.RETURNED: "returned",
}


def run(open_work: OpenWork, account_id: UUID, reach: saga.Reach = registry.reach) -> UUID:
    """Compare one account with its provider and return the id of what was found."""
    with open_work() as db:
        now, name = work_of(db).now, accounts.get(db, account_id).provider
    since = now - REACHES_BACK
    provider = reach(open_work, name, account_id).provider
    try:
        theirs = list(provider.history(since))
        balance = provider.balance()
    except (BadReply, Unsupported) as error:
        log.warning("history_unreadable", provider=name, why=str(error))
        with open_work() as db:
            return write(db, account_id, since, "unreadable").id
    with open_work() as db:
        return _compare(db, account_id, since, theirs, balance)


def _compare(
    db: Session,
    account_id: UUID,
    since: datetime,
    theirs: list[Placed],
    balance: Mapping[str, int] | None,
) -> UUID:
    now = work_of(db).now
    ours = _ours(db, account_id, since)
    found = reconciliation.compare(ours, theirs, settled_before=now - ON_ITS_WAY)
    row = write(db, account_id, since, "done")
    row.matched, row.ours, row.theirs = found.matched, len(ours), len(theirs)
    differences = list(found.differences)
    if balance is not None:
        differences += _balance(db, row, balance, found)
    keep(db, account_id, differences)
    for key in found.news:
        _look(db, key)
    return row.id


def _ours(db: Session, account_id: UUID, since: datetime) -> list[Ours]:
    rows = db.execute(
        select(RedemptionAttempt, Redemption)
        .join(
            Redemption,
            (Redemption.tenant_id == RedemptionAttempt.tenant_id)
            & (Redemption.id == RedemptionAttempt.redemption_id),
        )
        .where(
            RedemptionAttempt.tenant_id == tenant_of(db),
            Redemption.account_id == account_id,
            # An order may have left before `since` and be in their books after it.
            RedemptionAttempt.first_sent_at >= since - timedelta(days=1),
        )
    )
    return [
        Ours(
            attempt.key, queries.net_of(redemption), _standing(attempt, redemption), attempt.sent_at
        )
        for attempt, redemption in rows
        if attempt.sent_at is not None
    ]


def _standing(attempt: RedemptionAttempt, redemption: Redemption) -> Standing:
    if attempt.state == "refused":
        return "given_back"
    return _STANDINGS.get(redemption.state, "open")


def write(
    db: Session, account_id: UUID, since: datetime, state: str, *, leg: Leg = "provider"
) -> Reconciliation:
    """Write down that the books were compared; what was found is filled in by who compared them."""
    row = Reconciliation(
        tenant_id=tenant_of(db),
        id=new_id(),
        account_id=account_id,
        leg=leg,
        started_at=work_of(db).now,
        since=since,
        state=state,
        matched=0,
        ours=0,
        theirs=0,
        balance={},
        clearing={},
        total={},
    )
    db.add(row)
    db.flush()
    return row


def _balance(
    db: Session, row: Reconciliation, balance: Mapping[str, int], found: Comparison
) -> Iterable[Difference]:
    """Compare what the provider holds, and has taken for deliveries, with the last time."""
    before = _last(db, row)
    charged = _charged(db, row.account_id)
    currencies = sorted({*balance, *charged, *(before.total if before else ())})
    row.balance, row.clearing = dict(balance), charged
    if not found.in_flight.keys() <= balance.keys():
        # What it takes for an order under way it takes by its own rate, which it has not told us yet.
        return
    row.total = {
        currency: sum(held.get(currency, 0) for held in (balance, charged, found.in_flight))
        for currency in currencies
    }
    if before is None:
        return
    for currency, change in reconciliation.drift(before.total, row.total, currencies).items():
        if change < 0:
            yield Difference(
                Kind.BALANCE_DIFFERS,
                currency,
                "",
                str(before.total.get(currency, 0)),
                str(row.total[currency]),
                Money(change, currency),
            )


def _charged(db: Session, account_id: UUID) -> dict[str, int]:
    """Return what a provider has taken for what it delivered, by the currency it took."""
    rows = db.execute(
        select(
            RedemptionAttempt.charged_currency.label("currency"),
            func.sum(RedemptionAttempt.charged_minor).label("minor"),
        )
        .join(
            Redemption,
            (Redemption.tenant_id == RedemptionAttempt.tenant_id)
            & (Redemption.id == RedemptionAttempt.redemption_id),
        )
        .where(
            RedemptionAttempt.tenant_id == tenant_of(db),
            Redemption.account_id == account_id,
            RedemptionAttempt.state == "settled",
            Redemption.state != State.RETURNED,
            RedemptionAttempt.charged_currency.is_not(None),
        )
        .group_by(RedemptionAttempt.charged_currency)
    )
    return {row.currency: int(row.minor) for row in rows}


def _last(db: Session, row: Reconciliation) -> Reconciliation | None:
    return db.scalars(
        select(Reconciliation)
        .where(
            Reconciliation.tenant_id == row.tenant_id,
            Reconciliation.account_id == row.account_id,
            Reconciliation.leg == row.leg,
            Reconciliation.state == "done",
            Reconciliation.id != row.id,
            Reconciliation.total != {},
        )
        .order_by(Reconciliation.started_at.desc(), Reconciliation.id.desc())
        .limit(1)
    ).first()


def keep(
    db: Session, account_id: UUID, differences: Iterable[Difference], *, leg: Leg = "provider"
) -> None:
    """Open what is new, and close what has been explained meanwhile."""
    now = work_of(db).now
    standing = {
        (row.kind, row.order_key, row.reference): row
        for row in db.scalars(
            select(ReconciliationFinding).where(
                ReconciliationFinding.tenant_id == tenant_of(db),
                ReconciliationFinding.account_id == account_id,
                ReconciliationFinding.leg == leg,
                ReconciliationFinding.closed_at.is_(None),
            )
        )
    }
    explained = _explained(db, account_id, leg)
    for one in differences:
        name = (str(one.kind), one.key, one.reference)
        row = standing.pop(name, None)
        if row is not None:
            row.seen_at = now
        elif explained.get(name) != (one.ours, one.theirs):
            _open(db, account_id, leg, one)
    for gone in standing.values():
        # A missing sum of money does not explain itself: somebody has to.
        if gone.kind != Kind.BALANCE_DIFFERS:
            gone.closed_at, gone.note = now, "agrees_again"


def _explained(db: Session, account_id: UUID, leg: Leg) -> dict[tuple[str, str, str], _Said]:
    """Return what two people have explained: a booking stays as it is, and is not asked about for ever."""
    rows = db.scalars(
        select(ReconciliationFinding)
        .where(
            ReconciliationFinding.tenant_id == tenant_of(db),
            ReconciliationFinding.account_id == account_id,
            ReconciliationFinding.leg == leg,
            ReconciliationFinding.kind != Kind.BALANCE_DIFFERS,
            ReconciliationFinding.closed_by.is_not(None),
        )
        .order_by(ReconciliationFinding.closed_at)
    )
    return {(row.kind, row.order_key, row.reference): (row.ours, row.theirs) for row in rows}


def _open(db: Session, account_id: UUID, leg: Leg, one: Difference) -> None:
    now = work_of(db).now
    say = log.error if one.kind in (Kind.THEIRS_ONLY, Kind.DUPLICATED) else log.warning
    say("books_disagree", account=str(account_id), leg=leg, kind=one.kind, order=one.key)
    db.add(
        ReconciliationFinding(
            tenant_id=tenant_of(db),
            id=new_id(),
            account_id=account_id,
            leg=leg,
            kind=one.kind,
            order_key=one.key,
            reference=one.reference,
            ours=one.ours,
            theirs=one.theirs,
            minor=one.money.minor if one.money else None,
            currency=one.money.currency if one.money else None,
            found_at=now,
            seen_at=now,
        )
    )


def _look(db: Session, key: str) -> None:
    found = queries.find_by_key(db, key)
    if found is not None:
        enqueue(db, saga.advance_job, redemption_id=str(found.redemption_id), hint=True)


def explain(db: Session, finding_id: UUID, *, by: UUID, note: str) -> ReconciliationFinding:
    """Say how a finding is explained; it stays open until somebody else agrees."""
    row = finance_queries.get_finding(db, finding_id, lock=True)
    if row.closed_at is not None or row.explained_by is not None:
        raise VerdictWaits("Somebody has explained it; answer that first.")
    row.explained_by, row.explained_at, row.note = by, work_of(db).now, note
    _record(db, row, "explained")
    return row


def agree(db: Session, finding_id: UUID, *, by: UUID) -> ReconciliationFinding:
    """Close a finding that somebody else has explained."""
    row = _explained_one(db, finding_id)
    if row.explained_by == by:
        raise SameEyes("Somebody else must agree.")
    row.closed_at, row.closed_by = work_of(db).now, by
    _record(db, row, "closed")
    return row


def disagree(db: Session, finding_id: UUID) -> ReconciliationFinding:
    """Take an explanation back, or refuse it; the finding waits for another."""
    row = _explained_one(db, finding_id)
    _record(db, row, "explanation_dropped")
    row.explained_by, row.explained_at, row.note = None, None, None
    db.flush()
    return row


def _explained_one(db: Session, finding_id: UUID) -> ReconciliationFinding:
    row = finance_queries.get_finding(db, finding_id, lock=True)
    if row.closed_at is not None or row.explained_by is None:
        raise NotFound("There is nothing to agree with.")
    return row


def _record(db: Session, row: ReconciliationFinding, what: str) -> None:
    db.flush()
    audit.record(
        db,
        action=f"reconciliation.finding_{what}",
        object_kind="reconciliation_finding",
        object_id=row.id,
        after={"note": row.note},
    )


@job(name="rewards.reconcile", queue_name="providers", transaction=False)
def reconcile_job(tenant_id: UUID, account_id: str) -> None:
    """Compare one account with its provider."""

    def open_work() -> AbstractContextManager[Session]:
        opened: AbstractContextManager[Session] = tenant_transaction(tenant_id)
        return opened

    run_seated(open_work, UUID(account_id))


def run_seated(open_work: OpenWork, account_id: UUID, reach: saga.Reach = registry.reach) -> bool:
    """Compare an account when there is a seat before it; False when there is none, and it is asked again later."""
    with seated(open_work, account_id) as is_seated:
        if is_seated:
            run(open_work, account_id, reach)
    if not is_seated:
        with open_work() as db:
            ask(db, account_id, at=work_of(db).now + WHEN_SEATED)
    return is_seated


@job(name="rewards.reconcile_all", queue_name="providers")
def reconcile_all_job(db: Session) -> None:
    """Send a worker to every account that is in use."""
    for account in accounts.all_of(db):
        if account.state != "closed":
            ask(db, account.id)


def ask(db: Session, account_id: UUID, *, at: datetime | None = None) -> None:
    """Have one account compared by a worker, soon and once."""
    enqueue(
        db,
        reconcile_job,
        at=at,
        once=f"rewards.reconcile:{tenant_of(db)}:{account_id}",
        account_id=str(account_id),
    )
