"""The finance desk over HTTP: accounts with providers, stuck orders, what does not agree."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Response

from app.audit import service as audit
from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import Role
from app.kernel.errors import StepUpNeeded
from app.people import step_up
from app.people.errors import CounterWentBack
from app.providers import accounts
from app.providers.accounts import AccountTaken
from app.providers.editing import Change
from app.rewards import account_routes, finance_queries, following, queries, reconciling, verdicts
from app.rewards.account_routes import NotLetIn
from app.rewards.errors import NotStuck, OwnOrder, SameEyes, VerdictWaits
from app.rewards.finance_models import ReconciliationFinding, RedemptionVerdict
from app.rewards.finance_schemas import (
    ExplainIn,
    FindingOut,
    FindingQuery,
    FindingsOut,
    PauseIn,
    ProviderAccountIn,
    ProviderAccountOut,
    ProviderAccountsOut,
    QueueOut,
    QueueQuery,
    ReconciliationsOut,
    SecretsIn,
    VerdictIn,
    VerdictOut,
)

blueprint = api_blueprint("finance_desk", __name__)

READERS: Final = frozenset({Role.FINANCE, Role.AUDITOR, Role.TENANT_ADMIN})
KEEPERS: Final = frozenset({Role.TENANT_ADMIN})
DESK: Final = frozenset({Role.FINANCE})
HANDS: Final = frozenset({Role.FINANCE, Role.TENANT_ADMIN})


@blueprint.get("/provider-accounts")
@endpoint(allow=READERS, returns=ProviderAccountsOut)
def list_provider_accounts() -> ProviderAccountsOut:
    """Return our accounts with providers and how each stands."""
    lines = finance_queries.account_lines(ctx.db)
    return ProviderAccountsOut(items=[ProviderAccountOut.model_validate(one) for one in lines])


@blueprint.post("/provider-accounts")
@endpoint(
    allow=KEEPERS,
    accepts=ProviderAccountIn,
    returns=ProviderAccountOut,
    status=201,
    refuses=[AccountTaken, StepUpNeeded, CounterWentBack],
)
def add_provider_account(body: ProviderAccountIn) -> finance_queries.AccountLine:
    """Keep a new account with a provider, after a fresh passkey."""
    _confirm("provider_account.add", provider=body.provider, base_url=body.base_url)
    _check(body)
    row = accounts.add(
        ctx.db,
        provider=body.provider,
        label=body.label,
        base_url=body.base_url,
        settings=body.settings,
        secrets=body.secrets,
    )
    _write_down("added", row.id, provider=row.provider, label=row.label, base_url=row.base_url)
    return finance_queries.account_line(ctx.db, row.id)


def _check(body: ProviderAccountIn) -> None:
    account_routes.refuse_unfit(body.provider, body.base_url, body.settings, body.secrets)


@blueprint.put("/provider-accounts/<uuid:provider_account_id>/secrets")
@endpoint(
    allow=KEEPERS,
    accepts=SecretsIn,
    returns=ProviderAccountOut,
    limit="10/min",
    refuses=[NotLetIn, StepUpNeeded, CounterWentBack],
)
def change_secrets(provider_account_id: UUID, body: SecretsIn) -> finance_queries.AccountLine:
    """Replace secrets of an account: credentials are tried first, the old webhook secret is believed for a day."""
    row = accounts.get(ctx.db, provider_account_id)
    held = accounts.opened(ctx.db, row)
    wanted = Change(row.label, held.base_url, held.settings, body.secrets)
    new = account_routes.read_change(row, wanted)
    _confirm("provider_account.secrets", provider_account_id=str(provider_account_id))
    account_routes.keep_change(row, wanted, new)
    _write_down("secrets_changed", provider_account_id, names=", ".join(sorted(body.secrets)))
    return finance_queries.account_line(ctx.db, provider_account_id)


@blueprint.post("/provider-accounts/<uuid:provider_account_id>/pause")
@endpoint(allow=HANDS, accepts=PauseIn, returns=ProviderAccountOut)
def pause(provider_account_id: UUID, body: PauseIn) -> finance_queries.AccountLine:
    """Order nothing more through an account; what is under way is looked after."""
    accounts.pause(ctx.db, provider_account_id, reason=body.reason)
    _write_down("paused", provider_account_id, reason=body.reason)
    return finance_queries.account_line(ctx.db, provider_account_id)


@blueprint.post("/provider-accounts/<uuid:provider_account_id>/resume")
@endpoint(allow=HANDS, returns=ProviderAccountOut)
def resume(provider_account_id: UUID) -> finance_queries.AccountLine:
    """Order through an account again; what has waited goes a few each second."""
    accounts.resume(ctx.db, provider_account_id)
    following.wake(ctx.db, provider_account_id)
    _write_down("resumed", provider_account_id)
    return finance_queries.account_line(ctx.db, provider_account_id)


@blueprint.get("/provider-accounts/<uuid:provider_account_id>/reconciliations")
@endpoint(allow=READERS, returns=ReconciliationsOut)
def list_reconciliations(provider_account_id: UUID) -> dict[str, object]:
    """Return when an account was compared with its provider, and what it held then."""
    accounts.get(ctx.db, provider_account_id)
    return {"items": list(finance_queries.reconciliations(ctx.db, provider_account_id))}


@blueprint.post("/provider-accounts/<uuid:provider_account_id>/reconciliations")
@endpoint(allow=HANDS, status=204, limit="10/min")
def ask_for_reconciliation(provider_account_id: UUID) -> Response:
    """Have an account compared with its provider now; a worker does it."""
    accounts.get(ctx.db, provider_account_id)
    reconciling.ask(ctx.db, provider_account_id)
    return Response(status=204)


@blueprint.get("/reconciliation-findings")
@endpoint(allow=READERS, query=FindingQuery, returns=FindingsOut)
def list_findings(query: FindingQuery) -> dict[str, object]:
    """Return what does not agree with a provider's books."""
    return {"items": list(finance_queries.findings(ctx.db, is_open=query.state == "open"))}


