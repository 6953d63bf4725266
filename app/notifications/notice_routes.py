"""Word of a voucher over HTTP: what was sent, and once more."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import PARTICIPANTS
from app.http.shapes import Shape, View
from app.kernel.errors import TooManyRequests
from app.notifications import notices
from app.notifications.notices import Notice
from app.people.contacts import Channel
from app.people.errors import NotReachable
from app.rewards.errors import NothingToReveal
from app.texting.core import State

blueprint = api_blueprint("notices", __name__)


class NoticeIn(Shape):
    """Which way word is sent."""

    channel: Channel


class NoticeOut(View):
    """Word of a voucher: which way, to whom (masked), when it left (null: not yet), and what is known of it.

    Of a mail nobody says more than `queued` and `sent`; a text may be `delivered`, or have `failed`.
    """

    id: UUID
    channel: Channel
    recipient: str
    asked_at: datetime
    sent_at: datetime | None
    state: State


class NoticesOut(View):
    """What was sent about an order, latest first."""

    items: list[NoticeOut]


@blueprint.get("/me/redemptions/<uuid:redemption_id>/notices")
@endpoint(allow=PARTICIPANTS, returns=NoticesOut)
def list_notices(redemption_id: UUID) -> dict[str, Any]:
    """Return what was sent to the signed-in person about one of their orders."""
    return {"items": notices.of_order(ctx.db, redemption_id, person_id=ctx.person_id)}


@blueprint.post("/me/redemptions/<uuid:redemption_id>/notices")
@endpoint(
    allow=PARTICIPANTS,
    accepts=NoticeIn,
    returns=NoticeOut,
    status=201,
    limit="20/h",
    fail_closed=True,
    refuses=[NothingToReveal, NotReachable, TooManyRequests],
)
def send_notice(redemption_id: UUID, body: NoticeIn) -> Notice:
    """Send word of an own voucher once more, never its code; three times an hour at most."""
    return notices.send_again(ctx.db, redemption_id, person_id=ctx.person_id, channel=body.channel)
