"""Paying out to a bank over HTTP: the ways that are allowed, what arrives by each, and taking one."""

from __future__ import annotations

from typing import get_args
from uuid import UUID

from app.destinations.errors import AccountNotReady
from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import CONSOLE, PARTICIPANTS, Role
from app.http.shapes import MoneyShape
from app.kernel.clock import day_in_zone
from app.kernel.errors import Invalid, Problem, StepUpNeeded
from app.kernel.money import Money, parse_money
from app.ledger.errors import BalanceTooLow
from app.people import step_up
from app.people.errors import CounterWentBack
from app.providers import accounts, registry
from app.providers.bank_reasons import meaning_of
from app.rewards import cash, queries
from app.rewards.cash import Method, Option, Payee, Payout, Wish
from app.rewards.cash_core import PPM, Sums
from app.rewards.cash_schemas import (
    MethodIn,
    MethodOut,
    MethodsOut,
    OptionOut,
    OptionsOut,
    OptionsQuery,
    PayIn,
    PayoutOut,
    PayoutsOut,
    Provider,
)
from app.rewards.errors import AmountNotAllowed, NotOffered, QuoteChanged

blueprint = api_blueprint("cash", __name__)

KEEPERS = frozenset({Role.FINANCE, Role.TENANT_ADMIN, Role.PROGRAM_ADMIN})


@blueprint.get("/payout-methods")
@endpoint(allow=CONSOLE, returns=MethodsOut)
def list_methods() -> MethodsOut:
    """Return the ways of paying out, allowed or not."""
    return MethodsOut(
        items=[_method(one) for one in cash.methods(ctx.db)],
        providers=[name for name in get_args(Provider) if _is_there(name)],
    )


def _is_there(provider: str) -> bool:
    return provider in registry.OWN or accounts.find_for(ctx.db, provider) is not None


@blueprint.post("/payout-methods")
@endpoint(allow=KEEPERS, accepts=MethodIn, returns=MethodOut, status=201)
def allow_method(body: MethodIn) -> MethodOut:
    """Let people have their money sent this way."""
    return _method(cash.allow(ctx.db, body.method))


@blueprint.put("/payout-methods/<uuid:method_id>")
@endpoint(allow=KEEPERS, accepts=MethodIn, returns=MethodOut)
def change_method(method_id: UUID, body: MethodIn) -> MethodOut:
    """Describe a way of paying out anew; what is under way goes on as it was approved."""
    return _method(cash.change(ctx.db, method_id, body.method))


def _method(one: Method) -> MethodOut:
    return MethodOut.model_validate(
        {
            "id": one.id,
            "name": one.name,
            "provider": one.provider,
            "currency": one.currency,
            "country": one.country,
            "role": one.role,
            "least": Money(one.least, one.currency),
            "most": Money(one.most, one.currency) if one.most is not None else None,
            "fee": Money(one.fee.minor, one.currency),
            "fee_percent": f"{one.fee.ppm * 100 / PPM:.4f}".rstrip("0").rstrip("."),
            "is_instant": one.is_instant,
            "arrives_hours": one.arrives_hours,
            "active": one.active,
        }
    )


@blueprint.get("/me/payouts/options")
@endpoint(allow=PARTICIPANTS, query=OptionsQuery, returns=OptionsOut)
def list_options(query: OptionsQuery) -> OptionsOut:
    """Return every way the signed-in person may take, with what arrives by each."""
    available = queries.spendable(ctx.db, ctx.person_id).get(
        query.currency, Money(0, query.currency)
    )
    found = cash.options(ctx.db, _payee(), currency=query.currency, gross=_gross(query))
    return OptionsOut(
        available=MoneyShape.model_validate(available),
        options=[_option(one) for one in found],
        gift_cards=cash.cards_in(ctx.db, query.currency),
    )


def _payee() -> Payee:
    today = day_in_zone(ctx.now, ctx.principal.zone)
    return Payee(ctx.person_id, ctx.principal.roles, today)


def _gross(query: OptionsQuery) -> Money | None:
    if query.amount is None:
        return None
    try:
        return parse_money(query.amount, query.currency)
    except ValueError as error:
        detail = str(error)
        raise Invalid(
            detail, problems=[Problem("/query/amount", "not_an_amount", detail)]
        ) from None


def _option(one: Option) -> OptionOut:
    method = one.method
    most = Money(method.most, method.currency) if method.most is not None else None
    return OptionOut.model_validate(
        {
            "method_id": method.id,
            "name": method.name,
            "is_instant": method.is_instant,
            "arrives_hours": method.arrives_hours,
            "least": Money(method.least, method.currency),
            "most": most,
            **_parts(one.parts),
            "obstacle": one.obstacle,
            "accounts": list(one.accounts),
            "ready": list(one.ready),
        }
    )


def _parts(parts: Sums) -> dict[str, Money]:
    return {
        "gross": parts.gross,
        "fee": parts.fee,
        "withheld": parts.withheld,
        "prize": parts.prize,
        "prize_withheld": parts.prize_withheld,
        "net": parts.net,
    }


@blueprint.post("/me/payouts")
@endpoint(
    allow=PARTICIPANTS,
    accepts=PayIn,
    returns=PayoutOut,
    status=201,
    idempotent=True,
    limit="60/min",
    fail_closed=True,
    refuses=[
        AccountNotReady,
        AmountNotAllowed,
        BalanceTooLow,
        CounterWentBack,
        NotOffered,
        QuoteChanged,
        StepUpNeeded,
    ],
)
def pay_out(body: PayIn) -> PayoutOut:
    """Have money sent to an account, after a fresh passkey for this amount and this account."""
    step_up.require_trust(ctx.principal)
    wish = Wish(body.method_id, body.account_id, body.amount.money, body.net.money)
    cash.check(ctx.db, _payee(), wish)
    step_up.require(
        ctx.db,
        ctx.principal,
        action="payout",
        binding={
            "amount": body.amount.amount,
            "currency": body.amount.currency,
            "net": body.net.amount,
            "account_id": str(body.account_id),
            "method_id": str(body.method_id),
        },
    )
    redemption = cash.pay(ctx.db, _payee(), wish)
    return _payout(cash.get_payout(ctx.db, redemption.id, person_id=ctx.person_id))


@blueprint.get("/me/payouts")
@endpoint(allow=PARTICIPANTS, returns=PayoutsOut)
def list_my_payouts() -> PayoutsOut:
    """Return the signed-in person's pay-outs, newest first."""
    return PayoutsOut(items=[_payout(one) for one in cash.payouts_of(ctx.db, ctx.person_id)])


@blueprint.get("/me/payouts/<uuid:redemption_id>")
@endpoint(allow=PARTICIPANTS, returns=PayoutOut)
def get_my_payout(redemption_id: UUID) -> PayoutOut:
    """Return one pay-out of the signed-in person."""
    return _payout(cash.get_payout(ctx.db, redemption_id, person_id=ctx.person_id))


def _payout(one: Payout) -> PayoutOut:
    return PayoutOut.model_validate(
        {
            "id": one.line.id,
            "state": one.line.state,
            "name": one.line.reward.brand,
            **_parts(one.parts),
            "account_id": one.account_id,
            "account": one.account,
            "is_instant": one.is_instant,
            "arrives_by": one.arrives_by,
            "created_at": one.line.created_at,
            "updated_at": one.line.updated_at,
            "reason": one.line.reason,
            "meaning": meaning_of(one.line.reason or "", currency=one.line.money.currency),
            "moves": list(one.line.moves),
        }
    )
