"""Signing in and out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import flask

from app.http import cookies
from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import EVERYONE
from app.kernel.errors import NotFound
from app.people import (
    challenges,
    core,
    invitations,
    mailbox,
    me,
    passkeys,
    personas,
    queries,
    sessions,
    sign_in,
)
from app.people import sign_in_schemas as shapes
from app.people.challenges import NOBODY, Purpose
from app.people.errors import AlreadyTaken, BadCeremony, BadCode, InvitationGone

blueprint = api_blueprint("sign_in", __name__)


def device_label() -> str:
    """Return what the device of this request is called in a list."""
    return core.device_label(flask.request.headers.get("User-Agent", ""))


def _me(opened: sessions.Opened) -> me.Me:
    return me.describe(
        ctx.db,
        person_id=opened.person_id,
        session_id=opened.session_id,
        is_demo=ctx.settings.is_demo,
    )


@blueprint.post("/sign-in/passkey/options")
@endpoint(public=True, accepts=shapes.Begin, returns=shapes.Ceremony, limit="120/min")
def begin_passkey(body: shapes.Begin) -> dict[str, Any]:  # noqa: ARG001 - an empty body is asked for
    """Ask for any passkey that this phone has for us."""
    with ctx.aside(NOBODY) as db:
        asked = challenges.ask(db, Purpose.SIGN_IN)
    return {
        "challenge_id": asked.id,
        "options": passkeys.assertion_options(ctx.settings, asked),
    }


@blueprint.post("/sign-in/passkey/verify")
@endpoint(
    public=True,
    accepts=shapes.AssertionAnswer,
    returns=shapes.MeOut,
    limit="120/min",
    refuses=[BadCeremony],
)
def verify_passkey(body: shapes.AssertionAnswer) -> me.Me:
    """Sign in with a passkey."""
    credential = body.credential.model_dump(exclude_none=True)
    return _me(sign_in.by_passkey(body.challenge_id, credential, label=device_label()))


@blueprint.post("/sign-in/code/request")
@endpoint(public=True, accepts=shapes.CodeRequest, limit="30/min")
def request_code(body: shapes.CodeRequest) -> None:
    """Mail a code to whoever has this address; the answer is the same when nobody has."""
    sign_in.ask_for_code(body.email)


@blueprint.post("/sign-in/code/verify")
@endpoint(
    public=True,
    accepts=shapes.CodeAnswer,
    returns=shapes.MeOut,
    limit="10/min",
    refuses=[BadCode],
)
def verify_code(body: shapes.CodeAnswer) -> me.Me:
    """Sign in with the code from the mail."""
    return _me(sign_in.by_code(body.email, body.code, label=device_label()))


@blueprint.post("/sign-out")
@endpoint(allow=EVERYONE)
def sign_out() -> None:
    """End this session everywhere, on open sockets and in copied cookies too."""
    principal = ctx.principal
    assert principal.session_id is not None  # no API key has the right to come here
    sessions.end_session(
        ctx.db,
        person_id=principal.person,
        session_id=principal.session_id,
        reason="signed_out",
    )
    cookies.take_back()


@blueprint.get("/invitations/<string(maxlength=200):token>")
@endpoint(public=True, returns=shapes.InvitationOut, limit="60/min", refuses=[InvitationGone])
def show_invitation(token: str) -> dict[str, str]:
    """Say whom an invitation is for."""
    db = sign_in.open_invitation(token)
    _, person = invitations.invited(db, token)
    return {
        "tenant_name": queries.get_tenant(db).name,
        "name": person.name,
        "language": person.language,
    }


@blueprint.post("/invitations/<string(maxlength=200):token>/options")
@endpoint(
    public=True,
    accepts=shapes.Begin,
    returns=shapes.Ceremony,
    limit="60/min",
    refuses=[InvitationGone],
)
def begin_invitation(token: str, body: shapes.Begin) -> dict[str, Any]:  # noqa: ARG001 - as above
    """Ask the invited person's device to make a passkey."""
    db = sign_in.open_invitation(token)
    _, person = invitations.invited(db, token)
    asked = challenges.ask(db, Purpose.INVITATION, person_id=person.id)
    return {
        "challenge_id": asked.id,
        "options": passkeys.registration_options(db, ctx.settings, person, asked),
    }


@blueprint.post("/invitations/<string(maxlength=200):token>/accept")
@endpoint(
    public=True,
    accepts=shapes.RegistrationAnswer,
    returns=shapes.MeOut,
    limit="60/min",
    refuses=[InvitationGone, BadCeremony, AlreadyTaken],
)
def accept_invitation(token: str, body: shapes.RegistrationAnswer) -> me.Me:
    """Keep the invited person's passkey and sign them in."""
    return _me(
        sign_in.by_invitation(
            token,
            body.challenge_id,
            body.credential.model_dump(exclude_none=True),
            label=body.label or device_label(),
        )
    )


# Demo and test installations only


def _demo_tenant(slug: str | None) -> UUID:
    if not ctx.settings.is_demo:
        raise NotFound("There is no demo here.")
    with ctx.aside(NOBODY) as db:
        return personas.demo_tenant(db, slug)


@blueprint.get("/demo/personas")
@endpoint(public=True, query=shapes.DemoQuery, returns=shapes.Personas)
def list_personas(query: shapes.DemoQuery) -> dict[str, Any]:
    """List whom a visitor of the demo may be."""
    db = ctx.open_tenant(_demo_tenant(query.tenant))
    return {"items": personas.personas(db)}


@blueprint.post("/demo/personas/<string(maxlength=64):key>/sign-in")
@endpoint(public=True, query=shapes.DemoQuery, returns=shapes.MeOut)
def sign_in_as(key: str, query: shapes.DemoQuery) -> me.Me:
    """Be a persona of the demo."""
    return _me(sign_in.by_persona(_demo_tenant(query.tenant), key, label=device_label()))


@blueprint.get("/demo/mailbox")
@endpoint(public=True, query=shapes.DemoQuery, returns=shapes.Mails)
def show_mailbox(query: shapes.DemoQuery) -> dict[str, Any]:
    """Show the mails and texts that the demo kept, for whoever has no phone there."""
    db = ctx.open_tenant(_demo_tenant(query.tenant))
    return {"items": mailbox.latest(db)}
