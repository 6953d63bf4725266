"""Setting up an account with a provider: what it needs, whether we are let in, what we hold there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import Role
from app.kernel.errors import Conflict, Invalid, NotFound, Problem, StepUpNeeded
from app.kernel.ids import new_id
from app.kernel.money import exponent_of
from app.people import step_up
from app.people.errors import CounterWentBack
from app.providers import accounts, editing, registry, trial, wire
from app.providers.accounts import Account, AccountTaken
from app.providers.editing import Change, Edited
from app.providers.forms import FORMS, WARN_BELOW
from app.providers.models import ProviderAccount
from app.providers.trial import Heard
from app.rewards import finance_queries
from app.rewards.account_schemas import (
    ChangeIn,
    FormOut,
    SetupOut,
    StandingOut,
    TrialIn,
    TrialOut,
    money,
)

blueprint = api_blueprint("provider_setup", __name__)

READERS: Final = frozenset({Role.FINANCE, Role.AUDITOR, Role.TENANT_ADMIN})
KEEPERS: Final = frozenset({Role.TENANT_ADMIN})
HANDS: Final = frozenset({Role.FINANCE, Role.TENANT_ADMIN})


class NotLetIn(Conflict):
    """The provider does not let us in with what was typed, or does not answer; `params` say how."""

    code = "provider_not_let_in"
    title = "Not let in"


@blueprint.get("/provider-setup")
@endpoint(allow=READERS, returns=SetupOut)
def show() -> SetupOut:
    """Return what an account with each provider needs, and how our accounts stand."""
    rows = [row for row in accounts.all_of(ctx.db) if row.provider in FORMS]
    return SetupOut(
        forms=[FormOut.of(name, form) for name, form in FORMS.items()],
        accounts=[_standing(row) for row in rows],
    )


def _standing(row: ProviderAccount) -> StandingOut:
    held = accounts.opened(ctx.db, row)
    compared = finance_queries.reconciliations(ctx.db, row.id, limit=1)
    last = compared[0] if compared else None
    balance = dict(last.balance) if last else None
    known = [field.name for field in FORMS[row.provider].secrets]
    return StandingOut(
        id=row.id,
        settings=dict(held.settings),
        secrets=[name for name in known if held.secrets.get(name)],
        missing=[name for _, name in FORMS[row.provider].missing(held.settings, held.secrets)],
        balance=money(balance),
        balance_at=last.started_at if last else None,
        is_low=is_low(balance, held.settings),
    )


def is_low(balance: Mapping[str, int] | None, settings: Mapping[str, str]) -> bool:
    """Whether an account holds less of any currency than somebody wants to be warned of."""
    try:
        least = Decimal(settings.get(WARN_BELOW, ""))
    except InvalidOperation:
        return False
    return any(
        Decimal(minor).scaleb(-exponent_of(currency)) < least
        for currency, minor in (balance or {}).items()
    )


@blueprint.post("/provider-setup/trial")
@endpoint(allow=KEEPERS, accepts=TrialIn, returns=TrialOut, limit="10/min")
def try_out(body: TrialIn) -> TrialOut:
    """Ask a provider for our balance with what was typed so far; nothing is kept."""
    refuse_unfit(body.provider, body.base_url, body.settings, body.secrets)
    account = Account(
        new_id(), ctx.tenant_id, body.provider, body.base_url, body.settings, body.secrets
    )
    return _shown(trial.before_saving(account, now=ctx.now), body.settings)


@blueprint.put("/provider-accounts/<uuid:provider_account_id>")
@endpoint(
    allow=KEEPERS,
    accepts=ChangeIn,
    returns=StandingOut,
    limit="10/min",
    refuses=[AccountTaken, NotLetIn, StepUpNeeded, CounterWentBack],
)
def change(provider_account_id: UUID, body: ChangeIn) -> StandingOut:
    """Change an account, after a fresh passkey; what nobody would let us in without is tried first."""
    row = accounts.get(ctx.db, provider_account_id)
    wanted = Change(body.label, body.base_url.strip(), body.settings, body.secrets)
    new = read_change(row, wanted)
    # Before anything is sent: whoever holds a session alone learns nothing from where it goes.
    step_up.require_trust(ctx.principal)
    step_up.require(
        ctx.db,
        ctx.principal,
        action="provider_account.change",
        binding={"provider_account_id": str(row.id), "base_url": wanted.base_url},
    )
    before = {"label": row.label, "base_url": row.base_url}
    keep_change(row, wanted, new)
    _write_down(row, before, new)
    return _standing(accounts.get(ctx.db, provider_account_id))


def read_change(row: ProviderAccount, wanted: Change) -> Edited:
    """Return what an account would be after a change; raise where it could not work.

    What is missing is asked for only where something changes that nobody lets us in without.
    """
    if row.provider not in FORMS:
        raise NotFound("This account is not reached over the network.")
    new = editing.edited(accounts.opened(ctx.db, row), wanted)
    known = {field.name for field in FORMS[row.provider].secrets}
    refuse_unfit(
        row.provider,
        wanted.base_url,
        wanted.settings,
        wanted.secrets,
        kept=new.stays if new.must_be_tried else known,
    )
    return new


def keep_change(row: ProviderAccount, wanted: Change, new: Edited) -> None:
    """Keep an account anew; raise NotLetIn, and keep nothing, when the provider does not let us in with it."""
    if new.must_be_tried:
        _require_entry(new.account)
    accounts.edit(
        ctx.db,
        row.id,
        label=wanted.label,
        base_url=wanted.base_url,
        settings=wanted.settings,
        secrets=wanted.secrets,
        stays=new.stays,
    )


def _require_entry(account: Account) -> None:
    heard = trial.before_saving(account, now=ctx.now)
    if heard.outcome != "reached":
        raise NotLetIn(
            "The provider does not let us in with this. Nothing was changed.",
            outcome=heard.outcome,
            said=heard.detail,
        )


def _write_down(row: ProviderAccount, before: dict[str, str], new: Edited) -> None:
    audit.record(
        ctx.db,
        action="provider_account.changed",
        object_kind="provider_account",
        object_id=row.id,
        before=before,
        after={
            "label": row.label,
            "base_url": row.base_url,
            "settings": ", ".join(sorted(new.settings)),
            "secrets": ", ".join(sorted(new.secrets)),
            "tried": new.must_be_tried,
        },
    )


@blueprint.post("/provider-accounts/<uuid:provider_account_id>/balance")
@endpoint(allow=HANDS, returns=TrialOut, limit="10/min")
def ask_balance(provider_account_id: UUID) -> TrialOut:
    """Ask a provider now what we hold there."""
    row = accounts.get(ctx.db, provider_account_id)
    if row.provider not in FORMS:
        raise NotFound("This account is not reached over the network.")
    tenant_id = ctx.tenant_id

    def open_work() -> AbstractContextManager[Session]:
        return ctx.aside(tenant_id)

    contact = registry.reach(open_work, row.provider, row.id, longest=trial.PATIENCE)
    return _shown(trial.listen(contact.provider, contact.said), dict(row.settings))


def _shown(heard: Heard, settings: Mapping[str, str]) -> TrialOut:
    return TrialOut(
        outcome=heard.outcome,
        detail=heard.detail,
        balance=money(heard.balance),
        is_low=is_low(heard.balance, settings),
    )


def refuse_unfit(
    provider: str,
    base_url: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    *,
    kept: Collection[str] = (),
) -> None:
    """Raise Invalid, with a problem for each field, where an account could not work.

    `kept` are the names of the secrets that are there already.
    """
    form = FORMS.get(provider)
    if form is None:
        raise _unfit([Problem("/provider", "unknown_provider", "There is no such provider.")])
    problems = [
        Problem(f"/{part}/{name}", "missing", f"Fill in {name.replace('_', ' ')}.")
        for part, name in form.missing(settings, secrets)
        if part != "secrets" or name not in kept
    ] + [
        Problem(f"/{part}/{name}", "unfit", f"{name} cannot be set like this here.")
        for part, name in form.unknown(settings, secrets)
    ]
    try:
        wire.resolve(base_url)
    except wire.Forbidden as error:
        problems.append(Problem("/base_url", "address_not_allowed", str(error)))
    if problems:
        raise _unfit(problems)


def _unfit(problems: list[Problem]) -> Invalid:
    return Invalid("Some of this cannot be right.", problems=problems)
