"""The store over HTTP: shelves and favourites of a person, curation of the company."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import CONSOLE, PARTICIPANTS, Role, Scope
from app.http.shapes import MoneyShape
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.rewards import catalog_search, catalog_service, limits, queries
from app.rewards.audience_core import Audience
from app.rewards.catalog_core import Rule, Shown, country_of
from app.rewards.catalog_schemas import (
    ChoiceOut,
    ChoicesQuery,
    CuratedItem,
    CuratedPage,
    CurationIn,
    RuleIn,
    RuleOut,
    RulesOut,
    StoreChoices,
    StoreFront,
    StorePage,
    StoreQuery,
    StoreReward,
    SyncAsked,
    SyncIn,
    SyncOut,
    SyncsOut,
)
from app.rewards.catalog_search import Found, Wish
from app.rewards.catalog_service import NoCatalog
from app.rewards.limits_core import Room
from app.rewards.schemas import DenominationOut

OWN_SHELF = 8
"""So many favourites, and so many things ordered lately, lie in front."""

blueprint = api_blueprint("store", __name__)

CURATORS = frozenset({Role.FINANCE, Role.TENANT_ADMIN, Role.PROGRAM_ADMIN})


@blueprint.get("/me/store")
@endpoint(allow=PARTICIPANTS, query=StoreQuery, returns=StorePage, refuses=[NotFound])
def look_around(query: StoreQuery) -> StorePage:
    """Return a page of what the signed-in person is shown and looks for."""
    purse = queries.spendable(ctx.db, ctx.person_id)
    return StorePage.model_validate(
        _page(query, catalog_search.shown_to(ctx.db, ctx.person_id), purse)
    )


@blueprint.get("/me/store/front")
@endpoint(allow=PARTICIPANTS, returns=StoreFront)
def look_in() -> StoreFront:
    """Return what the store opens with: what the person used and marked, then the shelf at home."""
    shown = catalog_search.shown_to(ctx.db, ctx.person_id)
    purse = queries.spendable(ctx.db, ctx.person_id)
    own = {
        shelf: _page(StoreQuery(shelf=shelf, limit=OWN_SHELF), shown, purse)["items"]
        for shelf in ("recent", "favourites")
    }
    return StoreFront.model_validate({**_page(StoreQuery(country="home"), shown, purse), **own})


def _page(query: StoreQuery, shown: Shown, purse: dict[str, Money]) -> dict[str, Any]:
    wish = _wish(query, home=country_of(ctx.principal.zone))
    shelf = catalog_search.find(
        ctx.db,
        wish,
        person_id=ctx.person_id,
        shown=shown,
        cursor=query.cursor,
        limit=query.limit,
    )
    return {
        "items": [_item(found, purse) for found in shelf.items],
        "next_cursor": shelf.next_cursor,
        "alike": shelf.is_alike,
        "country": wish.country,
        "available": [MoneyShape.model_validate(money) for money in purse.values()],
    }


@blueprint.get("/me/store/choices")
@endpoint(allow=PARTICIPANTS, query=ChoicesQuery, returns=StoreChoices)
def list_choices(query: ChoicesQuery) -> StoreChoices:
    """Return what the store can be narrowed by, for the signed-in person."""
    shown = catalog_search.shown_to(ctx.db, ctx.person_id)
    return _choices(shown, query.country)


@blueprint.get("/catalog/choices")
@endpoint(allow=CONSOLE, scope=Scope.REWARDS_READ, query=ChoicesQuery, returns=StoreChoices)
def list_catalog_choices(query: ChoicesQuery) -> StoreChoices:
    """Return what the whole catalog can be narrowed by, and rules can be about."""
    return _choices(catalog_search.EVERYTHING, query.country)


def _choices(shown: Shown, country: str | None) -> StoreChoices:
    found = catalog_search.choices(ctx.db, shown=shown, country=country)
    return StoreChoices(
        home=country_of(ctx.principal.zone),
        countries=[ChoiceOut.model_validate(one) for one in found.countries],
        categories=[ChoiceOut.model_validate(one) for one in found.categories],
        currencies=[ChoiceOut.model_validate(one) for one in found.currencies],
    )


@blueprint.get("/me/store/<uuid:reward_id>")
@endpoint(allow=PARTICIPANTS, returns=StoreReward, refuses=[NotFound])
def get_reward(reward_id: UUID) -> StoreReward:
    """Return one reward with its amounts and terms."""
    shown = catalog_search.shown_to(ctx.db, ctx.person_id)
    found = catalog_search.get(ctx.db, reward_id, person_id=ctx.person_id, shown=shown)
    purse = queries.spendable(ctx.db, ctx.person_id)
    reward, entry = found.reward, found.entry
    room = limits.room(ctx.db, reward, person_id=ctx.person_id)
    return StoreReward.model_validate(
        {
            **_item(found, purse),
            "room": _room(room, entry.currency),
            "description": reward.description,
            "terms": entry.terms,
            "expiry_text": entry.expiry_text,
            "delivery_code": reward.delivery_code,
            "by_company": reward.by_company,
            "denominations": [
                _denomination(found, minor, purse, room)
                for minor in queries.denominations_of(ctx.db, reward_id)
            ],
            "available": [MoneyShape.model_validate(money) for money in purse.values()],
        }
    )


@blueprint.put("/me/store/<uuid:reward_id>/favourite")
@endpoint(allow=PARTICIPANTS, status=204, refuses=[NotFound])
def mark(reward_id: UUID) -> None:
    """Make a reward a favourite of the signed-in person."""
    catalog_service.mark(ctx.db, person_id=ctx.person_id, reward_id=reward_id)


@blueprint.delete("/me/store/<uuid:reward_id>/favourite")
@endpoint(allow=PARTICIPANTS, status=204, refuses=[NotFound])
def unmark(reward_id: UUID) -> None:
    """Make a reward no favourite of the signed-in person any more."""
    catalog_service.unmark(ctx.db, person_id=ctx.person_id, reward_id=reward_id)


@blueprint.get("/catalog")
@endpoint(allow=CONSOLE, scope=Scope.REWARDS_READ, query=StoreQuery, returns=CuratedPage)
def list_catalog(query: StoreQuery) -> CuratedPage:
    """Return a page of everything that is listed, shown or not."""
    shelf = catalog_search.find(
        ctx.db,
        _wish(query, home=country_of(ctx.principal.zone)),
        person_id=ctx.principal.person_id,
        cursor=query.cursor,
        limit=query.limit,
    )
    items = [
        CuratedItem.model_validate(
            {
                **_item(found, {}),
                "is_hidden": found.entry.is_hidden,
                "pinned": found.entry.pinned,
                "popularity": found.entry.popularity,
                "provider": found.reward.provider,
            }
        )
        for found in shelf.items
    ]
    return CuratedPage(items=items, next_cursor=shelf.next_cursor, alike=shelf.is_alike)


@blueprint.patch("/catalog/<uuid:reward_id>")
@endpoint(
    allow=CURATORS,
    scope=Scope.REWARDS_WRITE,
    accepts=CurationIn,
    status=204,
    refuses=[NotFound],
)
def curate(reward_id: UUID, body: CurationIn) -> None:
    """Hide or pin one reward."""
    catalog_service.curate(ctx.db, reward_id, **body.model_dump(exclude_none=True))


@blueprint.get("/catalog/rules")
@endpoint(allow=CONSOLE, scope=Scope.REWARDS_READ, returns=RulesOut)
def list_rules() -> RulesOut:
    """Return who is shown what."""
    return RulesOut(items=[RuleOut.model_validate(line) for line in catalog_service.rules(ctx.db)])


@blueprint.post("/catalog/rules")
@endpoint(
    allow=CURATORS,
    scope=Scope.REWARDS_WRITE,
    accepts=RuleIn,
    returns=RuleOut,
    status=201,
    refuses=[NotFound],
)
def add_rule(body: RuleIn) -> catalog_service.RuleLine:
    """Say what an audience is shown."""
    audience = Audience(body.team_id, body.role, body.country)
    return catalog_service.add_rule(ctx.db, audience, Rule(body.effect, body.about, body.value))


@blueprint.delete("/catalog/rules/<uuid:rule_id>")
@endpoint(allow=CURATORS, scope=Scope.REWARDS_WRITE, status=204, refuses=[NotFound])
def remove_rule(rule_id: UUID) -> None:
    """Take a rule back."""
    catalog_service.remove_rule(ctx.db, rule_id)


@blueprint.get("/catalog/syncs")
@endpoint(allow=CONSOLE, scope=Scope.REWARDS_READ, returns=SyncsOut)
def list_syncs() -> SyncsOut:
    """Return the latest readings of providers' catalogs, and what could not be read."""
    return SyncsOut(
        items=[
            SyncOut.model_validate(
                {
                    **{
                        name: getattr(sync, name)
                        for name in SyncOut.model_fields
                        if hasattr(sync, name)
                    },
                    "account": account.label,
                    "provider": account.provider,
                }
            )
            for sync, account in catalog_service.syncs(ctx.db)
        ]
    )


