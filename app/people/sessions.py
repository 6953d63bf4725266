"""Sessions: rows on the server, so that ending one ends it everywhere, copied cookies included."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Engine, select, text, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db import driver
from app.db.unit_of_work import Actor, tenant_of, work_of
from app.http.principal import Principal, Role
from app.kernel.clock import day_in_zone
from app.kernel.errors import NotFound
from app.kernel.ids import new_id, new_secret
from app.live import bus, rooms
from app.live.events import SessionEnded
from app.people.core import SessionLimits, session_limits, zone_on
from app.people.models import RoleGrant, SignInSession

SEEN_EVERY: Final = timedelta(minutes=1)


class _Found(NamedTuple):
    """A session that goes on, and whose it is."""

    id: UUID
    person_id: UUID
    name: str
    csrf: str
    language: str
    zone: str
    next_zone: str | None
    next_zone_from: date | None
    roles: list[str]
    created_at: datetime
    last_seen_at: datetime
    passkey_at: datetime | None
    risk: bool


_FIND: Final = text(
    f"SELECT {', '.join(_Found._fields)} FROM laurel_session(:tenant, :hash)"  # noqa: S608 - the names of our own columns
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that has just begun or changed its token; the token goes to the browser only."""

    session_id: UUID
    person_id: UUID
    token: str
    lifetime: timedelta


def open_session(
    db: Session, *, person_id: UUID, signed_in_by: str, label: str, risk: bool = False
) -> Opened:
    """Begin a session with a fresh token; whatever the browser held before is worth nothing."""
    now = work_of(db).now
    token = _new_token(tenant_of(db))
    row = SignInSession(
        tenant_id=tenant_of(db),
        id=new_id(),
        person_id=person_id,
        token_hash=_hash(token),
        csrf=new_secret(),
        label=label,
        signed_in_by=signed_in_by,
        risk=risk,
        created_at=now,
        last_seen_at=now,
        passkey_at=now if signed_in_by in ("passkey", "invitation") else None,
    )
    db.add(row)
    db.flush()
    return Opened(row.id, person_id, token, _life(db, person_id))


def rotate(db: Session, session_id: UUID, *, risk: bool = False) -> Opened:
    """Give a session a new token after a step-up; the old one is dead."""
    row = _get(db, session_id)
    token = _new_token(tenant_of(db))
    row.token_hash = _hash(token)
    row.passkey_at = work_of(db).now
    row.risk = row.risk or risk
    left = row.created_at + _life(db, row.person_id) - work_of(db).now
    return Opened(row.id, row.person_id, token, left)


def tenant_in(token: str) -> UUID | None:
    """Return the tenant that `token` claims to belong to, or None when it is no token of ours."""
    claimed, _, secret = token.partition(".")
    if len(claimed) != 32 or len(secret) < 40:
        return None
    try:
        return UUID(claimed)
    except ValueError:
        return None


def identify(
    engine: Engine, tenant_id: UUID, token: str, now: datetime
) -> tuple[Principal | None, bool]:
    """Return who holds `token`, and whether it is time to note that they were seen.

    None when the session was ended, rested too long or lived too long.
    """
    found = driver.ask(engine, _FIND, {"tenant": tenant_id, "hash": _hash(token)})
    if not found:
        return None, False
    row = _Found(*found[0])
    roles = frozenset(Role(role) for role in row.roles)
    if _is_over(roles, row.created_at, row.last_seen_at, now):
        return None, False
    principal = Principal(
        tenant_id=tenant_id,
        actor=Actor("person", row.person_id, row.name),
        roles=roles,
        person_id=row.person_id,
        session_id=row.id,
        csrf=row.csrf,
        language=row.language,
        zone=zone_on(row.zone, row.next_zone, row.next_zone_from, day_in_zone(now, row.zone)),
        passkey_at=row.passkey_at,
        risk=row.risk,
    )
    return principal, now - row.last_seen_at > SEEN_EVERY


