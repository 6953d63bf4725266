"""The API of the inbox."""

from __future__ import annotations

from typing import Any

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import EVERYONE
from app.http.shapes import PageQuery
from app.kernel.errors import Invalid
from app.notifications import queries, service
from app.notifications.core import NUDGES, Settings
from app.notifications.schemas import InboxOut, NudgesIn, NudgesOut, ReadIn, UnreadOut

blueprint = api_blueprint("notifications", __name__)


@blueprint.get("/me/inbox")
@endpoint(allow=EVERYONE, query=PageQuery, returns=InboxOut, refuses=[Invalid])
def my_inbox(query: PageQuery) -> dict[str, Any]:
    """Return the messages of the signed-in person, newest first."""
    page = queries.inbox(ctx.db, ctx.person_id, cursor=query.cursor, limit=query.limit)
    return {
        "items": queries.shown(ctx.db, page.items),
        "next_cursor": page.next_cursor,
        "unread": queries.unread(ctx.db, ctx.person_id),
    }


@blueprint.post("/me/inbox/read")
@endpoint(allow=EVERYONE, accepts=ReadIn, returns=UnreadOut)
def read_messages(body: ReadIn) -> dict[str, Any]:
    """Mark messages as read."""
    left = service.mark_read(ctx.db, ctx.person_id, None if body.all else body.ids)
    return {"unread": left}


@blueprint.get("/me/nudges")
@endpoint(allow=EVERYONE, returns=NudgesOut)
def my_nudges() -> dict[str, Any]:
    """Return what the signed-in person wishes about nudges."""
    return _shown(queries.settings(ctx.db, ctx.person_id))


@blueprint.put("/me/nudges")
@endpoint(allow=EVERYONE, accepts=NudgesIn, returns=NudgesOut)
def set_my_nudges(body: NudgesIn) -> dict[str, Any]:
    """Keep what the signed-in person wishes about nudges."""
    return _shown(
        service.set_nudges(
            ctx.db,
            ctx.person_id,
            muted=body.muted,
            quiet_from=body.quiet_from,
            quiet_to=body.quiet_to,
        )
    )


def _shown(settings: Settings) -> dict[str, Any]:
    return {
        "muted": sorted(settings.muted),
        "quiet_from": settings.quiet_from,
        "quiet_to": settings.quiet_to,
        "kinds": NUDGES,
        "zone": ctx.principal.zone,
    }
