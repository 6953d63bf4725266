"""Idempotency keys: the same key and body repeat the answer, never the deed.

Three states, as in the IETF draft idempotency-key-07: no key 400, still running 409, another body 422.
The claim lives in the transaction it protects, so a refused or crashed first attempt leaves no claim:
a repeat is then a first attempt again, never a false "already done".
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime

import flask
from flask import Response
from sqlalchemy import Index, LargeBinary, insert, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.base import Base, OfTenant
from app.http.principal import Principal
from app.kernel.errors import AppError

MAX_KEY = 200
WAIT = "2s"


class IdempotencyClaim(Base, OfTenant):
    """The answer that was given to a key; swept after 30 days."""

    __tablename__ = "idempotency_claims"
    __table_args__ = (Index(None, "tenant_id", "claimed_at"),)

    subject: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    claimed_at: Mapped[datetime]


class KeyMissing(AppError):
    """The endpoint creates money or orders and needs a key."""

    code = "idempotency_key_missing"
    title = "Idempotency-Key needed"


class KeyInFlight(AppError):
    """The first request with this key has not ended."""

    code = "idempotency_key_in_flight"
    status = 409
    title = "Still running"


class KeyReused(AppError):
    """The key was used for something else."""

    code = "idempotency_key_reused"
    status = 422
    title = "Key already used"


def read_key() -> str:
    """Return the Idempotency-Key of the request; raise KeyMissing when there is none that can be used."""
    key = flask.request.headers.get("Idempotency-Key", "").strip()
    if not key or len(key) > MAX_KEY or not key.isprintable():
        raise KeyMissing(f"Send a header Idempotency-Key of 1 to {MAX_KEY} printable characters.")
    return key


def claim(db: Session, principal: Principal, key: str, *, now: datetime) -> Response | None:
    """Claim `key` for this request; return the first answer when there is one already."""
    subject = principal.person_id or principal.actor.id
    digest = _digest()
    lock = int.from_bytes(
        hashlib.sha256(f"{principal.tenant_id}{subject}{key}".encode()).digest()[:8], signed=True
    )
    db.execute(text(f"SET LOCAL lock_timeout = '{WAIT}'"))
    if not db.scalar(select(text("laurel_lock_key(:lock)")), {"lock": lock}):
        raise KeyInFlight("The first request with this key is still running.", retry_after=1)
    db.execute(text("SET LOCAL lock_timeout = DEFAULT"))
    earlier = db.execute(
        select(IdempotencyClaim.request_hash, IdempotencyClaim.status, IdempotencyClaim.body).where(
            IdempotencyClaim.tenant_id == principal.tenant_id,
            IdempotencyClaim.subject == subject,
            IdempotencyClaim.key == key,
        )
    ).one_or_none()
    if earlier is None:
        db.execute(
            insert(IdempotencyClaim).values(
                tenant_id=principal.tenant_id,
                subject=subject,
                key=key,
                request_hash=digest,
                claimed_at=now,
            )
        )
        return None
    if earlier.request_hash != digest:
        raise KeyReused("This key was used for another request.")
    response = Response(earlier.body, status=earlier.status, content_type="application/json")
    response.headers["Idempotency-Hit"] = "true"
    return response


def settle(db: Session, principal: Principal, key: str, *, status: int, body: bytes) -> None:
    """Keep the answer to `key`, in the same transaction as what it answers."""
    db.execute(
        update(IdempotencyClaim)
        .where(
            IdempotencyClaim.tenant_id == principal.tenant_id,
            IdempotencyClaim.subject == (principal.person_id or principal.actor.id),
            IdempotencyClaim.key == key,
        )
        .values(status=status, body=body)
    )


def _digest() -> bytes:
    request = flask.request
    return hashlib.sha256(
        b"\n".join((request.method.encode(), request.path.encode(), request.get_data(cache=True)))
    ).digest()
