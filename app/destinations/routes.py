"""Bank accounts over HTTP: a person's own, and the queue of names that somebody compares."""

from __future__ import annotations

from uuid import UUID

from app.destinations import queries, service
from app.destinations.errors import (
    AccountThere,
    BadAccount,
    ChecksUsedUp,
    NotInReview,
    NotToBeChecked,
    NotToBeConfirmed,
    OwnAccount,
    TooManyAccounts,
)
from app.destinations.models import BankAccount
from app.destinations.schemas import (
    AccountIn,
    AccountOut,
    AccountsOut,
    BankOut,
    BanksOut,
    DecideIn,
    HoldIn,
    HoldOut,
    ReviewOut,
    ReviewsOut,
)
from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import PARTICIPANTS, Role
from app.kernel.errors import StepUpNeeded
from app.people import queries as people
from app.people import step_up
from app.people.errors import CounterWentBack
from app.providers import bank_numbers

blueprint = api_blueprint("destinations", __name__)

JUDGES = frozenset({Role.FINANCE, Role.TENANT_ADMIN})
ONLOOKERS = JUDGES | {Role.AUDITOR, Role.PROGRAM_ADMIN}


@blueprint.get("/me/accounts")
@endpoint(allow=PARTICIPANTS, returns=AccountsOut)
def list_my_accounts() -> AccountsOut:
    """Return the signed-in person's accounts, masked."""
    return AccountsOut.model_validate(
        {
            "items": queries.accounts_of(ctx.db, ctx.person_id),
            "kinds": ["iban", "ifsc", "id_bank", "us_ach"],
            "holder": people.get_person(ctx.db, ctx.person_id).name,
            "checks_left": queries.checks_left(ctx.db, ctx.person_id),
            "hold_hours": queries.hold_hours(ctx.db),
        }
    )


@blueprint.post("/me/accounts")
@endpoint(
    allow=PARTICIPANTS,
    accepts=AccountIn,
    returns=AccountOut,
    status=201,
    limit="30/h",
    fail_closed=True,
    refuses=[BadAccount, AccountThere, TooManyAccounts, StepUpNeeded, CounterWentBack],
)
def add_account(body: AccountIn) -> BankAccount:
    """Add an account, after a fresh passkey for exactly this number."""
    step_up.require_trust(ctx.principal)
    number = service.read_fields(body.kind, body.holder, body.fields.given)
    step_up.require(
        ctx.db,
        ctx.principal,
        action="account.add",
        binding=service.binding_of(body.kind, body.holder, number),
    )
    return service.add(
        ctx.db, person_id=ctx.person_id, kind=body.kind, holder=body.holder, fields=number
    )


@blueprint.get("/me/accounts/<uuid:account_id>")
@endpoint(allow=PARTICIPANTS, returns=AccountOut)
def get_my_account(account_id: UUID) -> BankAccount:
    """Return one account of the signed-in person, masked."""
    return queries.get_account(ctx.db, account_id, person_id=ctx.person_id)


@blueprint.post("/me/accounts/<uuid:account_id>/verify")
@endpoint(
    allow=PARTICIPANTS,
    returns=AccountOut,
    fail_closed=True,
    refuses=[NotToBeChecked, ChecksUsedUp],
)
def verify_account(account_id: UUID) -> BankAccount:
    """Have the bank say whose account it is; three times a day."""
    return service.verify(ctx.db, person_id=ctx.person_id, account_id=account_id)


@blueprint.post("/me/accounts/<uuid:account_id>/confirm")
@endpoint(allow=PARTICIPANTS, returns=AccountOut, refuses=[NotToBeConfirmed])
def confirm_account(account_id: UUID) -> BankAccount:
    """Say that the masked name is one's own; the account is paid when the hold is over."""
    return service.confirm(ctx.db, person_id=ctx.person_id, account_id=account_id)


@blueprint.post("/me/accounts/<uuid:account_id>/primary")
@endpoint(
    allow=PARTICIPANTS,
    returns=AccountOut,
    refuses=[NotToBeConfirmed, StepUpNeeded, CounterWentBack],
)
def prefer_account(account_id: UUID) -> BankAccount:
    """Make an account the first, after a fresh passkey for it."""
    _confirmed("account.primary", account_id)
    return service.prefer(ctx.db, person_id=ctx.person_id, account_id=account_id)


@blueprint.delete("/me/accounts/<uuid:account_id>")
@endpoint(allow=PARTICIPANTS, refuses=[StepUpNeeded, CounterWentBack])
def remove_account(account_id: UUID) -> None:
    """Remove an account and destroy its number, after a fresh passkey for it."""
    _confirmed("account.remove", account_id)
    service.remove(ctx.db, person_id=ctx.person_id, account_id=account_id)


def _confirmed(action: str, account_id: UUID) -> None:
    step_up.require_trust(ctx.principal)
    account = queries.get_account(ctx.db, account_id, person_id=ctx.person_id)
    step_up.require(
        ctx.db,
        ctx.principal,
        action=action,
        binding={"account_id": str(account_id), "account": account.label},
    )


@blueprint.get("/banks")
@endpoint(allow=PARTICIPANTS, returns=BanksOut)
def list_banks() -> BanksOut:
    """Return the banks of Indonesia, whose accounts are named by a bank code."""
    return BanksOut(
        items=[BankOut.model_validate(bank) for bank in bank_numbers.banks_of_indonesia()]
    )


@blueprint.get("/accounts/review")
@endpoint(allow=ONLOOKERS, returns=ReviewsOut)
def list_reviews() -> ReviewsOut:
    """Return the accounts whose names only came close."""
    return ReviewsOut(
        items=[_review(line) for line in queries.in_review(ctx.db)],
        hold_hours=queries.hold_hours(ctx.db),
    )


def _review(line: queries.ReviewLine) -> ReviewOut:
    columns = {name: getattr(line.account, name) for name in _SHOWN}
    return ReviewOut.model_validate(
        columns
        | {
            "person_name": line.person_name,
            "shared_with": line.shared_with,
            "holder": queries.unseal(ctx.db, line.account).holder,
        }
    )


_SHOWN = tuple(name for name in ReviewOut.model_fields if hasattr(BankAccount, name))


@blueprint.post("/accounts/<uuid:account_id>/decide")
@endpoint(allow=JUDGES, accepts=DecideIn, returns=AccountOut, refuses=[NotInReview, OwnAccount])
def decide_account(account_id: UUID, body: DecideIn) -> BankAccount:
    """Say whether a name that only came close is the person's."""
    return service.decide(ctx.db, account_id, approve=body.approve, reason=body.reason)


@blueprint.put("/accounts/hold")
@endpoint(allow=JUDGES, accepts=HoldIn, returns=HoldOut)
def set_hold(body: HoldIn) -> HoldOut:
    """Say for how long a newly confirmed account is not paid."""
    service.set_hold(ctx.db, body.hold_hours)
    return HoldOut(hold_hours=body.hold_hours)
