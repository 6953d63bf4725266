"""Who sends this request: a session cookie or an API key becomes a principal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.db.unit_of_work import SYSTEM, unit_of_work
from app.http.context import edge
from app.http.principal import Principal
from app.people import api_keys, sessions


def authenticate(cookie: str | None, api_key: str | None, now: datetime) -> Principal | None:
    """Return who holds `api_key` or `cookie`, asked in a transaction of its own.

    A request that carries a key is a machine's, whatever cookie comes along.
    """
    if api_key is not None:
        return _ask(api_keys.tenant_in(api_key), api_keys.find_principal, api_key, now)
    if cookie is not None:
        return _ask(sessions.tenant_in(cookie), sessions.find_principal, cookie, now)
    return None


def _ask(
    tenant_id: UUID | None,
    find: Callable[[Session, str], Principal | None],
    secret: str,
    now: datetime,
) -> Principal | None:
    if tenant_id is None:
        return None
    at = edge()
    with unit_of_work(
        at.engine, tenant_id=tenant_id, actor=SYSTEM, now=now, reactions=at.reactions
    ) as db:
        return find(db, secret)
