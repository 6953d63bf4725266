"""The API of the first screens."""

from __future__ import annotations

from typing import Any

from app.home import overview, today
from app.home.schemas import OverviewOut, TodayOut
from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import CONSOLE, EVERYONE

blueprint = api_blueprint("home", __name__)


@blueprint.get("/me/today")
@endpoint(allow=EVERYONE, returns=TodayOut)
def my_today() -> dict[str, Any]:
    """Return the first screen of the signed-in person."""
    return today.today(ctx.db, ctx.person_id)


@blueprint.get("/console/overview")
@endpoint(allow=CONSOLE, returns=OverviewOut)
def console_overview() -> dict[str, Any]:
    """Return the overview of the people the signed-in person may see."""
    return overview.overview(ctx.db, ctx.principal)
