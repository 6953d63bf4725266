"""When something below happened."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.activities.events import ActivitiesRecorded
from app.db.unit_of_work import before_commit, work_of
from app.programs.events import TargetLost, TargetReached
from app.recognition import queries, service
from app.recognition.core import Cause
from app.recognition.service import Badge

_TARGETS = "laurel.targets"


def on_activities_recorded(db: Session, event: ActivitiesRecorded) -> None:
    """Give the badge for a first sale, or take it back with the sale."""
    service.check_first_sales(db, event.activity_ids)


def on_target(db: Session, event: TargetReached | TargetLost) -> None:
    """Give the badge for a target, or take it back: all of a transaction together, at its end.

    A file may take hundreds of people over a target, some of them up and down again.
    """
    targets: dict[Badge, TargetReached | TargetLost] = db.info.setdefault(_TARGETS, {})
    if not targets:
        before_commit(db, settle_targets)
    scope = f"{event.program_id}:{event.component_id}:{event.period_start}"
    targets[Badge(event.person_id, "target_reached", scope)] = event


def settle_targets(db: Session) -> None:
    """Bring the badges for targets to what this transaction ended with."""
    targets: dict[Badge, TargetReached | TargetLost] = db.info.pop(_TARGETS, {})
    now = work_of(db).now
    names = queries.component_names(db, {event.program_id for event in targets.values()})
    service.settle(
        db,
        {
            badge: (
                Cause(event.cause_kind, event.cause_id, now)
                if isinstance(event, TargetReached)
                else None
            )
            for badge, event in targets.items()
        },
        {
            badge: {
                "component": names.get((event.program_id, event.component_id), event.component_id),
                "period_start": event.period_start.isoformat(),
            }
            for badge, event in targets.items()
        },
    )
