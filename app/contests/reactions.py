"""When something below happened."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.activities.events import ActivitiesRecorded
from app.contests import queries, scoring, service


def on_activities_recorded(db: Session, event: ActivitiesRecorded) -> None:
    """Score what began or ceased to count, in every contest whose window it falls in."""
    person_ids, first, last = scoring.touched(db, event.activity_ids)
    if first is None or last is None:
        return
    for contest_id in queries.launched_over(db, first, last):
        service.score(db, contest_id, person_ids, event)
