"""When something below happened."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.activities.events import ActivitiesRecorded
from app.contests import scoring, service


def on_activities_recorded(db: Session, event: ActivitiesRecorded) -> None:
    """Score what began or ceased to count, in every contest whose window it falls in."""
    for contest, person_ids in scoring.met(db, event.activity_ids):
        service.score(db, contest, person_ids, event)
