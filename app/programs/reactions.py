"""When something happened below: activities came in, people moved, a program was published."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.activities.events import ActivitiesRecorded
from app.jobs.queue import enqueue
from app.people.events import PersonLeft, PersonReturned, PositionsChanged
from app.programs import jobs, queries, recalculation
from app.programs.earnings import Cause
from app.programs.events import ProgramPublished


def on_activities_recorded(db: Session, event: ActivitiesRecorded) -> None:
    """Credit what came in and pay the difference, in the transaction that recorded it."""
    cause = Cause(event.cause_kind, event.batch_id)
    recalculation.credit_activities(db, event.activity_ids, cause, are_all_new=event.are_all_new)


def on_program_published(db: Session, event: ProgramPublished) -> None:
    """Pay everything by the version that governs now."""
    rebuild_later(db, str(event.program_id))


def on_positions_changed(db: Session, _event: PositionsChanged) -> None:
    """Credit again where credit follows who reports to whom."""
    for program in queries.published(db):
        if queries.follows_positions(db, program):
            rebuild_later(db, str(program.program_id))


def rebuild_later(db: Session, program_id: str) -> None:
    """Rebuild a program in a worker, once however often it is asked for."""
    name = f"programs.recalculate:{program_id}"
    enqueue(db, jobs.recalculate, lock=name, once=name, program_id=program_id)


def on_person_left(db: Session, event: PersonLeft) -> None:
    """Settle anew what depends on how long somebody was there."""
    _resettle(db, event.person_id, "person_left")


def on_person_returned(db: Session, event: PersonReturned) -> None:
    """Settle anew, too, when they are there again."""
    _resettle(db, event.person_id, "person_returned")


def _resettle(db: Session, person_id: UUID, kind: str) -> None:
    for program in queries.published(db):
        if program.settles:
            recalculation.resettle(db, program, [person_id], Cause(kind, person_id))
