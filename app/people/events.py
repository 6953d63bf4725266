"""What happens among people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class PersonAdded(Event):
    """Somebody joined."""

    person_id: UUID


@dataclass(frozen=True, slots=True)
class PositionChanged(Event):
    """From `from_on` on, the person stands elsewhere or under somebody else."""

    person_id: UUID
    from_on: date


@dataclass(frozen=True, slots=True)
class RoleRevoked(Event):
    """The person may do less than before, at once."""

    person_id: UUID
    role: str


@dataclass(frozen=True, slots=True)
class PersonLeft(Event):
    """The person works here no more; every session has ended."""

    person_id: UUID
    left_on: date | None
