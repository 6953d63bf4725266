"""Who sends this request, and how somebody gets in: by passkey, invitation, e-mail code or persona.

Signing in begins before a tenant is known. What must stand even when the attempt is refused (a used
challenge, a counted attempt) is written in a transaction of its own, aside from the request's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.http import cookies
from app.http.context import ctx, edge
from app.http.principal import Principal
from app.jobs.queue import enqueue
from app.people import (
    api_keys,
    challenges,
    codes,
    invitations,
    jobs,
    passkeys,
    personas,
    sessions,
)
from app.people.challenges import NOBODY, Asked, Purpose
from app.people.errors import BadCeremony, BadCode, InvitationGone


def authenticate(
    cookie: str | None, api_key: str | None, now: datetime, *, rechecked: bool = False
) -> Principal | None:
    """Return who holds `api_key` or `cookie`.

    A request that carries a key is a machine's, whatever cookie comes along. Where the key is
    `rechecked` in the transaction that writes, a holder known from a moment ago will do.
    """
    if api_key is not None:
        return _machine(api_key, rechecked=rechecked)
    if cookie is not None:
        return _person(cookie, now)
    return None


def _machine(api_key: str, *, rechecked: bool) -> Principal | None:
    tenant_id = api_keys.tenant_in(api_key)
    if tenant_id is None:
        return None
    ask = api_keys.recall if rechecked else api_keys.identify
    return ask(edge().engine, tenant_id, api_key)


def _person(cookie: str, now: datetime) -> Principal | None:
    tenant_id = sessions.tenant_in(cookie)
    if tenant_id is None:
        return None
    principal, is_news = sessions.identify(edge().engine, tenant_id, cookie, now)
    if principal is not None and principal.session_id is not None and is_news:
        with ctx.aside(tenant_id) as db:
            sessions.note_seen(db, principal.session_id)
    return principal


def take_challenge(tenant_id: UUID, challenge_id: UUID, purpose: Purpose) -> Asked:
    """Take a challenge for its one answer, whatever comes of it; raise BadCeremony when it is gone."""
    with ctx.aside(tenant_id) as db:
        asked = challenges.take(db, challenge_id, purpose)
    if asked is None:
        raise BadCeremony("That took too long. Try again.")
    return asked


def by_passkey(challenge_id: UUID, credential: Mapping[str, Any], *, label: str) -> sessions.Opened:
    """Sign in whoever proves a passkey. A counter that went back makes the session a risky one."""
    asked = take_challenge(NOBODY, challenge_id, Purpose.SIGN_IN)
    credential_id = passkeys.credential_id_of(credential)
    with ctx.aside(NOBODY) as outside:
        tenant_id = passkeys.tenant_of_passkey(outside, credential_id)
    if tenant_id is None:
        raise BadCeremony("This passkey is not known here.")
    db = ctx.open_tenant(tenant_id)
    proof = passkeys.prove(db, ctx.settings, asked, credential, handle_needed=True)
    return _enter(
        db, proof.passkey.person_id, by="passkey", label=label, risk=proof.counter_went_back
    )


def ask_for_code(email: str) -> None:
    """Let a code be mailed to `email` if anybody has it; the same work either way."""
    with ctx.aside(NOBODY) as db:
        enqueue(db, jobs.send_sign_in_codes, email=email)


def by_code(email: str, code: str, *, label: str) -> sessions.Opened:
    """Sign in whoever was mailed `code`; raise BadCode without saying what is wrong with it."""
    with ctx.aside(NOBODY) as outside:
        tenants = codes.tenants_of_email(outside, email)
    found: tuple[UUID, UUID] | None = None
    for tenant_id in tenants or (NOBODY,):
        with ctx.aside(tenant_id) as db:
            person_id = codes.try_code(db, email, code)
        if person_id is not None:
            found = tenant_id, person_id
    if found is None:
        raise BadCode("This code is wrong, used or too old. Check it, or ask for a new one.")
    tenant_id, person_id = found
    return _enter(ctx.open_tenant(tenant_id), person_id, by="code", label=label)


def open_invitation(token: str) -> Session:
    """Open the transaction of the tenant that invites; raise InvitationGone when there is none."""
    tenant_id = sessions.tenant_in(token)
    if tenant_id is None:
        raise InvitationGone("This invitation was used or is too old. Ask for a new one.")
    return ctx.open_tenant(tenant_id)


def by_invitation(
    token: str, challenge_id: UUID, credential: Mapping[str, Any], *, label: str
) -> sessions.Opened:
    """Make an invited person's passkey and sign them in; the invitation is used up."""
    db = open_invitation(token)
    invitation, person = invitations.invited(db, token, lock=True)
    asked = take_challenge(person.tenant_id, challenge_id, Purpose.INVITATION)
    if asked.person_id != person.id:
        raise BadCeremony("This passkey was made for another invitation.")
    passkeys.register(db, ctx.settings, person, asked, credential, label=label)
    invitations.accept(db, invitation)
    return _enter(db, person.id, by="invitation", label=label)


def by_persona(tenant_id: UUID, key: str, *, label: str) -> sessions.Opened:
    """Sign a visitor of the demo in as one of its personas."""
    db = ctx.open_tenant(tenant_id)
    return _enter(db, personas.person_behind(db, key), by="persona", label=label)


def _enter(
    db: Session, person_id: UUID, *, by: str, label: str, risk: bool = False
) -> sessions.Opened:
    codes.forget_code(db, person_id)
    _end_the_session_before(db, person_id)
    opened = sessions.open_session(db, person_id=person_id, signed_in_by=by, label=label, risk=risk)
    audit.record(
        db,
        action="session.opened",
        object_kind="person",
        object_id=person_id,
        after={"session_id": str(opened.session_id), "by": by, "risk": risk},
    )
    cookies.give(opened.token, opened.lifetime)
    return opened


def _end_the_session_before(db: Session, person_id: UUID) -> None:
    # The browser holds one token at a time: the one it brought is replaced and must not live on.
    before = ctx.find_principal()
    if before is None or before.session_id is None:
        return
    if before.person_id == person_id:
        sessions.end_session(
            db, person_id=person_id, session_id=before.session_id, reason="signed_in_again"
        )
    elif before.person_id is not None:
        with ctx.aside(before.tenant_id, before.actor) as other:
            sessions.end_session(
                other,
                person_id=before.person_id,
                session_id=before.session_id,
                reason="signed_in_again",
            )
