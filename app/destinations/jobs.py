"""Background work on bank accounts: asking providers, and asking again where they were silent or have news.

As with orders, few workers wait for one provider at once; who finds no seat leaves the check due.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.destinations import checking, queries
from app.jobs.queue import enqueue, job, tenant_transaction
from app.providers.events import CheckHinted
from app.providers.models import ProviderHook
from app.providers.seats import OpenWork, seated, sends

PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 30, 120, 300))
"""How often, and how long apart, we try to follow news of a check whose number we have not noted yet."""

WHEN_SEATED: Final = timedelta(seconds=2)
"""How long news of a check wait when every seat is taken."""

CHECKS: Final = "checks"
"""What seats before an account are wanted for here."""


@job(name="destinations.check", queue_name="providers", transaction=False)
def check_job(tenant_id: UUID, check_id: str) -> None:
    """Ask about one account."""

    def open_work() -> AbstractContextManager[Session]:
        opened: AbstractContextManager[Session] = tenant_transaction(tenant_id)
        return opened

    check_seated(open_work, UUID(check_id))


def check_seated(open_work: OpenWork, check_id: UUID, *, has_news: bool = False) -> bool:
    """Ask about an account when there is a seat before whoever is asked; False when there is none."""
    with open_work() as db:
        asked = checking.whom(db, check_id)
    if asked is None:
        checking.check(open_work, check_id, has_news=has_news)
        return True
    with seated(open_work, asked, CHECKS) as is_seated:
        if is_seated:
            checking.check(open_work, check_id, has_news=has_news)
    return is_seated


@sends(CHECKS)
def _send_next(db: Session, _: UUID) -> bool:
    return any(_enqueue(db, check_id) for check_id in queries.due_checks(db))


@job(name="destinations.complete", queue_name="providers")
def complete_job(db: Session) -> None:
    """Send workers to every check that is due: after a crash, a silence, or an answer still to come."""
    for check_id in queries.due_checks(db):
        _enqueue(db, check_id)


def _enqueue(db: Session, check_id: UUID) -> bool:
    once = f"destinations.check:{tenant_of(db)}:{check_id}"
    return enqueue(db, check_job, once=once, check_id=str(check_id))


def on_hint(db: Session, event: CheckHinted) -> None:
    """Send a worker after the news of a check."""
    enqueue(db, follow_job, hook_id=str(event.hook_id), provider=event.provider)


@job(name="destinations.follow", queue_name="providers", transaction=False)
def follow_job(tenant_id: UUID, hook_id: str, provider: str) -> None:
    """Ask about the account that a webhook is about: the webhook itself is believed in nothing."""

    def open_work() -> AbstractContextManager[Session]:
        opened: AbstractContextManager[Session] = tenant_transaction(tenant_id)
        return opened

    with open_work() as db:
        row = db.get_one(ProviderHook, (tenant_id, UUID(hook_id)))
        found = queries.check_of_reference(db, provider, row.reference)
        check_id = found.id if found else None
    if check_id is not None and not check_seated(open_work, check_id, has_news=True):
        with open_work() as db:
            at = work_of(db).now + WHEN_SEATED
            enqueue(db, follow_job, at=at, hook_id=hook_id, provider=provider)
        return
    with open_work() as db:
        row = db.get_one(ProviderHook, (tenant_id, UUID(hook_id)), with_for_update=True)
        if check_id is None and row.reference is not None and row.tries < len(PAUSES):
            at = work_of(db).now + PAUSES[row.tries]
            enqueue(db, follow_job, at=at, hook_id=hook_id, provider=provider)
            row.tries += 1
        else:
            row.state = "followed" if check_id else "unknown_order"