_LIVE: Final = text(
    "SELECT tenant_id, id, roles, created_at, last_seen_at"
    " FROM laurel_live_sessions(CAST(:tenants AS uuid[]), CAST(:sessions AS uuid[]))"
)


def live_among(
    engine: Engine, sessions: Collection[tuple[UUID, UUID]], now: datetime
) -> set[tuple[UUID, UUID]]:
    """Return those of `sessions`, each with its tenant before it, that `identify` would let in."""
    tenants = sorted({tenant_id for tenant_id, _ in sessions})
    wanted = [session_id for _, session_id in sessions]
    return {
        (tenant_id, session_id)
        for tenant_id, session_id, roles, created_at, last_seen_at in driver.ask(
            engine, _LIVE, {"tenants": tenants, "sessions": wanted}
        )
        if not _is_over({Role(role) for role in roles}, created_at, last_seen_at, now)
    }


def _is_over(
    roles: Collection[Role], created_at: datetime, last_seen_at: datetime, now: datetime
) -> bool:
    limits = session_limits(roles)
    return now - last_seen_at > limits.idle or now - created_at > limits.life


def note_seen(db: Session, session_id: UUID) -> None:
    """Remember that a session was used just now."""
    db.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id)
        .values(last_seen_at=work_of(db).now)
    )


def open_sessions(db: Session, person_id: UUID) -> list[SignInSession]:
    """Return the devices that a person is signed in on, last seen first."""
    now = work_of(db).now
    limits = _limits(db, person_id)
    return list(
        db.scalars(
            select(SignInSession)
            .where(
                SignInSession.person_id == person_id,
                SignInSession.ended_at.is_(None),
                SignInSession.last_seen_at >= now - limits.idle,
                SignInSession.created_at >= now - limits.life,
            )
            .order_by(SignInSession.last_seen_at.desc(), SignInSession.id)
        )
    )


def end_session(db: Session, *, person_id: UUID, session_id: UUID, reason: str) -> None:
    """End one device of a person, its socket included; raise NotFound when it is not theirs."""
    row = _get(db, session_id)
    if row.person_id != person_id or row.ended_at is not None:
        raise NotFound("There is no such device.")
    row.ended_at = work_of(db).now
    row.ended_by = reason
    _tell(db, person_id, row.id, reason)


def end_sessions(
    db: Session, person_id: UUID, *, reason: str, except_for: UUID | None = None
) -> int:
    """End every device of a person but one; return how many ended."""
    ended = db.scalars(
        update(SignInSession)
        .where(
            SignInSession.person_id == person_id,
            SignInSession.ended_at.is_(None),
            SignInSession.id != (except_for or UUID(int=0)),
        )
        .values(ended_at=work_of(db).now, ended_by=reason)
        .returning(SignInSession.id)
    ).all()
    for session_id in ended:
        _tell(db, person_id, session_id, reason)
    return len(ended)


def _tell(db: Session, person_id: UUID, session_id: UUID, reason: str) -> None:
    audit.record(
        db,
        action="session.ended",
        object_kind="person",
        object_id=person_id,
        after={"session_id": str(session_id), "reason": reason},
    )
    room = rooms.session(tenant_of(db), session_id)
    bus.publish(db, room, SessionEnded(reason=reason))
    bus.end_sockets(db, room)


def _get(db: Session, session_id: UUID) -> SignInSession:
    row = db.get(SignInSession, (tenant_of(db), session_id))
    if row is None:
        raise NotFound("There is no such device.")
    return row


def _limits(db: Session, person_id: UUID) -> SessionLimits:
    held = db.scalars(select(RoleGrant.role).where(RoleGrant.person_id == person_id))
    return session_limits(Role(role) for role in held)


def _life(db: Session, person_id: UUID) -> timedelta:
    return _limits(db, person_id).life


def _new_token(tenant_id: UUID) -> str:
    return f"{tenant_id.hex}.{new_secret()}"


def _hash(token: str) -> bytes:
    # 256 random bits need no slow hash; there is nothing to guess.
    return hashlib.sha256(token.encode()).digest()
