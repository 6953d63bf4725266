"""Activities, products and claims, as other systems and the screens see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.activities import claims, desk, queries, service, totals
from app.activities import schemas as shapes
from app.activities.collector import collector
from app.activities.core import Outcome
from app.activities.errors import ClaimMatches, OwnClaim, WrongState
from app.activities.intake import Item, ItemResult
from app.db.unit_of_work import unit_of_work
from app.http.blueprint import api_blueprint
from app.http.context import ctx, edge
from app.http.endpoint import endpoint
from app.http.principal import CONSOLE, EVERYONE, PARTICIPANTS, Role, Scope
from app.http.shapes import PageView
from app.kernel.errors import Invalid, NotFound, Problem
from app.kernel.money import MICROS, decimal_to_micros
from app.kernel.pages import Page
from app.people import queries as people

blueprint = api_blueprint("activities", __name__)

ADMINS = [Role.PROGRAM_ADMIN, Role.TENANT_ADMIN]
DECIDERS = [Role.MANAGER, Role.PROGRAM_ADMIN, Role.TENANT_ADMIN]
BATCH_BYTES = 5_000_000


@blueprint.post("/activities")
@endpoint(
    allow=ADMINS,
    scope=Scope.ACTIVITIES_WRITE,
    accepts=shapes.OneOrMany,
    returns=shapes.ReportOut,
    body_limit=BATCH_BYTES,
    refuses=[Invalid],
    rechecks=True,
)
def record_activities(body: shapes.ActivityIn | shapes.ActivitiesIn) -> dict[str, Any]:
    """Record one activity or up to 5,000; each is answered for itself, after the commit.

    Safe to repeat: an external id counts once in its source, other content is a correction.
    """
    one = isinstance(body, shapes.ActivityIn)
    items: list[Item] = [body] if isinstance(body, shapes.ActivityIn) else list(body.items)
    principal = ctx.principal
    tenant_id, actor = principal.tenant_id, principal.actor
    results = desk.record(tenant_id, actor, ctx.now, items)
    if results is None:
        results = collector.record(_shared_work(), tenant_id, actor, items)
    shown = [
        _item(index, result, "" if one else f"/items/{index}")
        for index, result in enumerate(results)
    ]
    if not any(isinstance(item, shapes.ActivityIn) for item in items):
        problems = [Problem(**problem) for item in shown for problem in item["problems"]]
        raise Invalid("None of this can be read.", problems=problems, count=len(problems))
    counts = Counter(result.outcome for result in results)
    return {
        "counts": {outcome.value: counts[outcome] for outcome in Outcome},
        "items": shown,
    }


def _shared_work() -> Callable[[], AbstractContextManager[Session]]:
    """Return how to open a transaction that serves several requests, outside of any of them."""
    at, now = edge(), ctx.now
    tenant_id, actor = ctx.tenant_id, ctx.principal.actor
    return lambda: unit_of_work(
        at.engine, tenant_id=tenant_id, actor=actor, now=now, reactions=at.reactions
    )


def _item(index: int, result: ItemResult, root: str) -> dict[str, Any]:
    return {
        "index": index,
        "external_id": result.external_id,
        "outcome": result.outcome,
        "activity_id": result.activity_id,
        "problems": [
            {
                "pointer": root + problem.pointer,
                "code": problem.code,
                "detail": problem.detail,
                "params": problem.params,
            }
            for problem in result.problems
        ],
    }


@blueprint.get("/activities")
@endpoint(
    allow=EVERYONE,
    scope=Scope.ACTIVITIES_READ,
    query=shapes.ActivitiesQuery,
    returns=PageView[shapes.ActivityOut],
)
def list_activities(query: shapes.ActivitiesQuery) -> Page[dict[str, Any]]:
    """List the current activities the caller may see, latest arrival first."""
    return queries.page(
        ctx.db,
        ctx.principal,
        cursor=query.cursor,
        limit=query.limit,
        person=query.person,
        since=query.from_,
        until=query.to,
        source=query.source,
    )


@blueprint.get("/activities/totals")
@endpoint(
    allow=CONSOLE,
    scope=Scope.ACTIVITIES_READ,
    query=shapes.TotalsQuery,
    returns=shapes.TotalsOut,
)
def activity_totals(query: shapes.TotalsQuery) -> dict[str, Any]:
    """Return exact sums of what counts, by group and currency; days are the tenant's."""
    found = totals.totals(
        ctx.db,
        ctx.principal,
        group_by=query.group_by,
        since=query.from_,
        until=query.to,
        source=query.source,
    )
    return {"items": found}


