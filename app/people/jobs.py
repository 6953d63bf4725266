"""Background work of the people room."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.db.unit_of_work import work_of
from app.jobs.queue import job, tenant_transaction
from app.people import codes, mail, queries
from app.people.models import Invitation, SignInSession, StepUp

KEPT: Final = timedelta(days=90)


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


@job(name="people.sweep")
def sweep(db: Session) -> None:
    """Forget sessions and invitations that ended long ago."""
    before = work_of(db).now - KEPT
    db.execute(delete(StepUp).where(StepUp.expires_at < before))
    db.execute(
        delete(SignInSession).where(
            SignInSession.last_seen_at < before,
            ~SignInSession.id.in_(StepUp.__table__.select().with_only_columns(StepUp.session_id)),
        )
    )
    db.execute(delete(Invitation).where(Invitation.expires_at < before))
