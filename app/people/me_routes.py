"""The signed-in person: themselves, their devices, their passkeys, and confirming that it is them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.http import cookies
from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import EVERYONE
from app.kernel.errors import NotFound, StepUpNeeded
from app.people import challenges, me, passkeys, queries, sessions, sign_in, step_up
from app.people import sign_in_schemas as shapes
from app.people.challenges import Purpose, hash_binding
from app.people.errors import (
    AlreadyTaken,
    BadCeremony,
    CounterWentBack,
    LastPasskey,
    NoPasskey,
)
from app.people.models import Passkey
from app.people.sign_in_routes import device_label

blueprint = api_blueprint("me", __name__)


def _session_id() -> UUID:
    session_id = ctx.principal.session_id
    assert session_id is not None  # no API key has the right to come here
    return session_id


def _me() -> me.Me:
    return me.describe(
        ctx.db,
        person_id=ctx.person_id,
        session_id=_session_id(),
        is_demo=ctx.settings.is_demo,
    )


@blueprint.get("/me")
@endpoint(allow=EVERYONE, returns=shapes.MeOut)
def show_me() -> me.Me:
    """Say who is signed in."""
    return _me()


@blueprint.patch("/me")
@endpoint(allow=EVERYONE, accepts=shapes.MeChange, returns=shapes.MeOut)
def change_me(body: shapes.MeChange) -> me.Me:
    """Change language, theme, or zone (which counts from the next day)."""
    me.change_me(ctx.db, ctx.person_id, body.model_dump(exclude_none=True))
    return _me()


@blueprint.get("/me/devices")
@endpoint(allow=EVERYONE, returns=shapes.Devices)
def list_devices() -> dict[str, Any]:
    """List where the person is signed in."""
    here = _session_id()
    found = [
        shapes.Device.model_validate(row) for row in sessions.open_sessions(ctx.db, ctx.person_id)
    ]
    return {"items": [d.model_copy(update={"current": d.id == here}) for d in found]}


@blueprint.delete("/me/devices/<uuid:device_id>")
@endpoint(allow=EVERYONE)
def end_device(device_id: UUID) -> None:
    """Sign one device out, at once."""
    sessions.end_session(
        ctx.db, person_id=ctx.person_id, session_id=device_id, reason="ended_elsewhere"
    )
    if device_id == _session_id():
        cookies.take_back()


@blueprint.get("/me/passkeys")
@endpoint(allow=EVERYONE, returns=shapes.Passkeys)
def list_passkeys() -> dict[str, Any]:
    """List the person's passkeys."""
    return {"items": passkeys.passkeys_of(ctx.db, ctx.person_id)}


@blueprint.post("/me/passkeys/options")
@endpoint(allow=EVERYONE, accepts=shapes.Begin, returns=shapes.Ceremony, limit="30/min")
def begin_new_passkey(body: shapes.Begin) -> dict[str, Any]:  # noqa: ARG001 - an empty body is asked for
    """Ask this device to make another passkey."""
    person = queries.get_person(ctx.db, ctx.person_id)
    asked = challenges.ask(ctx.db, Purpose.REGISTER, person_id=person.id, session_id=_session_id())
    return {
        "challenge_id": asked.id,
        "options": passkeys.registration_options(ctx.db, ctx.settings, person, asked),
    }


@blueprint.post("/me/passkeys")
@endpoint(
    allow=EVERYONE,
    accepts=shapes.RegistrationAnswer,
    returns=shapes.PasskeyOut,
    status=201,
    limit="30/min",
    refuses=[BadCeremony, StepUpNeeded, AlreadyTaken],
)
def add_passkey(body: shapes.RegistrationAnswer) -> Passkey:
    """Keep a new passkey; whoever has one already confirms with it first."""
    if passkeys.passkeys_of(ctx.db, ctx.person_id):
        step_up.require(ctx.db, ctx.principal, action="passkey.add", binding={})
    asked = sign_in.take_challenge(ctx.tenant_id, body.challenge_id, Purpose.REGISTER)
    if asked.session_id != _session_id():
        raise BadCeremony("This passkey was made for another session.")
    return passkeys.register(
        ctx.db,
        ctx.settings,
        queries.get_person(ctx.db, ctx.person_id),
        asked,
        body.credential.model_dump(exclude_none=True),
        label=body.label or device_label(),
    )


@blueprint.delete("/me/passkeys/<uuid:passkey_id>")
@endpoint(allow=EVERYONE, refuses=[StepUpNeeded, LastPasskey])
def remove_passkey(passkey_id: UUID) -> None:
    """Forget a passkey, confirmed with a fresh one; the last one stays."""
    if not any(p.id == passkey_id for p in passkeys.passkeys_of(ctx.db, ctx.person_id)):
        raise NotFound("There is no such passkey.")
    step_up.require(
        ctx.db,
        ctx.principal,
        action="passkey.remove",
        binding={"passkey_id": str(passkey_id)},
    )
    passkeys.remove(ctx.db, person_id=ctx.person_id, passkey_id=passkey_id)


@blueprint.post("/step-up/options")
@endpoint(
    allow=EVERYONE,
    accepts=shapes.StepUpQuestion,
    returns=shapes.Ceremony,
    limit="10/min",
    body_limit=20_000,
    refuses=[NoPasskey],
)
def begin_step_up(body: shapes.StepUpQuestion) -> dict[str, Any]:
    """Ask for a passkey that confirms exactly this action."""
    own = [p for p in passkeys.passkeys_of(ctx.db, ctx.person_id) if p.suspect_at is None]
    if not own:
        raise NoPasskey("Make a passkey in your profile first.")
    asked = challenges.ask(
        ctx.db,
        Purpose.STEP_UP,
        person_id=ctx.person_id,
        session_id=_session_id(),
        binding_hash=hash_binding(body.action, body.binding),
    )
    return {
        "challenge_id": asked.id,
        "options": passkeys.assertion_options(ctx.settings, asked, own),
    }


@blueprint.post("/step-up/verify")
@endpoint(
    allow=EVERYONE,
    accepts=shapes.AssertionAnswer,
    returns=shapes.StepUpOut,
    limit="10/min",
    fail_closed=True,
    refuses=[BadCeremony, CounterWentBack],
)
def verify_step_up(body: shapes.AssertionAnswer) -> step_up.Granted:
    """Confirm with a passkey; the session gets a new token, the action a proof that works once."""
    asked = sign_in.take_challenge(ctx.tenant_id, body.challenge_id, Purpose.STEP_UP)
    if asked.session_id != _session_id() or asked.binding_hash is None:
        raise BadCeremony("This was asked in another session.")
    step_up.prove(
        ctx.db, ctx.settings, ctx.principal, asked, body.credential.model_dump(exclude_none=True)
    )
    opened = sessions.rotate(ctx.db, _session_id())
    cookies.give(opened.token, opened.lifetime)
    return step_up.grant(ctx.db, session_id=opened.session_id, binding_hash=asked.binding_hash)
