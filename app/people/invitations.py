"""Invitations: a link that ends in a person's first passkey."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import record, tenant_of, work_of
from app.kernel.ids import new_id, new_secret
from app.people import passkeys, queries
from app.people.errors import InvitationGone
from app.people.events import InvitedAgain
from app.people.models import Invitation, Person

LIFETIME: Final = timedelta(days=7)


def invite(db: Session, person_id: UUID) -> str:
    """Return the token of a fresh invitation; earlier ones that wait are worthless from now on."""
    person = queries.get_person(db, person_id)
    now = work_of(db).now
    db.execute(
        delete(Invitation).where(
            Invitation.person_id == person.id, Invitation.accepted_at.is_(None)
        )
    )
    token = f"{tenant_of(db).hex}.{new_secret()}"
    db.add(
        Invitation(
            tenant_id=tenant_of(db),
            id=new_id(),
            person_id=person.id,
            token_hash=_hash(token),
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    db.flush()
    if passkeys.passkeys_of(db, person.id):
        record(db, InvitedAgain(person.id))
    audit.record(db, action="person.invited", object_kind="person", object_id=person.id)
    return token


def invited(db: Session, token: str, *, lock: bool = False) -> tuple[Invitation, Person]:
    """Return an invitation that waits, and whom it is for; raise InvitationGone otherwise."""
    query = select(Invitation).where(
        Invitation.token_hash == _hash(token),
        Invitation.accepted_at.is_(None),
        Invitation.expires_at >= work_of(db).now,
    )
    found = db.scalar(query.with_for_update() if lock else query)
    person = queries.find_person(db, found.person_id) if found else None
    if found is None or person is None or not person.active:
        raise InvitationGone("This invitation was used or is too old. Ask for a new one.")
    return found, person


def accept(db: Session, invitation: Invitation) -> None:
    """Use an invitation up."""
    invitation.accepted_at = work_of(db).now
    audit.record(
        db, action="invitation.accepted", object_kind="person", object_id=invitation.person_id
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
