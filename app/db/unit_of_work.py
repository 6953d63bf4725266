"""One request or job is one transaction. This is the only place that commits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db import driver
from app.kernel.errors import AppError
from app.kernel.events import Event, Reactions

log = structlog.get_logger(__name__)


class OutcomeUnknown(AppError):
    """The database went away while it was committing: the change stands whole, or is not there at all."""

    code = "outcome_unknown"
    status = 503
    title = "Nobody can say"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, an API key, or a job; `id` is None for a job."""

    kind: str
    id: UUID | None
    label: str


SYSTEM = Actor("job", None, "laurel")


@dataclass(slots=True)
class Work:
    """What one transaction carries along: tenant, actor, time, and what happens at its end."""

    tenant_id: UUID
    actor: Actor
    now: datetime
    reactions: Reactions
    events: deque[Event] = field(default_factory=deque)
    before_commit: list[Callable[[Session], None]] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)


_WORK = "laurel.work"
_STAY_IN = "SELECT set_config('app.tenant_id', %(tenant)s, true)"


def work_of(db: Session) -> Work:
    """Return the unit of work that `db` belongs to."""
    work: Work = db.info[_WORK]
    return work


def tenant_of(db: Session) -> UUID:
    """Return the tenant of this transaction."""
    return work_of(db).tenant_id


def actor_of(db: Session) -> Actor:
    """Return who acts in this transaction."""
    return work_of(db).actor


def record(db: Session, event: Event) -> None:
    """Say that `event` happened; rooms above react before this transaction commits."""
    work_of(db).events.append(event)


def before_commit(db: Session, action: Callable[[Session], None]) -> None:
    """Run `action` once, after all reactions and inside the transaction."""
    work_of(db).before_commit.append(action)


def after_commit(db: Session, action: Callable[[], None]) -> None:
    """Run `action` when, and only when, this transaction has committed. It must not need the database."""
    work_of(db).after_commit.append(action)


def settle_events(db: Session) -> None:
    """Run the reactions to everything recorded so far, and to what they record in turn."""
    work = work_of(db)
    while work.events:
        work.reactions.run(db, work.events.popleft())


@contextmanager
def unit_of_work(
    engine: Engine, *, tenant_id: UUID, actor: Actor, now: datetime, reactions: Reactions
) -> Iterator[Session]:
    """Open one transaction for `tenant_id`; commit it at the end, or leave no trace when anything is raised."""
    work = Work(tenant_id=tenant_id, actor=actor, now=now, reactions=reactions)
    with Session(engine, expire_on_commit=False) as db:
        db.info[_WORK] = work
        driver.run(db, _STAY_IN, {"tenant": str(tenant_id)})
        yield db
        settle_events(db)
        while work.before_commit:
            work.before_commit.pop(0)(db)
            settle_events(db)
        _commit(db)
    for action in work.after_commit:
        _run_quietly(action)


def _commit(db: Session) -> None:
    db.flush()
    try:
        db.commit()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise OutcomeUnknown(
            "The database went away while this was saved. Look whether it is there before you repeat it; "
            "the same Idempotency-Key is always safe.",
            retry_after=5,
        ) from error


def _run_quietly(action: Callable[[], Any]) -> None:
    # The transaction stands; a bus that is away must not turn a success into an error.
    try:
        action()
    except Exception:
        log.exception("after_commit_failed")
