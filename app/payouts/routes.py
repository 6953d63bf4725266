"""Payouts over HTTP: finance's batches, what banks say, the paying accounts, and the outgoing API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import flask
from flask import Response

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import Role, Scope
from app.http.shapes import PageView
from app.kernel.errors import Invalid, Problem, StepUpNeeded
from app.kernel.money import Money
from app.kernel.pages import Page
from app.ledger.errors import BalanceTooLow
from app.payouts import bank_books, debts, hearing, paying, pushing, queues, service, views
from app.payouts.core import LEFT, State
from app.payouts.errors import (
    FileStale,
    MayNotApprove,
    NotNow,
    NotOwed,
    OwnDebt,
    Unfit,
    Unreadable,
    WrongSettings,
)
from app.payouts.files.answers import Answer, Named, Verdict
from app.payouts.files.formats import FORMATS
from app.payouts.models import DebtSettlement, PayoutDiscrepancy, PayoutEndpoint
from app.payouts.schemas import (
    ApiBatchOut,
    ApprovalRoutesShape,
    BankAnswerOut,
    BatchOut,
    BatchQuery,
    CloseDiscrepancyIn,
    ConfirmationIn,
    PayingAccountChange,
    PayingAccountIn,
    PayingAccountOut,
    PayingAccountsOut,
    PayoutQueuesOut,
    PrepareFileIn,
    PushEndpointIn,
    PushEndpointOut,
    SettlementIn,
    SettlementOut,
    TakeOutIn,
    VoidFileIn,
    WholeBatchOut,
)
from app.people import step_up
from app.people.errors import CounterWentBack
from app.providers.accounts import AccountTaken
from app.rewards.errors import SameEyes, VerdictWaits

blueprint = api_blueprint("payouts", __name__)

PAYERS = frozenset({Role.FINANCE, Role.TENANT_ADMIN})
ONLOOKERS = PAYERS | {Role.AUDITOR}
DESK = frozenset({Role.FINANCE})
ADMIN = frozenset({Role.TENANT_ADMIN})
FRESH = (StepUpNeeded, CounterWentBack)


@blueprint.get("/payouts/batches")
@endpoint(allow=ONLOOKERS, scope=Scope.PAYOUTS_READ, query=BatchQuery, returns=PageView[BatchOut])
def list_batches(query: BatchQuery) -> Page[views.BatchLine]:
    """Return batches, newest first."""
    return views.page_of_batches(ctx.db, cursor=query.cursor, limit=query.limit, state=query.state)


@blueprint.get("/payouts/batches/<uuid:batch_id>")
@endpoint(allow=ONLOOKERS, scope=Scope.PAYOUTS_READ, returns=WholeBatchOut)
def get_batch(batch_id: UUID) -> WholeBatchOut:
    """Return a batch with its payments, and what the file says otherwise than it was given."""
    return _whole(batch_id)


def _whole(batch_id: UUID) -> WholeBatchOut:
    found = views.whole(ctx.db, batch_id, person_id=ctx.principal.person_id)
    shown = {name: getattr(found, name) for name in found.__slots__}
    shown["discrepancies"] = _shown(found.discrepancies)
    return WholeBatchOut.model_validate(shown)


def _shown(rows: Iterable[PayoutDiscrepancy]) -> list[dict[str, Any]]:
    rows = list(rows)
    names = views.names_of_lines(ctx.db, {row.line_id for row in rows if row.line_id})
    return [_discrepancy(row, names) for row in rows]


def _discrepancy(row: PayoutDiscrepancy, names: dict[UUID, str]) -> dict[str, Any]:
    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, row.currency)

    return {
        "id": row.id,
        "batch_id": row.batch_id,
        "line_id": row.line_id,
        "person_name": names.get(row.line_id) if row.line_id else None,
        "kind": row.kind,
        "expected": money(row.expected_minor),
        "said": money(row.said_minor),
        "found_at": row.found_at,
    }


@blueprint.post("/payouts/batches/<uuid:batch_id>/prepare")
@endpoint(
    allow=PAYERS,
    accepts=PrepareFileIn,
    returns=WholeBatchOut,
    fail_closed=True,
    refuses=[NotNow, Unfit],
)
def prepare_batch(batch_id: UUID, body: PrepareFileIn) -> WholeBatchOut:
    """Close a batch and write its file; everything that keeps it from being written is told at once."""
    service.prepare(ctx.db, batch_id, pay_on=body.pay_on, person_id=ctx.principal.person_id)
    return _whole(batch_id)


@blueprint.post("/payouts/batches/<uuid:batch_id>/approve")
@endpoint(
    allow=PAYERS,
    returns=WholeBatchOut,
    limit="60/h",
    fail_closed=True,
    refuses=[NotNow, MayNotApprove, FileStale, *FRESH],
)
def approve_batch(batch_id: UUID) -> WholeBatchOut:
    """Say yes to a file, after a fresh passkey for exactly this batch, total and bytes."""
    step_up.require_trust(ctx.principal)
    batch = service.get(ctx.db, batch_id)
    if batch.state != State.PREPARED:
        raise NotNow("Only a prepared file can be approved. Look again.", state=batch.state)
    step_up.require(
        ctx.db, ctx.principal, action="payout.approve", binding=service.binding_of(batch)
    )
    service.approve(ctx.db, batch_id, person_id=ctx.principal.person)
    return _whole(batch_id)


@blueprint.post("/payouts/batches/<uuid:batch_id>/download")
@endpoint(
    allow=PAYERS,
    limit="60/h",
    fail_closed=True,
    refuses=[NotNow],
    media_type="application/octet-stream",
)
def download_batch(batch_id: UUID) -> Response:
    """Return the file, byte for byte the one that was approved."""
    file = service.download(ctx.db, batch_id)
    response = Response(file.content, content_type=file.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/payouts/batches/<uuid:batch_id>/sent")
@endpoint(allow=PAYERS, returns=WholeBatchOut, refuses=[NotNow])
def mark_batch_sent(batch_id: UUID) -> WholeBatchOut:
    """Say that the bank has the file."""
    service.mark_sent(ctx.db, batch_id)
    return _whole(batch_id)


@blueprint.post("/payouts/batches/<uuid:batch_id>/void")
@endpoint(
    allow=PAYERS,
    accepts=VoidFileIn,
    returns=WholeBatchOut,
    fail_closed=True,
    refuses=[NotNow, *FRESH],
)
def void_batch(batch_id: UUID, body: VoidFileIn) -> WholeBatchOut:
    """Give a file up before the bank has it; its payments go into the open batch, which is returned."""
    step_up.require_trust(ctx.principal)
    service.get(ctx.db, batch_id)
    step_up.require(
        ctx.db, ctx.principal, action="payout.void", binding={"batch_id": str(batch_id)}
    )
    return _whole(service.void(ctx.db, batch_id, reason=body.reason).id)


@blueprint.post("/payouts/batches/<uuid:batch_id>/payments/<uuid:payment_id>/removal")
@endpoint(
    allow=PAYERS,
    accepts=TakeOutIn,
    returns=WholeBatchOut,
    fail_closed=True,
    refuses=[NotNow],
)
def take_payment_out(batch_id: UUID, payment_id: UUID, body: TakeOutIn) -> WholeBatchOut:
    """Take a payment out of a batch that still collects; the person has the money back."""
    service.take_out(ctx.db, batch_id, payment_id, reason=body.reason)
    return _whole(batch_id)


@blueprint.post("/payouts/batches/<uuid:batch_id>/answers")
@endpoint(allow=PAYERS, upload=True, returns=BankAnswerOut, refuses=[NotNow, Unreadable])
def read_answer(batch_id: UUID) -> hearing.Heard:
    """Read what the bank sent (form field: file): pain.002, camt.053, camt.054 or a table."""
    batch = service.get(ctx.db, batch_id)
    if batch.state not in LEFT:
        raise NotNow("No bank can have this file yet.")
    return hearing.read(ctx.db, _uploaded(), account=paying.get(ctx.db, batch.account_id))


def _uploaded() -> bytes:
    upload = flask.request.files.get("file")
    if upload is None:
        problem = Problem("/form/file", "missing", "Choose the bank's file.")
        raise Invalid(problem.detail, problems=[problem])
    content: bytes = upload.read()
    return content


@blueprint.post("/payouts/accounts/<uuid:paying_account_id>/statements")
@endpoint(allow=PAYERS, upload=True, returns=BankAnswerOut, refuses=[Unreadable])
def read_statement(paying_account_id: UUID) -> hearing.Heard:
    """Read what the bank of an account sent (form field: file); its bookings are laid beside our payments."""
    account = paying.get(ctx.db, paying_account_id)
    return hearing.read(ctx.db, _uploaded(), account=account)


@blueprint.post("/payouts/accounts/<uuid:paying_account_id>/comparison")
@endpoint(allow=PAYERS, status=204, limit="10/min")
def compare_with_statements(paying_account_id: UUID) -> Response:
    """Have an account compared with its statements now; a worker does it."""
    paying.get(ctx.db, paying_account_id)
    bank_books.ask(ctx.db, paying_account_id)
    return Response(status=204)


@blueprint.get("/payouts/queues")
@endpoint(allow=ONLOOKERS, scope=Scope.PAYOUTS_READ, returns=PayoutQueuesOut)
def list_queues() -> PayoutQueuesOut:
    """Return what does not agree, and who was paid too much."""
    return PayoutQueuesOut.model_validate(
        {
            "discrepancies": _shown(queues.open_ones(ctx.db)),
            "overpaid": debts.overpaid(ctx.db),
        }
    )


@blueprint.post("/payouts/discrepancies/<uuid:discrepancy_id>/close")
@endpoint(allow=PAYERS, accepts=CloseDiscrepancyIn)
def close_discrepancy(discrepancy_id: UUID, body: CloseDiscrepancyIn) -> None:
    """Say what was done about something that did not agree."""
    queues.close(ctx.db, discrepancy_id, person_id=ctx.principal.person_id, note=body.note)


@blueprint.post("/payouts/settlements")
@endpoint(
    allow=DESK,
    accepts=SettlementIn,
    returns=SettlementOut,
    status=201,
    fail_closed=True,
    refuses=[NotOwed, OwnDebt, VerdictWaits, *FRESH],
)
def propose_settlement(body: SettlementIn) -> DebtSettlement:
    """Say how what somebody was paid too much is settled, after a fresh passkey; somebody else must agree."""
    step_up.require_trust(ctx.principal)
    money = body.amount.money
    _confirm("debt.settle", person_id=str(body.person_id), amount=str(money), way=body.way)
    return debts.propose(
        ctx.db,
        body.person_id,
        money=money,
        way=body.way,
        note=body.note,
        by=ctx.principal.person,
    )


@blueprint.post("/payouts/settlements/<uuid:settlement_id>/approval")
@endpoint(
    allow=PAYERS,
    returns=SettlementOut,
    fail_closed=True,
    refuses=[SameEyes, OwnDebt, BalanceTooLow, *FRESH],
)
def agree_with_settlement(settlement_id: UUID) -> DebtSettlement:
    """Agree with how somebody else settles a debt, after a fresh passkey; the books follow."""
    step_up.require_trust(ctx.principal)
    debts.get(ctx.db, settlement_id)
    _confirm("debt.agree", settlement_id=str(settlement_id))
    return debts.agree(ctx.db, settlement_id, by=ctx.principal.person)


@blueprint.post("/payouts/settlements/<uuid:settlement_id>/drop")
@endpoint(allow=PAYERS, returns=SettlementOut)
def drop_settlement(settlement_id: UUID) -> DebtSettlement:
    """Take back how a debt was to be settled, or refuse it; nothing moves."""
    return debts.drop(ctx.db, settlement_id)


@blueprint.get("/payouts/accounts")
@endpoint(allow=ONLOOKERS, scope=Scope.PAYOUTS_READ, returns=PayingAccountsOut)
def list_accounts() -> PayingAccountsOut:
    """Return the accounts the company pays from, and what each kind of file asks for."""
    return PayingAccountsOut.model_validate(
        {"items": paying.all_of(ctx.db), "formats": list(FORMATS.values())}
    )


@blueprint.post("/payouts/accounts")
@endpoint(
    allow=PAYERS,
    accepts=PayingAccountIn,
    returns=PayingAccountOut,
    status=201,
    fail_closed=True,
    refuses=[WrongSettings, AccountTaken, *FRESH],
)
def add_account(body: PayingAccountIn) -> paying.PayingAccount:
    """Add an account the company pays from, after a fresh passkey."""
    step_up.require_trust(ctx.principal)
    _confirm("paying_account.add", label=body.label)
    return paying.add(ctx.db, label=body.label, settings=body.settings)


@blueprint.put("/payouts/accounts/<uuid:paying_account_id>")
@endpoint(
    allow=PAYERS,
    accepts=PayingAccountChange,
    returns=PayingAccountOut,
    fail_closed=True,
    refuses=[WrongSettings, *FRESH],
)
def change_account(paying_account_id: UUID, body: PayingAccountChange) -> paying.PayingAccount:
    """Change what is known of a paying account, after a fresh passkey."""
    step_up.require_trust(ctx.principal)
    paying.get(ctx.db, paying_account_id)
    _confirm("paying_account.change", account_id=str(paying_account_id))
    return paying.change(ctx.db, paying_account_id, settings=body.settings)


@blueprint.get("/payouts/routes")
@endpoint(allow=ONLOOKERS, returns=ApprovalRoutesShape)
def get_routes() -> ApprovalRoutesShape:
    """Return how many people approve, by currency and total."""
    return _routes()


@blueprint.put("/payouts/routes")
@endpoint(
    allow=ADMIN,
    accepts=ApprovalRoutesShape,
    returns=ApprovalRoutesShape,
    fail_closed=True,
    refuses=[*FRESH],
)
def set_routes(body: ApprovalRoutesShape) -> ApprovalRoutesShape:
    """Say how many people approve, after a fresh passkey."""
    step_up.require_trust(ctx.principal)
    _confirm("payout.routes")
    wanted = {step.from_total.money: step.approvals for step in body.steps}
    service.set_steps(ctx.db, list(wanted.items()))
    return _routes()


def _routes() -> ApprovalRoutesShape:
    steps = [
        {"from_total": Money(row.from_minor, row.currency), "approvals": row.approvals}
        for row in service.all_steps(ctx.db)
    ]
    return ApprovalRoutesShape.model_validate({"steps": steps})


@blueprint.get("/payouts/endpoint")
@endpoint(allow=ONLOOKERS, returns=PushEndpointOut)
def get_endpoint() -> PushEndpointOut:
    """Return where approved batches are pushed to."""
    return _endpoint(pushing.endpoint_of(ctx.db))


@blueprint.put("/payouts/endpoint")
@endpoint(
    allow=PAYERS,
    accepts=PushEndpointIn,
    returns=PushEndpointOut,
    limit="30/h",
    fail_closed=True,
    refuses=[WrongSettings, *FRESH],
)
def set_endpoint(body: PushEndpointIn) -> PushEndpointOut:
    """Push approved batches to an address, after a fresh passkey for it."""
    step_up.require_trust(ctx.principal)
    _confirm("payout.endpoint", url=body.url)
    return _endpoint(*pushing.set_endpoint(ctx.db, url=body.url))


@blueprint.post("/payouts/endpoint/secret")
@endpoint(allow=PAYERS, returns=PushEndpointOut, fail_closed=True, refuses=[WrongSettings, *FRESH])
def rotate_secret() -> PushEndpointOut:
    """Give the endpoint a new secret; for a day the old one signs as well."""
    step_up.require_trust(ctx.principal)
    _confirm("payout.endpoint_secret")
    return _endpoint(*pushing.rotate_secret(ctx.db))


@blueprint.delete("/payouts/endpoint")
@endpoint(allow=PAYERS, returns=PushEndpointOut, refuses=[WrongSettings])
def switch_endpoint_off() -> PushEndpointOut:
    """Push nothing any more."""
    return _endpoint(pushing.switch_off(ctx.db))


def _endpoint(row: PayoutEndpoint | None, secret: str | None = None) -> PushEndpointOut:
    if row is None:
        return PushEndpointOut(url=None, is_on=False, off_because=None, failing_since=None)
    return PushEndpointOut.model_validate(
        {
            "url": row.url,
            "is_on": row.is_on,
            "off_because": row.off_because,
            "failing_since": row.failing_since,
            "secret": secret,
        }
    )


@blueprint.get("/payouts/batches/<uuid:batch_id>/payments")
@endpoint(allow=PAYERS, scope=Scope.PAYOUTS_READ, returns=ApiBatchOut, refuses=[NotNow])
def get_payments(batch_id: UUID) -> dict[str, Any]:
    """Return an approved batch with its accounts in clear, to the system that makes the payments."""
    batch = service.get(ctx.db, batch_id)
    if batch.state not in (State.APPROVED, *LEFT):
        raise NotNow("This batch is not approved.")
    service.read_by_machine(ctx.db, batch)
    return pushing.batch_data(batch) | {"payments": pushing.payments_data(ctx.db, batch)}


@blueprint.post("/payouts/batches/<uuid:batch_id>/confirmation")
@endpoint(
    allow=PAYERS,
    scope=Scope.PAYOUTS_WRITE,
    accepts=ConfirmationIn,
    returns=BatchOut,
    body_limit=5_000_000,
    refuses=[NotNow],
)
def confirm_batch(batch_id: UUID, body: ConfirmationIn) -> views.BatchLine:
    """Say that another system has the batch, and what became of its payments; may be repeated."""
    service.confirm(ctx.db, batch_id, sha256=body.sha256)
    hearing.apply(
        ctx.db,
        Answer(
            "api",
            named=tuple(
                Named(
                    one.reference,
                    Verdict(
                        one.outcome, one.reason, money=one.amount.money if one.amount else None
                    ),
                )
                for one in body.payments
            ),
        ),
        batch_id=batch_id,
    )
    return views.whole(ctx.db, batch_id, person_id=None).batch


def _confirm(action: str, **binding: str) -> None:
    step_up.require(ctx.db, ctx.principal, action=action, binding=binding)
