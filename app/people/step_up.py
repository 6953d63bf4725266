"""Step-up: a fresh passkey for exactly one action, spent once, within two minutes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.http.context import ctx
from app.http.principal import Principal
from app.kernel.errors import StepUpNeeded
from app.kernel.ids import new_id, new_secret
from app.people import passkeys
from app.people.challenges import Asked, hash_binding
from app.people.errors import BadCeremony, CounterWentBack
from app.people.models import Passkey, StepUp
from app.settings import Settings

LIFETIME: Final = timedelta(minutes=2)
RECENT: Final = timedelta(minutes=5)
HEADER: Final = "X-Step-Up"


@dataclass(frozen=True, slots=True)
class Granted:
    """The proof to send along with the one action."""

    token: str
    expires_at: datetime


def require(db: Session, principal: Principal, *, action: str, binding: dict[str, Any]) -> None:
    """Raise StepUpNeeded unless this request carries an unspent proof for exactly this action.

    The proof is spent in the caller's transaction: a refused action leaves it to be used again.
    """
    token = flask.request.headers.get(HEADER, "")
    if token and principal.session_id is not None:
        spent = db.execute(
            update(StepUp)
            .where(
                StepUp.token_hash == _hash(token),
                StepUp.session_id == principal.session_id,
                StepUp.binding_hash == hash_binding(action, binding),
                StepUp.expires_at >= work_of(db).now,
                StepUp.spent_at.is_(None),
            )
            .values(spent_at=work_of(db).now)
            .returning(StepUp.id)
        ).one_or_none()
        if spent is not None:
            return
    raise StepUpNeeded("Confirm with your passkey that it is you.", action=action, binding=binding)


def require_recent(
    db: Session, principal: Principal, *, action: str, binding: dict[str, Any]
) -> None:
    """Like `require`, but a passkey that this session used a moment ago will do, whatever it was for."""
    used_at = principal.passkey_at
    if used_at is None or work_of(db).now - used_at > RECENT:
        require(db, principal, action=action, binding=binding)


def require_trust(principal: Principal) -> None:
    """Raise CounterWentBack when the passkey of this session may have been copied: no money then."""
    if principal.risk:
        raise CounterWentBack("Sign in with another passkey before you move money.")


def prove(
    db: Session,
    settings: Settings,
    principal: Principal,
    asked: Asked,
    credential: Mapping[str, Any],
) -> Passkey:
    """Return the passkey of `principal` that answered `asked`; refuse one that may have been copied."""
    proof = passkeys.prove(db, settings, asked, credential)
    if proof.passkey.person_id != principal.person_id:
        raise BadCeremony("This passkey belongs to somebody else.")
    if proof.counter_went_back:
        # The refusal undoes this transaction; the suspicion must outlive it.
        suspect = proof.passkey.id
        db.expire(proof.passkey)
        with ctx.aside(principal.tenant_id, principal.actor) as aside:
            mark_suspect(aside, suspect)
        raise CounterWentBack("This passkey may have been copied. Use another one.")
    return proof.passkey


def grant(db: Session, *, session_id: UUID, binding_hash: bytes) -> Granted:
    """Return a proof for the action behind `binding_hash`."""
    token = new_secret()
    expires_at = work_of(db).now + LIFETIME
    db.add(
        StepUp(
            tenant_id=tenant_of(db),
            id=new_id(),
            session_id=session_id,
            token_hash=_hash(token),
            binding_hash=binding_hash,
            expires_at=expires_at,
        )
    )
    db.flush()
    return Granted(token, expires_at)


def mark_suspect(db: Session, passkey_id: UUID) -> None:
    """Remember that a passkey's counter went back, although what it was used for was refused."""
    db.execute(update(Passkey).where(Passkey.id == passkey_id).values(suspect_at=work_of(db).now))
    audit.record(db, action="passkey.suspect", object_kind="passkey", object_id=passkey_id)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
