"""The composition root: which rooms there are and how they hear of each other. Lists, no logic."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Blueprint

from app.cli import roles
from app.http import health, pages
from app.http.principal import Principal
from app.jobs.schedule import Every
from app.kernel.events import Reactions
from app.people import sign_in
from app.settings import Settings


def import_models() -> None:
    """Load every table, for migrations to compare with."""
    import app.activities.models
    import app.audit.models
    import app.http.idempotency
    import app.jobs.models
    import app.ledger.models
    import app.people.models
    import app.programs.models  # noqa: F401


def blueprints(settings: Settings) -> list[Blueprint]:
    """Return what the application serves, and the commands of `flask`."""
    return [health.blueprint, roles.blueprint, pages.blueprint]


def declare_reactions(reactions: Reactions) -> None:
    """Say who reacts to what, in order: credit before score, score before badge, badge before nudge."""


def schedule() -> list[Every]:
    """Return what the clock enqueues."""
    return []


def authenticate(cookie: str | None, api_key: str | None, now: datetime) -> Principal | None:
    """Return who sends this session cookie or API key."""
    return sign_in.authenticate(cookie, api_key, now)


def may_watch(principal: Principal, contest_id: UUID) -> bool:
    """Whether `principal` may look at the board of a contest."""
    return False
