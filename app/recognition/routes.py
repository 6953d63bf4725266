"""The API of recognition."""

from __future__ import annotations

from typing import Any

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import EVERYONE
from app.recognition import queries
from app.recognition.schemas import BadgesOut

blueprint = api_blueprint("recognition", __name__)


@blueprint.get("/me/badges")
@endpoint(allow=EVERYONE, returns=BadgesOut)
def my_badges() -> dict[str, Any]:
    """Return the badges of the signed-in person, with date and cause."""
    return queries.badges(ctx.db, ctx.person_id)