@blueprint.post("/catalog/syncs")
@endpoint(
    allow=CURATORS,
    scope=Scope.REWARDS_WRITE,
    accepts=SyncIn,
    returns=SyncAsked,
    status=202,
    refuses=[NotFound, NoCatalog],
)
def ask_sync(body: SyncIn) -> SyncAsked:
    """Have a provider's catalog read soon."""
    asked = catalog_service.ask_sync(ctx.db, body.account_id, is_full=body.is_full)
    return SyncAsked(asked=asked)


def _wish(query: StoreQuery, *, home: str | None) -> Wish:
    country = query.country
    if country == "home":
        country = home if home and catalog_search.is_sold_in(ctx.db, home) else None
    return Wish(
        text=query.q,
        shelf=query.shelf,
        kind=query.kind,
        country=country,
        category=query.category,
        currency=query.currency,
        amount=query.amount,
        in_stock=query.in_stock,
    )


def _item(found: Found, purse: dict[str, Money]) -> dict[str, Any]:
    reward, entry = found.reward, found.entry
    least, available = catalog_search.least(found), purse.get(entry.currency)
    return {
        "id": reward.id,
        "name": entry.name,
        "brand": reward.brand,
        "kind": entry.kind,
        "country": entry.country,
        "categories": entry.categories,
        "is_open": entry.is_open,
        "least": MoneyShape.model_validate(least),
        "most": MoneyShape.model_validate(catalog_search.most(found)),
        "hue": reward.hue,
        "art": reward.art,
        "in_stock": found.is_in_stock,
        "affordable": available is not None and available >= least,
        "favourite": found.is_favourite,
    }


def _room(room: Room, currency: str) -> dict[str, Any]:
    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, currency)

    left = room.left
    return {
        "least": money(room.least),
        "most": money(room.most),
        "left": money(left.minor if left else None),
        "period": left.period if left else None,
        "anew_on": left.anew_on if left else None,
    }


def _denomination(found: Found, minor: int, purse: dict[str, Money], room: Room) -> DenominationOut:
    money, available = Money(minor, found.entry.currency), purse.get(found.entry.currency)
    return DenominationOut(
        money=MoneyShape.model_validate(money),
        in_stock=found.is_in_stock and (not found.left or found.left.get(minor, 0) > 0),
        affordable=available is not None and available >= money,
        obstacle=room.obstacle(minor),
    )
