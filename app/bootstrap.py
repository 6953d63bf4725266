"""The composition root: which rooms there are and how they hear of each other. Lists, no logic."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from importlib import import_module
from uuid import UUID

from flask import Blueprint
from sqlalchemy import Engine

from app.activities import desk, import_routes
from app.activities import invariants as activity_invariants
from app.activities import routes as activity_routes
from app.activities.events import ActivitiesRecorded, ClaimDecided, ClaimLogged
from app.audit import invariants as audit_invariants
from app.audit import jobs as audit_jobs
from app.audit import routes as audit_routes
from app.cli import evaluation, imports, journals, prove, roles
from app.cli import keys as key_commands
from app.cli import programs as program_commands
from app.cli.demo import commands as demo
from app.contests import invariants as contest_invariants
from app.contests import jobs as contest_jobs
from app.contests import reactions as contests
from app.contests import routes as contest_routes
from app.contests import watching
from app.contests.events import ContestAmended, ContestFinal, ContestLaunched
from app.db import checkpoints, keys
from app.destinations import jobs as destination_jobs
from app.destinations import routes as destination_routes
from app.destinations.events import AccountChanged
from app.finance import invariants as finance_invariants
from app.finance import jobs as finance_jobs
from app.finance import routes as finance_room
from app.home import routes as home_routes
from app.http import health, pages
from app.http import invariants as edge_invariants
from app.http.principal import Principal
from app.jobs.schedule import Every
from app.kernel.events import Reactions
from app.kernel.prove import Invariant, NotYet
from app.ledger import conformance_routes
from app.ledger import invariants as ledger_invariants
from app.ledger import jobs as ledger_jobs
from app.ledger import routes as ledger_routes
from app.notifications import jobs as notification_jobs
from app.notifications import notice_routes
from app.notifications import reactions as notifications
from app.notifications import routes as notification_routes
from app.payouts import bank_books
from app.payouts import invariants as payout_invariants
from app.payouts import jobs as payout_jobs
from app.payouts import reactions as payouts
from app.payouts import routes as payout_routes
from app.payouts.file_provider import FileProvider
from app.people import brand_routes, mail, me_routes, phone_routes, sign_in, sign_in_routes
from app.people import jobs as people_jobs
from app.people import queries as people
from app.people import routes as people_routes
from app.people import sessions as people_sessions
from app.people.events import InvitedAgain, PersonLeft, PersonReturned, PositionsChanged
from app.programs import invariants as program_invariants
from app.programs import jobs as program_jobs
from app.programs import plan_routes
from app.programs import reactions as programs
from app.programs import routes as program_routes
from app.programs.events import (
    EarningsChanged,
    ProgramAmended,
    ProgramPublished,
    TargetLost,
    TargetReached,
)
from app.providers import registry, wire
from app.providers.events import CheckHinted, ProviderHinted
from app.providers.vault import CodeVault
from app.recognition import reactions as recognition
from app.recognition import routes as recognition_routes
from app.recognition.events import BadgesChanged
from app.rewards import (
    account_routes,
    cash_routes,
    catalog_routes,
    catalog_sync,
    finance_routes,
    following,
    hook_routes,
    limit_routes,
    reconciling,
    saga,
)
from app.rewards import invariants as reward_invariants
from app.rewards import routes as reward_routes
from app.rewards.events import NeedsAttention, ProviderPaused, RedemptionEnded, StockLow
from app.settings import Settings
from app.texting import routes as texting_routes
from app.texting import service as texting

TABLES = (
    "app.activities.models",
    "app.audit.models",
    "app.contests.models",
    "app.destinations.models",
    "app.finance.models",
    "app.http.idempotency",
    "app.jobs.models",
    "app.ledger.models",
    "app.notifications.models",
    "app.payouts.models",
    "app.people.models",
    "app.people.phone_models",
    "app.programs.models",
    "app.providers.models",
    "app.recognition.models",
    "app.rewards.cash_models",
    "app.rewards.catalog_models",
    "app.rewards.catalog_words",
    "app.rewards.finance_models",
    "app.rewards.models",
    "app.rewards.wish_models",
    "app.texting.models",
)
"""Where tables are declared."""


def import_models() -> None:
    """Load every table, for migrations to compare with."""
    for module in TABLES:
        import_module(module)


def connect(settings: Settings) -> None:
    """Tell the rooms what they need to know of this installation."""
    keys.keep_in(settings.keys_folder, may_make=settings.is_demo)
    checkpoints.keep_in(settings.home / "checkpoints")
    wire.connect(allows_loopback=settings.is_demo)
    desk.connect(settings.intake_socket)
    mail.connect(settings)
    texting.connect(settings)
    prove.connect(invariants())
    registry.declare(FileProvider.name, FileProvider)
    registry.declare(CodeVault.name, partial(CodeVault, today=people.today))


def blueprints() -> list[Blueprint]:
    """Return what the application serves, and the commands of `flask`."""
    return [
        health.blueprint,
        roles.blueprint,
        prove.blueprint,
        evaluation.blueprint,
        program_commands.blueprint,
        key_commands.blueprint,
        journals.blueprint,
        imports.blueprint,
        demo.blueprint,
        pages.blueprint,
        sign_in_routes.blueprint,
        me_routes.blueprint,
        brand_routes.blueprint,
        phone_routes.blueprint,
        people_routes.blueprint,
        activity_routes.blueprint,
        import_routes.blueprint,
        plan_routes.blueprint,
        program_routes.blueprint,
        contest_routes.blueprint,
        recognition_routes.blueprint,
        notification_routes.blueprint,
        notice_routes.blueprint,
        home_routes.blueprint,
        audit_routes.blueprint,
        destination_routes.blueprint,
        finance_room.blueprint,
        ledger_routes.blueprint,
        reward_routes.blueprint,
        catalog_routes.blueprint,
        limit_routes.blueprint,
        payout_routes.blueprint,
        cash_routes.blueprint,
        hook_routes.blueprint,
        texting_routes.blueprint,
        account_routes.blueprint,
        finance_routes.blueprint,
    ]


def test_blueprints(settings: Settings) -> list[Blueprint]:
    """Return what only a build for tests serves."""
    return [conformance_routes.blueprint] if settings.conformance else []


def declare_reactions(reactions: Reactions) -> None:
    """Say who reacts to what, in order: credit before score, score before badge, badge before nudge."""
    reactions.when(ActivitiesRecorded, programs.on_activities_recorded)
    reactions.when(ActivitiesRecorded, contests.on_activities_recorded)
    reactions.when(ActivitiesRecorded, recognition.on_activities_recorded)
    reactions.when(TargetReached, recognition.on_target)
    reactions.when(TargetLost, recognition.on_target)
    reactions.when(EarningsChanged, payouts.on_earnings_changed)
    reactions.when(EarningsChanged, notifications.on_earnings_changed)
    reactions.when(BadgesChanged, notifications.on_badges_changed)
    reactions.when(ContestLaunched, notifications.on_contest_launched)
    reactions.when(ContestAmended, notifications.on_contest_amended)
    reactions.when(ProgramAmended, notifications.on_program_amended)
    reactions.when(ContestFinal, notifications.on_contest_final)
    reactions.when(RedemptionEnded, payouts.on_redemption_ended)
    reactions.when(RedemptionEnded, notifications.on_redemption_ended)
    reactions.when(NeedsAttention, notifications.on_needs_attention)
    reactions.when(ProviderPaused, notifications.on_provider_paused)
    reactions.when(ProviderHinted, following.on_hint)
    reactions.when(CheckHinted, destination_jobs.on_hint)
    reactions.when(StockLow, notifications.on_stock_low)
    reactions.when(ClaimLogged, notifications.on_claim_logged)
    reactions.when(ClaimDecided, notifications.on_claim_decided)
    reactions.when(AccountChanged, notifications.on_account_changed)
    reactions.when(InvitedAgain, notifications.on_invited_again)
    reactions.when(PositionsChanged, programs.on_positions_changed)
    reactions.when(PersonLeft, programs.on_person_left)
    reactions.when(PersonReturned, programs.on_person_returned)
    reactions.when(ProgramPublished, programs.on_program_published)


def schedule() -> list[Every]:
    """Return what the clock enqueues."""
    return [
        Every(people_jobs.sweep, 86_400),
        Every(program_jobs.release_due, 900),
        Every(program_jobs.turn_day, 1800),
        Every(contest_jobs.turn, 10),
        Every(contest_jobs.compare, 120),
        Every(notification_jobs.nudge, 60),
        Every(notification_jobs.expect, 900),
        Every(notification_jobs.warn_of_expiry, 900),
        Every(ledger_jobs.seal, 1),
        Every(audit_jobs.seal, 1),
        Every(ledger_jobs.checkpoint, 3_600),
        Every(audit_jobs.checkpoint, 3_600),
        Every(saga.complete_job, 5),
        Every(finance_jobs.freeze_due, 3_600),
        Every(catalog_sync.keep_job, 900),
        Every(payout_jobs.push_due, 5),
        Every(following.watch_job, 600),
        Every(reconciling.reconcile_all_job, 86_400),
        Every(bank_books.compare_all_job, 86_400),
        Every(destination_jobs.complete_job, 10),
        Every(prove.prove_job, 900),
    ]


def invariants() -> list[Invariant | NotYet]:
    """Return what must always hold, room by room."""
    return [
        *edge_invariants.INVARIANTS,
        *audit_invariants.INVARIANTS,
        *ledger_invariants.INVARIANTS,
        *ledger_invariants.NOT_YET,
        *activity_invariants.INVARIANTS,
        *program_invariants.INVARIANTS,
        *reward_invariants.INVARIANTS,
        *finance_invariants.INVARIANTS,
        *payout_invariants.INVARIANTS,
        *contest_invariants.INVARIANTS,
    ]


def authenticate(
    cookie: str | None, api_key: str | None, now: datetime, *, rechecked: bool
) -> Principal | None:
    """Return who sends this session cookie or API key; see there for what is `rechecked`."""
    return sign_in.authenticate(cookie, api_key, now, rechecked=rechecked)


def may_watch(principal: Principal, contest_id: UUID) -> bool:
    """Whether `principal` may look at the board of a contest."""
    return watching.may_watch(principal, contest_id)


def live_sessions(
    engine: Engine, sessions: Collection[tuple[UUID, UUID]], now: datetime
) -> set[tuple[UUID, UUID]]:
    """Return those of `sessions`, each with its tenant before it, that go on."""
    return people_sessions.live_among(engine, sessions, now)


def flush_board(topic: str, members: Collection[str]) -> None:
    """Push what moved on a board."""
    watching.flush(topic, members)