@blueprint.post("/reconciliation-findings/<uuid:finding_id>/explanation")
@endpoint(allow=DESK, accepts=ExplainIn, returns=FindingOut, refuses=[VerdictWaits])
def explain_finding(finding_id: UUID, body: ExplainIn) -> ReconciliationFinding:
    """Say how a finding is explained; somebody else must agree."""
    return reconciling.explain(ctx.db, finding_id, by=ctx.principal.person, note=body.note)


@blueprint.post("/reconciliation-findings/<uuid:finding_id>/explanation/approval")
@endpoint(allow=HANDS, returns=FindingOut, refuses=[SameEyes, StepUpNeeded, CounterWentBack])
def agree_with_finding(finding_id: UUID) -> ReconciliationFinding:
    """Agree with what somebody else said of a finding, after a fresh passkey; it is closed."""
    finance_queries.get_finding(ctx.db, finding_id)
    _confirm("reconciliation.agree", finding_id=str(finding_id))
    return reconciling.agree(ctx.db, finding_id, by=ctx.principal.person)


@blueprint.post("/reconciliation-findings/<uuid:finding_id>/explanation/drop")
@endpoint(allow=HANDS, returns=FindingOut)
def disagree_with_finding(finding_id: UUID) -> ReconciliationFinding:
    """Take an explanation back, or refuse it; the finding stays open."""
    return reconciling.disagree(ctx.db, finding_id)


@blueprint.get("/redemption-queues")
@endpoint(allow=READERS, query=QueueQuery, returns=QueueOut)
def list_queue(query: QueueQuery) -> dict[str, object]:
    """Return the orders that wait in one queue, and what was tried for each."""
    return {"items": finance_queries.stuck(ctx.db, query.queue)}


@blueprint.post("/redemptions/<uuid:redemption_id>/look")
@endpoint(allow=HANDS, status=204, limit="60/min", refuses=[NotStuck])
def look_again(redemption_id: UUID) -> Response:
    """Ask the provider once more what became of an order."""
    verdicts.look_again(ctx.db, redemption_id)
    return Response(status=204)


@blueprint.post("/redemptions/<uuid:redemption_id>/verdicts")
@endpoint(
    allow=DESK,
    accepts=VerdictIn,
    returns=VerdictOut,
    status=201,
    refuses=[NotStuck, VerdictWaits, OwnOrder, StepUpNeeded, CounterWentBack],
)
def propose_verdict(redemption_id: UUID, body: VerdictIn) -> RedemptionVerdict:
    """Say what became of a stuck order and how one knows; somebody else must agree."""
    _not_own(redemption_id)
    _confirm("redemption.verdict", redemption_id=str(redemption_id), verdict=body.verdict)
    return verdicts.propose(
        ctx.db,
        redemption_id,
        by=ctx.principal.person,
        verdict=body.verdict,
        evidence=body.evidence,
        reference=body.reference,
    )


@blueprint.post("/redemptions/<uuid:redemption_id>/verdicts/<uuid:verdict_id>/approval")
@endpoint(
    allow=HANDS,
    returns=VerdictOut,
    refuses=[SameEyes, OwnOrder, StepUpNeeded, CounterWentBack],
)
def approve_verdict(redemption_id: UUID, verdict_id: UUID) -> RedemptionVerdict:
    """Agree with what somebody else said of a stuck order; the money moves."""
    _not_own(redemption_id)
    _confirm(
        "redemption.verdict_approval",
        redemption_id=str(redemption_id),
        verdict_id=str(verdict_id),
    )
    return verdicts.approve(ctx.db, redemption_id, verdict_id, by=ctx.principal.person)


@blueprint.post("/redemptions/<uuid:redemption_id>/verdicts/<uuid:verdict_id>/drop")
@endpoint(allow=HANDS, returns=VerdictOut)
def drop_verdict(redemption_id: UUID, verdict_id: UUID) -> RedemptionVerdict:
    """Take back what was said of an order, or disagree with it; nothing moves."""
    queries.get_redemption(ctx.db, redemption_id)
    return verdicts.drop(ctx.db, redemption_id, verdict_id)


def _not_own(redemption_id: UUID) -> None:
    redemption = queries.get_redemption(ctx.db, redemption_id)
    if redemption.person_id == ctx.principal.person_id:
        raise OwnOrder("Somebody else must answer your own order.")


def _confirm(action: str, **binding: str) -> None:
    step_up.require_trust(ctx.principal)
    step_up.require(ctx.db, ctx.principal, action=action, binding=dict(binding))


def _write_down(what: str, account_id: UUID, **after: str) -> None:
    audit.record(
        ctx.db,
        action=f"provider_account.{what}",
        object_kind="provider_account",
        object_id=account_id,
        after=dict(after),
    )