@blueprint.get("/products")
@endpoint(allow=EVERYONE, scope=Scope.ACTIVITIES_READ, returns=shapes.ProductsOut)
def list_products() -> dict[str, Any]:
    """List every product, by name."""
    return _products()


@blueprint.put("/products")
@endpoint(
    allow=ADMINS,
    scope=Scope.ACTIVITIES_WRITE,
    accepts=shapes.ProductsShape,
    returns=shapes.ProductsOut,
    body_limit=BATCH_BYTES,
    refuses=[Invalid],
)
def keep_products(body: shapes.ProductsShape) -> dict[str, Any]:
    """Add or change products, each known by its sku."""
    kept = [
        {"sku": one.sku, "name": one.name, "product_group": one.group, "active": one.active}
        for one in body.items
    ]
    service.keep_products(ctx.db, kept)
    return _products()


def _products() -> dict[str, Any]:
    return {
        "items": [
            {"sku": one.sku, "name": one.name, "group": one.product_group, "active": one.active}
            for one in queries.all_products(ctx.db)
        ]
    }


@blueprint.post("/me/claims")
@endpoint(
    allow=PARTICIPANTS,
    accepts=shapes.ClaimIn,
    returns=shapes.ClaimOut,
    status=201,
    idempotent=True,
    limit="60/min",
)
def log_claim(body: shapes.ClaimIn) -> dict[str, Any]:
    """Log a sale of mine; it waits until the manager has looked."""
    claim = claims.log_claim(
        ctx.db,
        person_id=ctx.person_id,
        product=body.product,
        amount_micros=decimal_to_micros(Decimal(body.amount.amount)) if body.amount else 0,
        currency=body.amount.currency if body.amount else None,
        units_micros=decimal_to_micros(Decimal(body.units)) if body.units else MICROS,
        customer_reference=body.customer_reference,
        occurred_on=body.occurred_on,
        note=body.note,
    )
    return claims.shown(claim)


@blueprint.get("/me/claims")
@endpoint(allow=PARTICIPANTS, query=shapes.ClaimsQuery, returns=PageView[shapes.ClaimOut])
def my_claims(query: shapes.ClaimsQuery) -> Page[dict[str, Any]]:
    """List what I logged, newest first."""
    return claims.page(
        ctx.db,
        ctx.principal,
        cursor=query.cursor,
        limit=query.limit,
        state=query.state,
        mine=True,
    )


@blueprint.get("/claims")
@endpoint(
    allow=CONSOLE,
    query=shapes.ClaimsQuery,
    returns=PageView[shapes.ClaimOut],
)
def list_claims(query: shapes.ClaimsQuery) -> Page[dict[str, Any]]:
    """List the claims of everybody the caller may see, each with sales, and claims that wait, that may be the same."""
    return claims.page(
        ctx.db, ctx.principal, cursor=query.cursor, limit=query.limit, state=query.state
    )


@blueprint.post("/claims/<uuid:claim_id>/verify")
@endpoint(
    allow=DECIDERS,
    accepts=shapes.VerifyIn,
    returns=shapes.ClaimOut,
    refuses=[NotFound, WrongState, ClaimMatches, OwnClaim],
)
def verify_claim(claim_id: UUID, body: shapes.VerifyIn) -> dict[str, Any]:
    """Let a claim count, as a sale of its own or as one that counts already."""
    claim = claims.verify(
        ctx.db,
        ctx.principal,
        claim_id,
        matched_activity_id=body.matched_activity_id,
        is_another_sale=body.is_another_sale,
    )
    return _claim(claim)


@blueprint.post("/claims/<uuid:claim_id>/refuse")
@endpoint(
    allow=DECIDERS,
    accepts=shapes.RefuseIn,
    returns=shapes.ClaimOut,
    refuses=[NotFound, WrongState, OwnClaim],
)
def refuse_claim(claim_id: UUID, body: shapes.RefuseIn) -> dict[str, Any]:
    """Say that a claim does not count, and why."""
    return _claim(claims.refuse(ctx.db, ctx.principal, claim_id, reason=body.reason))


def _claim(claim: Any) -> dict[str, Any]:
    name = people.names(ctx.db, [claim.person_id]).get(claim.person_id)
    return claims.shown(claim, name)
