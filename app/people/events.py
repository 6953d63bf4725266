"""What happens among people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class PositionsChanged(Event):
    """From `from_on` on (the earliest of them), these people stand elsewhere or under somebody else."""

    person_ids: tuple[UUID, ...]
    from_on: date


@dataclass(frozen=True, slots=True)
class PersonLeft(Event):
    """The person works here no more; every session has ended."""

    person_id: UUID
    left_on: date | None


@dataclass(frozen=True, slots=True)
class PersonReturned(Event):
    """The person works here again; there is no last day any more."""

    person_id: UUID


@dataclass(frozen=True, slots=True)
class InvitedAgain(Event):
    """There is a link to another passkey of somebody who has one."""

    person_id: UUID
