"""Codes by e-mail: the fallback where there is no passkey. Known and unknown addresses look alike."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.people.models import EmailCode, Person

LIFETIME: Final = timedelta(minutes=10)
ATTEMPTS: Final = 5
CODES_AN_HOUR: Final = 5
_HOUR: Final = timedelta(hours=1)
_NOTHING: Final = bytes(16)


def tenants_of_email(db: Session, email: str) -> Sequence[UUID]:
    """Return where `email` belongs to somebody who may sign in, seen from outside the wall."""
    return db.scalars(select(func.laurel_tenants_of_email(email))).all()


def make_code(db: Session, email: str) -> tuple[Person, str] | None:
    """Make a code for whoever has `email`, replacing the one before.

    None when nobody has it, or when as many were mailed within the hour as one may get.
    """
    now = work_of(db).now
    person = db.scalar(
        select(Person).where(func.lower(Person.email) == email.lower(), Person.active)
    )
    if person is None:
        return None
    row = db.scalar(select(EmailCode).where(EmailCode.person_id == person.id).with_for_update())
    if row is None:
        row = EmailCode(tenant_id=tenant_of(db), person_id=person.id, sent=0, sent_since=now)
        db.add(row)
    elif row.sent_since < now - _HOUR:
        row.sent, row.sent_since = 0, now
    if row.sent >= CODES_AN_HOUR:
        return None
    code = f"{secrets.randbelow(1_000_000):06d}"
    row.salt = secrets.token_bytes(16)
    row.code_hash = hash_code(row.salt, code)
    row.created_at, row.expires_at = now, now + LIFETIME
    row.attempts = 0
    row.sent += 1
    db.flush()
    return person, code


def try_code(db: Session, email: str, code: str) -> UUID | None:
    """Return the person whose code this is, and use it up; None in every other case, after equal work.

    The attempt counts whether it succeeds or not: call it in a transaction that stands.
    """
    now = work_of(db).now
    row = db.execute(
        update(EmailCode)
        .where(
            EmailCode.person_id == Person.id,
            EmailCode.tenant_id == Person.tenant_id,
            func.lower(Person.email) == email.lower(),
            Person.active,
            EmailCode.attempts < ATTEMPTS,
            EmailCode.expires_at >= now,
        )
        .values(attempts=EmailCode.attempts + 1)
        .returning(EmailCode.person_id, EmailCode.salt, EmailCode.code_hash)
    ).one_or_none()
    given = hash_code(row.salt if row else _NOTHING, code)
    is_right = hmac.compare_digest(given, row.code_hash if row else given[::-1])
    if row is None or not is_right:
        return None
    # Used up, not removed: the row still counts how many were mailed this hour.
    db.execute(
        update(EmailCode)
        .where(EmailCode.person_id == row.person_id)
        .values(attempts=ATTEMPTS, code_hash=b"")
    )
    return UUID(str(row.person_id))


def forget_code(db: Session, person_id: UUID) -> None:
    """Make a code that waits worthless."""
    db.execute(delete(EmailCode).where(EmailCode.person_id == person_id))


def hash_code(salt: bytes, code: str) -> bytes:
    """Return what is kept of a code of six digits."""
    # Six digits are few: a slow hash keeps a leaked row useless for the ten minutes it lives.
    return hashlib.scrypt(code.encode(), salt=salt, n=2**12, r=8, p=1, dklen=32)
