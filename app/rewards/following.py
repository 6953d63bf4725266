"""What follows from a webhook: the order it is about is looked up, as somebody who knows nothing would."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.jobs.queue import enqueue, job, tenant_transaction
from app.providers import hooks
from app.providers.accounts import HOOK_SECRET, all_of, open_secrets
from app.providers.events import ProviderHinted
from app.providers.models import ProviderAccount, ProviderHook
from app.rewards import saga
from app.rewards.models import Redemption, RedemptionAttempt, RedemptionMove

log = structlog.get_logger(__name__)

PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 30, 120, 300, 600))
"""How often, and how long apart, we try to follow a webhook that came before what it is about."""

SILENCE: Final = timedelta(hours=1)


def on_hint(db: Session, event: ProviderHinted) -> None:
    """Send a worker after a webhook."""
    enqueue(db, follow_job, hook_id=str(event.hook_id))


@job(name="rewards.follow", queue_name="providers", transaction=False)
def follow_job(tenant_id: UUID, hook_id: str) -> None:
    """Look up the order of a webhook; come again while our own step about it is still under way."""

    def open_work() -> AbstractContextManager[Session]:
        opened: AbstractContextManager[Session] = tenant_transaction(tenant_id)
        return opened

    with open_work() as db:
        row = db.get_one(ProviderHook, (tenant_id, UUID(hook_id)))
        found = _find(db, row)
        redemption_id = found.redemption_id if found else None
    if redemption_id is not None and not saga.advance_seated(open_work, redemption_id, hint=True):
        with open_work() as db:
            enqueue(db, follow_job, at=work_of(db).now + saga.WHEN_SEATED, hook_id=hook_id)
        return
    with open_work() as db:
        _settle(db, db.get_one(ProviderHook, (tenant_id, UUID(hook_id)), with_for_update=True))


def _find(db: Session, row: ProviderHook) -> RedemptionAttempt | None:
    if row.order_key is None and row.reference is None:
        return None
    by = (
        RedemptionAttempt.key == row.order_key
        if row.order_key is not None
        else RedemptionAttempt.reference == row.reference
    )
    return db.scalars(
        select(RedemptionAttempt)
        .join(
            Redemption,
            (Redemption.tenant_id == RedemptionAttempt.tenant_id)
            & (Redemption.id == RedemptionAttempt.redemption_id),
        )
        .where(
            RedemptionAttempt.tenant_id == tenant_of(db),
            Redemption.account_id == row.account_id,
            by,
        )
        .execution_options(populate_existing=True)
    ).first()


def _settle(db: Session, row: ProviderHook) -> None:
    found = _find(db, row)
    is_early = found is None or found.state in ("ready", "sending")
    if is_early and row.tries < len(PAUSES) and (row.order_key or row.reference):
        enqueue(db, follow_job, at=work_of(db).now + PAUSES[row.tries], hook_id=str(row.id))
        row.tries += 1
        return
    row.state = "followed" if found else "unknown_order"


@job(name="rewards.watch_hooks", queue_name="providers")
def watch_job(db: Session) -> None:
    """Say which provider has fallen silent, and let go of webhooks whose time is over."""
    for account in all_of(db):
        if account.hook_silent_since is None and _is_silent(db, account):
            account.hook_silent_since = work_of(db).now
            log.error("webhooks_silent", provider=account.provider, account=str(account.id))
    hooks.sweep(db)


def _is_silent(db: Session, account: ProviderAccount) -> bool:
    """Whether orders waited for an hour since we last heard from a provider that sends webhooks."""
    if account.state == "closed" or HOOK_SECRET not in open_secrets(db, account):
        return False
    since = account.hook_at or account.created_at
    waited = db.scalar(
        select(func.count())
        .select_from(RedemptionMove)
        .join(
            Redemption,
            (Redemption.tenant_id == RedemptionMove.tenant_id)
            & (Redemption.id == RedemptionMove.redemption_id),
        )
        .where(
            RedemptionMove.tenant_id == account.tenant_id,
            Redemption.account_id == account.id,
            RedemptionMove.state == "accepted",
            RedemptionMove.at >= since,
            RedemptionMove.at < work_of(db).now - SILENCE,
        )
    )
    return bool(waited)


def wake(db: Session, account_id: UUID) -> int:
    """Let the orders that waited for an account go on, a few each second."""
    waiting: Any = (
        select(RedemptionAttempt.id)
        .join(
            Redemption,
            (Redemption.tenant_id == RedemptionAttempt.tenant_id)
            & (Redemption.id == RedemptionAttempt.redemption_id),
        )
        .where(
            RedemptionAttempt.tenant_id == tenant_of(db),
            Redemption.account_id == account_id,
            RedemptionAttempt.state == "ready",
        )
        .order_by(RedemptionAttempt.id)
    )
    ids = list(db.scalars(waiting))
    for place, attempt_id in enumerate(ids):
        db.execute(
            update(RedemptionAttempt)
            .where(RedemptionAttempt.tenant_id == tenant_of(db), RedemptionAttempt.id == attempt_id)
            .values(due_at=work_of(db).now + timedelta(seconds=place // 5))
        )
    return len(ids)
