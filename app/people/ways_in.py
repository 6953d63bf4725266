"""Whose account is worth a way in: what opens one is confirmed with a passkey by whoever opens it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from app.db import bulk
from app.http.principal import GOVERNING
from app.people.models import Passkey, Person, RoleGrant


def guarded(db: Session, person_ids: Collection[UUID]) -> set[UUID]:
    """Return those of `person_ids` who hold a passkey or a governing role."""
    wanted = list(person_ids)
    governing = [role.value for role in GOVERNING]
    found = union(
        select(Passkey.person_id).where(Passkey.person_id == bulk.any_of(wanted)),
        select(RoleGrant.person_id).where(
            RoleGrant.person_id == bulk.any_of(wanted), RoleGrant.role.in_(governing)
        ),
    )
    return set(db.scalars(found))


def opens(db: Session, person: Person, email: str | None) -> bool:
    """Whether `email` would be another way into the account of `person`, in place of what there is."""
    if email is None or email == person.email:
        return False
    return person.email is not None or bool(guarded(db, [person.id]))
