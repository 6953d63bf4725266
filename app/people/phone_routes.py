"""The signed-in person's mobile number: what is known, a code sent there, the proof, and away with it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import EVERYONE
from app.http.shapes import Shape, Text, View
from app.kernel.errors import Invalid, StepUpNeeded, TooManyRequests
from app.people import passkeys, phone_core, phones, step_up
from app.people.phones import NumberNotProven, Phone, TextsNotSent
from app.texting.core import State

blueprint = api_blueprint("phones", __name__)


class NumberIn(Shape):
    """A mobile number with the prefix of its country: +39 347 123 4567."""

    number: Annotated[Text, StringConstraints(min_length=1, max_length=phone_core.LONGEST)]


class CodeIn(Shape):
    """The code from the text."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{6}$")]


class WaitingOut(View):
    """A number that waits for its code, and what became of the text that carries it."""

    number: str
    text: State
    expires_at: datetime
    again_at: datetime
    tries_left: int


class PhoneOut(View):
    """The own number, most of which is left out; `offered` false: no texts are sent here."""

    offered: bool = Field(validation_alias="is_offered")
    number: str | None
    proven_at: datetime | None
    waiting: WaitingOut | None


@blueprint.get("/me/phone")
@endpoint(allow=EVERYONE, returns=PhoneOut)
def show_phone() -> Phone:
    """Say which mobile number the signed-in person has proven, and which one waits for its code."""
    return phones.describe(ctx.db, ctx.person_id)


@blueprint.post("/me/phone")
@endpoint(
    allow=EVERYONE,
    accepts=NumberIn,
    returns=PhoneOut,
    limit="20/h",
    fail_closed=True,
    refuses=[Invalid, TextsNotSent, TooManyRequests],
)
def ask_for_code(body: NumberIn) -> Phone:
    """Send a code to a mobile number; the number is the person's only once the code came back."""
    phones.ask(ctx.db, ctx.person_id, body.number, ctx.settings.sms)
    return phones.describe(ctx.db, ctx.person_id)


@blueprint.post("/me/phone/prove")
@endpoint(
    allow=EVERYONE,
    accepts=CodeIn,
    returns=PhoneOut,
    limit="20/h",
    fail_closed=True,
    refuses=[NumberNotProven, StepUpNeeded],
)
def prove_number(body: CodeIn) -> Phone:
    """Prove a number with the code that was sent there; another one than before is confirmed by passkey."""
    number = phones.waiting_number(ctx.db, ctx.person_id)
    if number is not None:
        _confirm({"number": number})
    with ctx.aside(ctx.tenant_id, ctx.principal.actor) as db:
        proven = phones.try_code(db, ctx.person_id, body.code, number=number)
    if proven is None:
        raise NumberNotProven("This code is wrong, used or too old. Check it, or ask for another.")
    phones.adopt(ctx.db, ctx.person_id, proven)
    return phones.describe(ctx.db, ctx.person_id)


@blueprint.delete("/me/phone")
@endpoint(allow=EVERYONE, refuses=[StepUpNeeded])
def remove_phone() -> None:
    """Forget the own number, confirmed by passkey; nothing is sent there any more."""
    _confirm({"number": None})
    phones.remove(ctx.db, ctx.person_id)


def _confirm(binding: dict[str, Any]) -> None:
    """Ask for a passkey before a proven number changes, of whoever has one."""
    if phones.find_number(ctx.db, ctx.person_id) is None:
        return
    if passkeys.passkeys_of(ctx.db, ctx.person_id):
        step_up.require(ctx.db, ctx.principal, action="phone.change", binding=binding)
