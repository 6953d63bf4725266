"""Finding out as whom somebody stands before the store."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.people import queries as people
from app.rewards.audience_core import Audience, Visitor
from app.rewards.catalog_core import country_of


def visitor(db: Session, person_id: UUID) -> Visitor:
    """Return a person's team and roles as they are today, and the country of the zone they live by."""
    today = people.today(db)
    position = people.position_on(db, person_id, today)
    zone = people.zones(db, [person_id], today).get(person_id, "")
    return Visitor(
        team_id=position.team_id if position is not None else None,
        roles=people.roles_of(db, person_id),
        country=country_of(zone),
    )


def require_team(db: Session, audience: Audience) -> None:
    """Raise NotFound when an audience is of a team that there is not."""
    if audience.team_id is not None and all(
        team.id != audience.team_id for team in people.teams(db)
    ):
        raise NotFound("There is no such team.")
