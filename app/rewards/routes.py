"""Rewards over HTTP: the catalog and orders of a person, the desk of finance."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import flask

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import CONSOLE, PARTICIPANTS, Role, Scope
from app.http.shapes import MoneyShape, PageQuery, PageView
from app.jobs.queue import tenant_transaction
from app.kernel.clock import day_in_zone
from app.kernel.errors import Invalid, Problem, StepUpNeeded
from app.kernel.money import Money, parse_money
from app.kernel.pages import Page
from app.ledger.errors import BalanceTooLow
from app.people import queries as people
from app.people import step_up
from app.people.errors import CounterWentBack, NotReachable
from app.providers import registry
from app.providers.contract import Delivery
from app.providers.manual import OrderEnded
from app.providers.registry import NoAccount
from app.rewards import catalog_search, queries, service, stock_file, wishes
from app.rewards.errors import (
    NothingToReveal,
    NotOffered,
    NotWaiting,
    OrderTooLarge,
    OrderTooSmall,
    OutOfStock,
    OwnOrder,
    PeriodLimitReached,
    UnreadableStock,
    WishNeeded,
)
from app.rewards.schemas import (
    CatalogItem,
    CatalogOut,
    ConfirmIn,
    DeliveryOut,
    DenominationOut,
    DeskRedemptionOut,
    RedeemIn,
    RedemptionOut,
    RedemptionQuery,
    RefuseIn,
    RewardChange,
    RewardIn,
    RewardOut,
    StockAdded,
    StockOut,
    UsedIn,
)

blueprint = api_blueprint("rewards", __name__)

KEEPERS = frozenset({Role.FINANCE, Role.TENANT_ADMIN, Role.PROGRAM_ADMIN})
ARRANGERS = frozenset({Role.FINANCE, Role.TENANT_ADMIN, Role.MANAGER})


@blueprint.get("/me/rewards")
@endpoint(allow=PARTICIPANTS, returns=CatalogOut)
def list_catalog() -> CatalogOut:
    """Return what the signed-in person can spend, and on what."""
    available = queries.spendable(ctx.db, ctx.person_id)
    lines = queries.catalog(ctx.db, only_active=True)
    shown = catalog_search.shown_among(
        ctx.db, [line.reward.id for line in lines], person_id=ctx.person_id
    )
    return CatalogOut(
        available=[MoneyShape.model_validate(money) for money in available.values()],
        items=[
            _catalog_item(line, available.get(line.reward.currency))
            for line in lines
            if line.reward.id in shown
        ],
    )


def _catalog_item(line: queries.RewardLine, purse: Money | None) -> CatalogItem:
    reward = line.reward
    return CatalogItem.model_validate(
        {
            "id": reward.id,
            "brand": reward.brand,
            "kind": reward.kind,
            "country": reward.country,
            "currency": reward.currency,
            "hue": reward.hue,
            "art": reward.art,
            "description": reward.description,
            "delivery_code": reward.delivery_code,
            "denominations": [
                DenominationOut(
                    money=MoneyShape.model_validate(offered.money),
                    in_stock=offered.left is None or offered.left > 0,
                    affordable=purse is not None and purse >= offered.money,
                )
                for offered in line.denominations
            ],
        }
    )


@blueprint.post("/me/redemptions")
@endpoint(
    allow=PARTICIPANTS,
    accepts=RedeemIn,
    returns=RedemptionOut,
    status=201,
    idempotent=True,
    limit="600/min",
    fail_closed=True,
    refuses=[
        BalanceTooLow,
        CounterWentBack,
        NoAccount,
        NotOffered,
        NotReachable,
        OrderTooLarge,
        OrderTooSmall,
        OutOfStock,
        PeriodLimitReached,
        StepUpNeeded,
        WishNeeded,
    ],
)
def redeem(body: RedeemIn) -> queries.RedemptionLine:
    """Spend the signed-in person's money on one reward, after a passkey that is fresh or for this order."""
    step_up.require_trust(ctx.principal)
    redemption = service.redeem(
        ctx.db,
        person_id=ctx.person_id,
        reward_id=body.reward_id,
        money=body.amount.money,
        today=day_in_zone(ctx.now, ctx.principal.zone),
        wished_on=body.wished_on,
        note=body.note,
    )
    wishes.keep(ctx.db, redemption, body.told_by)
    # Asked last: what is refused anyway asks nobody for a passkey. Without the proof nothing of it stays.
    step_up.require_recent(
        ctx.db,
        ctx.principal,
        action="redeem",
        binding={
            "reward_id": str(body.reward_id),
            "amount": body.amount.amount,
            "currency": body.amount.currency,
            "wished_on": str(body.wished_on or ""),
        },
    )
    return queries.line_of(ctx.db, redemption)


