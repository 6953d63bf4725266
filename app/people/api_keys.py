"""API keys: scoped, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db import driver
from app.db.unit_of_work import Actor, actor_of, tenant_of, work_of
from app.http.principal import Principal, Scope
from app.kernel.errors import NotFound, SignInNeeded
from app.kernel.ids import new_id, new_secret
from app.people.models import ApiKey

PREFIX = "lrl"
_FIND = text("SELECT id, name, scopes FROM laurel_api_key(:tenant, :hash)")
_HOLDS = "SELECT 1 FROM api_keys WHERE id = %(id)s AND revoked_at IS NULL"
_REMEMBERED: Final = 30.0
"""Seconds for which a key is known without being looked up, where it is rechecked."""
_MANY: Final = 1_000


def create_api_key(db: Session, *, name: str, scopes: Collection[Scope]) -> tuple[ApiKey, str]:
    """Make a key for a machine; the second value is shown once and is nowhere afterwards."""
    secret = f"{PREFIX}_{tenant_of(db).hex}_{new_secret()}"
    key = ApiKey(
        tenant_id=tenant_of(db),
        id=new_id(),
        name=name,
        key_hash=_hash(secret),
        hint=secret[-4:],
        scopes=sorted(scope.value for scope in scopes),
        created_at=work_of(db).now,
    )
    db.add(key)
    db.flush()
    audit.record(
        db,
        action="api_key.created",
        object_kind="api_key",
        object_id=key.id,
        after={"name": name, "scopes": key.scopes},
    )
    return key, secret


def revoke_api_key(db: Session, key_id: UUID) -> ApiKey:
    """End a key at once."""
    key = db.get(ApiKey, (tenant_of(db), key_id))
    if key is None or key.revoked_at is not None:
        raise NotFound("There is no such key.")
    key.revoked_at = work_of(db).now
    audit.record(db, action="api_key.revoked", object_kind="api_key", object_id=key.id)
    return key


def api_keys(db: Session) -> list[ApiKey]:
    """Return the keys that work, oldest first."""
    return list(db.scalars(select(ApiKey).where(ApiKey.revoked_at.is_(None)).order_by(ApiKey.id)))


def tenant_in(secret: str) -> UUID | None:
    """Return the tenant that `secret` claims to belong to, or None when it is no key of ours."""
    prefix, _, rest = secret.partition("_")
    claimed, _, random = rest.partition("_")
    if prefix != PREFIX or len(claimed) != 32 or len(random) < 40:
        return None
    try:
        return UUID(claimed)
    except ValueError:
        return None


def identify(engine: Engine, tenant_id: UUID, secret: str) -> Principal | None:
    """Return the machine that holds `secret`, in one statement that opens the tenant itself."""
    for key_id, name, scopes in driver.ask(
        engine, _FIND, {"tenant": tenant_id, "hash": _hash(secret)}
    ):
        return _principal(tenant_id, key_id, name, scopes)
    return None


def recall(engine: Engine, tenant_id: UUID, secret: str) -> Principal | None:
    """Return the machine that holds `secret` or held it a moment ago: what it writes is to be rechecked."""
    key_hash, now = _hash(secret), time.monotonic()
    known = _recalled.get(key_hash)
    if known is not None and now < known[0]:
        return known[1]
    principal = identify(engine, tenant_id, secret)
    if principal is not None:
        if len(_recalled) >= _MANY:
            _recalled.clear()
        _recalled[key_hash] = now + _REMEMBERED, principal
    return principal


_recalled: dict[bytes, tuple[float, Principal]] = {}


def recheck(db: Session) -> None:
    """Raise SignInNeeded when the API key that acts here has ended. Its scopes never change."""
    actor = actor_of(db)
    if actor.kind == "api_key" and not driver.run(db, _HOLDS, {"id": actor.id}):
        raise SignInNeeded("This API key has ended.")


def find_principal(db: Session, secret: str) -> Principal | None:
    """Return the machine of this tenant that holds `secret`, or None."""
    key = db.scalar(
        select(ApiKey).where(ApiKey.key_hash == _hash(secret), ApiKey.revoked_at.is_(None))
    )
    return _principal(key.tenant_id, key.id, key.name, key.scopes) if key else None


def _principal(tenant_id: UUID, key_id: UUID, name: str, scopes: Iterable[str]) -> Principal:
    return Principal(
        tenant_id=tenant_id,
        actor=Actor("api_key", key_id, name),
        roles=frozenset(),
        scopes=frozenset(Scope(scope) for scope in scopes),
    )


def _hash(secret: str) -> bytes:
    # 256 random bits need no slow hash; there is nothing to guess.
    return hashlib.sha256(secret.encode()).digest()
