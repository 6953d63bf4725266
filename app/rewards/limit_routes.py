"""How much people may order from the store, over HTTP."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import CONSOLE, Role, Scope
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.people import queries as people
from app.rewards import limits
from app.rewards.limit_schemas import LimitIn, LimitOut, LimitsOut
from app.rewards.limits_core import Limit

blueprint = api_blueprint("order_limits", __name__)

CURATORS: Final = frozenset({Role.FINANCE, Role.TENANT_ADMIN, Role.PROGRAM_ADMIN})


@blueprint.get("/catalog/limits")
@endpoint(allow=CONSOLE, scope=Scope.REWARDS_READ, returns=LimitsOut)
def list_limits() -> LimitsOut:
    """Return how much who may order of what."""
    return LimitsOut(items=[_shown(one) for one in limits.limits(ctx.db)])


@blueprint.post("/catalog/limits")
@endpoint(
    allow=CURATORS,
    scope=Scope.REWARDS_WRITE,
    accepts=LimitIn,
    returns=LimitOut,
    status=201,
    refuses=[NotFound],
)
def add_limit(body: LimitIn) -> LimitOut:
    """Say how much an audience may order; it holds from the next order on."""
    return _shown(limits.add(ctx.db, body.limit))


@blueprint.put("/catalog/limits/<uuid:limit_id>")
@endpoint(
    allow=CURATORS,
    scope=Scope.REWARDS_WRITE,
    accepts=LimitIn,
    returns=LimitOut,
    refuses=[NotFound],
)
def change_limit(limit_id: UUID, body: LimitIn) -> LimitOut:
    """Set a limit anew; what was ordered in its period counts."""
    return _shown(limits.change(ctx.db, limit_id, body.limit))


@blueprint.delete("/catalog/limits/<uuid:limit_id>")
@endpoint(allow=CURATORS, scope=Scope.REWARDS_WRITE, status=204, refuses=[NotFound])
def remove_limit(limit_id: UUID) -> None:
    """Take a limit back."""
    limits.remove(ctx.db, limit_id)


def _shown(one: Limit) -> LimitOut:
    names = {team.id: team.name for team in people.teams(ctx.db)}

    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, one.currency)

    return LimitOut.model_validate(
        {
            "id": one.id,
            "team_id": one.audience.team_id,
            "team_name": names.get(one.audience.team_id) if one.audience.team_id else None,
            "role": one.audience.role,
            "country": one.audience.country,
            "about": one.about,
            "value": one.value,
            "currency": one.currency,
            "least": money(one.least),
            "most": money(one.most),
            "period": one.period,
            "in_period": money(one.in_period),
        }
    )