@blueprint.get("/me/redemptions")
@endpoint(allow=PARTICIPANTS, query=PageQuery, returns=PageView[RedemptionOut])
def list_my_redemptions(query: PageQuery) -> Page[queries.RedemptionLine]:
    """Return the signed-in person's orders, newest first."""
    return queries.page_of_redemptions(
        ctx.db, cursor=query.cursor, limit=query.limit, person_id=ctx.person_id
    )


@blueprint.get("/me/redemptions/<uuid:redemption_id>")
@endpoint(allow=PARTICIPANTS, returns=RedemptionOut)
def get_my_redemption(redemption_id: UUID) -> queries.RedemptionLine:
    """Return one order of the signed-in person."""
    found = queries.get_redemption(ctx.db, redemption_id, person_id=ctx.person_id)
    return queries.line_of(ctx.db, found)


@blueprint.post("/me/redemptions/<uuid:redemption_id>/reveal")
@endpoint(
    allow=PARTICIPANTS,
    returns=DeliveryOut,
    limit="10/h",
    fail_closed=True,
    refuses=[NothingToReveal, StepUpNeeded, CounterWentBack],
)
def reveal(redemption_id: UUID) -> Delivery:
    """Show the code to its owner, after a fresh passkey for exactly this order."""
    step_up.require_trust(ctx.principal)
    redemption = queries.get_redemption(ctx.db, redemption_id, person_id=ctx.person_id)
    step_up.require(
        ctx.db,
        ctx.principal,
        action="voucher.reveal",
        binding={"redemption_id": str(redemption_id)},
    )
    tenant_id = ctx.tenant_id
    own = registry.OWN.get(redemption.provider)
    provider = own and own(lambda: tenant_transaction(tenant_id))
    return service.reveal(
        ctx.db, provider=provider, redemption_id=redemption_id, person_id=ctx.person_id
    )


@blueprint.put("/me/redemptions/<uuid:redemption_id>/used")
@endpoint(allow=PARTICIPANTS, accepts=UsedIn, returns=RedemptionOut, refuses=[NothingToReveal])
def mark_used(redemption_id: UUID, body: UsedIn) -> queries.RedemptionLine:
    """Say that what was delivered has been used, or has not: its end is told of no more, or again."""
    redemption = service.mark_used(
        ctx.db, redemption_id, person_id=ctx.person_id, is_used=body.used
    )
    return queries.line_of(ctx.db, redemption)


@blueprint.get("/rewards")
@endpoint(allow=CONSOLE, scope=Scope.REWARDS_READ, returns=PageView[RewardOut])
def list_rewards() -> Page[queries.RewardLine]:
    """Return every reward, offered or not."""
    return Page(queries.catalog(ctx.db, only_active=False), None)


@blueprint.post("/rewards")
@endpoint(allow=KEEPERS, scope=Scope.REWARDS_WRITE, accepts=RewardIn, returns=RewardOut, status=201)
def offer_reward(body: RewardIn) -> queries.RewardLine:
    """Add a reward to the catalog."""
    reward_id = service.offer(
        ctx.db,
        service.Offer(
            brand=body.brand,
            kind=body.kind,
            country=body.country,
            currency=body.currency,
            denominations=_minors(body.denominations),
            description=body.description,
            hue=body.hue,
            art=body.art,
            low_stock_at=body.low_stock_at,
        ),
    )
    return queries.get_line(ctx.db, reward_id)


@blueprint.patch("/rewards/<uuid:reward_id>")
@endpoint(
    allow=KEEPERS,
    scope=Scope.REWARDS_WRITE,
    accepts=RewardChange,
    returns=RewardOut,
    refuses=[NotOffered],
)
def change_reward(reward_id: UUID, body: RewardChange) -> queries.RewardLine:
    """Change what is said about a reward, or at which amounts it is offered."""
    values = body.model_dump(exclude_none=True, exclude={"denominations"})
    denominations = None
    if body.denominations is not None:
        reward = queries.get_reward(ctx.db, reward_id)
        if any(money.currency != reward.currency for money in body.denominations):
            raise NotOffered("Every amount must be in the currency of the reward.")
        denominations = _minors(body.denominations)
    service.change(ctx.db, reward_id, denominations=denominations, **values)
    return queries.get_line(ctx.db, reward_id)


