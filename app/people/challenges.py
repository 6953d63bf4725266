"""Challenges: random, for one purpose, for five minutes, and gone with the first answer."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.kernel import strict_json
from app.kernel.ids import new_id
from app.people.models import Challenge

NOBODY: Final = UUID(int=0)
"""The tenant of what happens before a tenant is known."""
LIFETIME: Final = timedelta(minutes=5)


class Purpose(StrEnum):
    """What a challenge may be answered for."""

    SIGN_IN = "sign_in"
    REGISTER = "register"
    INVITATION = "invitation"
    STEP_UP = "step_up"


@dataclass(frozen=True, slots=True)
class Asked:
    """A challenge that waits for its one answer, or has just been taken."""

    id: UUID
    challenge: bytes
    person_id: UUID | None
    session_id: UUID | None
    binding_hash: bytes | None


def ask(
    db: Session,
    purpose: Purpose,
    *,
    person_id: UUID | None = None,
    session_id: UUID | None = None,
    binding_hash: bytes | None = None,
) -> Asked:
    """Make a challenge of 32 bytes; with `binding_hash` it commits to exactly that action."""
    now = work_of(db).now
    nonce = secrets.token_bytes(32)
    challenge = hashlib.sha256(binding_hash + nonce).digest() if binding_hash else nonce
    asked = Asked(new_id(), challenge, person_id, session_id, binding_hash)
    db.execute(delete(Challenge).where(Challenge.expires_at < now))
    db.execute(
        insert(Challenge).values(
            tenant_id=tenant_of(db),
            id=asked.id,
            purpose=purpose.value,
            challenge=challenge,
            person_id=person_id,
            session_id=session_id,
            binding_hash=binding_hash,
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    return asked


def take(db: Session, challenge_id: UUID, purpose: Purpose) -> Asked | None:
    """Take a challenge away for its one answer; None when it is gone, too old, or for something else."""
    row = db.execute(
        delete(Challenge)
        .where(Challenge.id == challenge_id, Challenge.purpose == purpose.value)
        .returning(
            Challenge.id,
            Challenge.challenge,
            Challenge.person_id,
            Challenge.session_id,
            Challenge.binding_hash,
            Challenge.expires_at,
        )
    ).one_or_none()
    if row is None or row.expires_at < work_of(db).now:
        return None
    return Asked(row.id, row.challenge, row.person_id, row.session_id, row.binding_hash)


def hash_binding(action: str, binding: dict[str, Any]) -> bytes:
    """Return the one hash of an action and everything it is about."""
    return hashlib.sha256(
        strict_json.dumps_canonical({"action": action, "binding": binding})
    ).digest()
