"""The composition root: which rooms there are and how they hear of each other. Lists, no logic."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from flask import Blueprint

from app.activities.events import ActivitiesRecorded
from app.audit import jobs as audit_jobs
from app.audit import routes as audit_routes
from app.cli import imports, roles
from app.cli.demo import commands as demo
from app.contests import jobs as contest_jobs
from app.contests import reactions as contests
from app.contests import routes as contest_routes
from app.contests import watching
from app.db import checkpoints, keys
from app.http import health, pages
from app.http.principal import Principal
from app.jobs.schedule import Every
from app.kernel.events import Reactions
from app.ledger import jobs as ledger_jobs
from app.ledger import routes as ledger_routes
from app.people import jobs as people_jobs
from app.people import mail, me_routes, sign_in, sign_in_routes
from app.people import routes as people_routes
from app.people.events import PositionsChanged
from app.programs import jobs as program_jobs
from app.programs import reactions as programs
from app.programs import routes as program_routes
from app.programs.events import ProgramPublished
from app.rewards import routes as reward_routes
from app.rewards import saga
from app.settings import Settings


def import_models() -> None:
    """Load every table, for migrations to compare with."""


def connect(settings: Settings) -> None:
    """Tell the rooms what they need to know of this installation."""
    keys.keep_in(settings.keys_folder, may_make=settings.is_demo)
    checkpoints.keep_in(settings.home / "checkpoints")
    mail.connect(settings)


def blueprints() -> list[Blueprint]:
    """Return what the application serves, and the commands of `flask`."""
    return [
        health.blueprint,
        roles.blueprint,
        imports.blueprint,
        demo.blueprint,
        pages.blueprint,
        sign_in_routes.blueprint,
        me_routes.blueprint,
        people_routes.blueprint,
        program_routes.blueprint,
        contest_routes.blueprint,
        audit_routes.blueprint,
        ledger_routes.blueprint,
        reward_routes.blueprint,
    ]


def declare_reactions(reactions: Reactions) -> None:
    """Say who reacts to what, in order: credit before score, score before badge, badge before nudge."""
    reactions.when(ActivitiesRecorded, programs.on_activities_recorded)
    reactions.when(ActivitiesRecorded, contests.on_activities_recorded)
    reactions.when(PositionsChanged, programs.on_positions_changed)
    reactions.when(ProgramPublished, programs.on_program_published)


def schedule() -> list[Every]:
    """Return what the clock enqueues."""
    return [
        Every(people_jobs.sweep, 86_400),
        Every(program_jobs.release_due, 900),
        Every(contest_jobs.turn, 10),
        Every(ledger_jobs.seal, 1),
        Every(audit_jobs.seal, 1),
        Every(ledger_jobs.checkpoint, 3_600),
        Every(audit_jobs.checkpoint, 3_600),
        Every(saga.complete_job, 5),
    ]


def authenticate(cookie: str | None, api_key: str | None, now: datetime) -> Principal | None:
    """Return who sends this session cookie or API key."""
    return sign_in.authenticate(cookie, api_key, now)


def may_watch(principal: Principal, contest_id: UUID) -> bool:
    """Whether `principal` may look at the board of a contest."""
    return watching.may_watch(principal, contest_id)


def flush_board(topic: str, members: Collection[str]) -> None:
    """Push what moved on a board."""
    watching.flush(topic, members)