def _minors(shapes: Sequence[MoneyShape]) -> tuple[int, ...]:
    return tuple(sorted({shape.money.minor for shape in shapes}))


@blueprint.post("/rewards/<uuid:reward_id>/stock")
@endpoint(
    allow=frozenset({Role.FINANCE}),
    scope=Scope.REWARDS_WRITE,
    upload=True,
    returns=StockAdded,
    refuses=[NotOffered, UnreadableStock],
)
def add_stock(reward_id: UUID) -> StockAdded:
    """Put a file of codes (form fields: file, amount) in the vault."""
    reward = queries.get_reward(ctx.db, reward_id)
    upload, amount = flask.request.files.get("file"), flask.request.form.get("amount", "")
    problems = []
    if upload is None:
        problems.append(Problem("/form/file", "missing", "Choose a CSV file."))
    money = _worth(amount, reward.currency)
    if money is None:
        detail = "Say what one card is worth, such as 50.00."
        problems.append(Problem("/form/amount", "not_an_amount", detail))
    if upload is None or money is None:
        raise Invalid(" ".join(problem.detail for problem in problems), problems=problems)
    found = stock_file.read(upload.read(), today=people.today(ctx.db))
    added = service.add_stock(
        ctx.db, reward_id, money=money, codes=[code for _, code in found.codes]
    )
    return StockAdded.model_validate(
        {
            "accepted": added.count(True),
            "duplicates": added.count(False),
            "refused": list(found.refused),
        }
    )


def _worth(amount: str, currency: str) -> Money | None:
    try:
        return parse_money(amount, currency)
    except (ValueError, ArithmeticError):
        return None


@blueprint.get("/stock")
@endpoint(allow=CONSOLE, scope=Scope.REWARDS_READ, returns=StockOut)
def list_stock() -> StockOut:
    """Return how many codes are left, and where they run out."""
    lines = [
        line
        for line in queries.catalog(ctx.db, only_active=True)
        if line.reward.kind == "gift_card"
    ]
    low = sum(offered.low for line in lines for offered in line.denominations)
    return StockOut(items=[RewardOut.model_validate(line) for line in lines], low=low)


@blueprint.get("/redemptions")
@endpoint(
    allow=CONSOLE,
    scope=Scope.REWARDS_READ,
    query=RedemptionQuery,
    returns=PageView[DeskRedemptionOut],
)
def list_redemptions(query: RedemptionQuery) -> Page[queries.RedemptionLine]:
    """Return orders of the people the asker may see, newest first."""
    return queries.page_of_redemptions(
        ctx.db,
        cursor=query.cursor,
        limit=query.limit,
        state=query.state,
        visible=people.visible_people(ctx.db, ctx.principal, people.today(ctx.db)),
    )


@blueprint.post("/redemptions/<uuid:redemption_id>/confirm")
@endpoint(
    allow=ARRANGERS,
    scope=Scope.REWARDS_WRITE,
    accepts=ConfirmIn,
    returns=DeskRedemptionOut,
    refuses=[NotWaiting, OrderEnded],
)
def confirm(redemption_id: UUID, body: ConfirmIn) -> queries.RedemptionLine:
    """Say that the company has booked an experience, for which day and with which voucher."""
    _get_visible(redemption_id)
    redemption = service.confirm(
        ctx.db, redemption_id, confirmed_on=body.confirmed_on, voucher=body.voucher or None
    )
    return queries.line_of(ctx.db, redemption)


@blueprint.post("/redemptions/<uuid:redemption_id>/refuse")
@endpoint(
    allow=ARRANGERS,
    scope=Scope.REWARDS_WRITE,
    accepts=RefuseIn,
    returns=DeskRedemptionOut,
    refuses=[NotWaiting, OrderEnded],
)
def refuse(redemption_id: UUID, body: RefuseIn) -> queries.RedemptionLine:
    """Say that an experience cannot be had; the money goes back to the person."""
    _get_visible(redemption_id)
    redemption = service.refuse(ctx.db, redemption_id, reason=body.reason)
    return queries.line_of(ctx.db, redemption)


def _get_visible(redemption_id: UUID) -> None:
    redemption = queries.get_redemption(ctx.db, redemption_id)
    people.get_visible_person(ctx.db, ctx.principal, redemption.person_id)
    if redemption.person_id == ctx.principal.person_id:
        raise OwnOrder("Somebody else must answer your own order.")
