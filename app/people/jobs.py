"""Background work of the people room."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.db import sweeping
from app.db.unit_of_work import work_of
from app.http.idempotency import IdempotencyClaim
from app.jobs.models import JobSlot
from app.jobs.queue import job, tenant_transaction
from app.people import codes, mail, queries
from app.people.models import Invitation, SignInSession, StepUp

KEPT: Final = timedelta(days=90)
ANSWERS_KEPT: Final = timedelta(days=30)
SLOTS_KEPT: Final = timedelta(days=1)


@job(name="people.send_sign_in_codes", transaction=False)
def send_sign_in_codes(_: UUID, email: str) -> None:
    """Mail a code to whoever has `email`, in every tenant that knows it; to nobody otherwise.

    The request only enqueues this, so it takes as long for a stranger as for somebody we know.
    """
    with tenant_transaction(UUID(int=0)) as db:
        tenants = codes.tenants_of_email(db, email)
    for tenant_id in tenants:
        with tenant_transaction(tenant_id) as db:
            made = codes.make_code(db, email)
            if made is None:
                continue
            person, code = made
            tenant = queries.get_tenant(db)
            subject, body = mail.code_mail(
                person.language, name=person.name, tenant=tenant.name, code=code
            )
            mail.deliver(db, to=person.email or email, subject=subject, body=body)


@job(name="people.sweep", queue_name="slow", transaction=False)
def sweep(tenant_id: UUID) -> None:
    """Forget what ended long ago: sessions, invitations, answers to keys, slots of the clock."""
    with tenant_transaction(tenant_id) as db:
        now = work_of(db).now
        _sweep_people(db, now - KEPT)
    open_work = partial(tenant_transaction, tenant_id)
    sweeping.sweep(open_work, IdempotencyClaim.claimed_at, before=now - ANSWERS_KEPT)
    sweeping.sweep(open_work, JobSlot.claimed_at, before=now - SLOTS_KEPT)


def _sweep_people(db: Session, before: datetime) -> None:
    db.execute(delete(StepUp).where(StepUp.expires_at < before))
    db.execute(
        delete(SignInSession).where(
            SignInSession.last_seen_at < before,
            ~SignInSession.id.in_(StepUp.__table__.select().with_only_columns(StepUp.session_id)),
        )
    )
    db.execute(delete(Invitation).where(Invitation.expires_at < before))
