"""Contests for tests: rules around NOON, sales, and a launched contest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.activities import service as activities
from app.activities.core import Ready, Written
from app.contests import service, standings
from app.contests.core import Standing
from app.contests.models import Contest
from app.contests.rules import ContestRules
from app.db.unit_of_work import SYSTEM, settle_events, tenant_of
from app.http.principal import Principal, Role
from app.kernel.money import MICROS
from tests.conftest import NOON
from tests.people.builders import give_person, give_tenant

START = NOON - timedelta(days=3)
END = NOON + timedelta(days=4)
FINAL = END + timedelta(hours=24)
MINUTE = timedelta(minutes=1)


def rules(**values: Any) -> ContestRules:
    """Return the rules of a sprint of one week around NOON."""
    return ContestRules.model_validate(
        {
            "name": "Week 47 sprint",
            "zone": "Europe/Rome",
            "starts_at": START,
            "ends_at": END,
            "participants": {"rule": "all"},
            **values,
        }
    )


def runner(db: Session) -> Principal:
    """Return a machine that may run every contest."""
    return Principal(tenant_of(db), SYSTEM, frozenset({Role.PROGRAM_ADMIN}))


def launch(db: Session, **values: Any) -> Contest:
    """Launch a contest."""
    contest = service.draft(db, rules=rules(**values), principal=runner(db))
    return service.launch(db, contest, principal=runner(db))


def give_contest(db: Session, *, name: str) -> UUID:
    """Write a contest down that nobody plays."""
    return service.draft(db, rules=rules(name=name), principal=runner(db)).id


def sell(
    db: Session,
    person_id: UUID,
    *,
    at: datetime = NOON,
    number: str | None = None,
    units: int = 1,
    **values: Any,
) -> Written:
    """Record one sale, with everything that reacts to it."""
    return sell_many(
        db,
        [
            Ready(
                external_id=number or f"{person_id}-{at.isoformat()}",
                person_id=person_id,
                occurred_at=at,
                units_micros=units * MICROS,
                **values,
            )
        ],
    )[0]


def sell_many(db: Session, rows: Iterable[Ready]) -> list[Written]:
    """Record sales together, with everything that reacts to them."""
    written = activities.record_activities(db, source="api", rows=list(rows))
    settle_events(db)
    return written


def give_team(db: Session, *names: str) -> list[UUID]:
    """Make a tenant with people of these names."""
    give_tenant(db)
    return [give_person(db, name).id for name in names]


def board_of(db: Session, contest: Contest) -> list[tuple[int, int]]:
    """Return the whole board as places and whole scores."""
    rows = standings.standings_page(db, contest, cursor=None, limit=100).items
    return [(row.place, row.score_micros // MICROS) for row in rows]


def standing_of(db: Session, contest: Contest, person_id: UUID) -> Standing:
    """Return where a participant stands."""
    found = standings.place_of(db, contest, person_id)
    assert found is not None
    return found
