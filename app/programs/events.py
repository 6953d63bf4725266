"""What happened in this room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class EarningChange:
    """One earning that became more or less."""

    person_id: UUID
    program_id: UUID
    component_id: str
    period_start: date
    currency: str
    delta_minor: int
    cause_kind: str
    cause_id: UUID


@dataclass(frozen=True, slots=True)
class EarningsChanged(Event):
    """These earnings changed together, from one cause."""

    batch_id: UUID
    changes: tuple[EarningChange, ...]


@dataclass(frozen=True, slots=True)
class TargetReached(Event):
    """A person reached the quota of a period."""

    person_id: UUID
    program_id: UUID
    component_id: str
    period_start: date
    cause_kind: str
    cause_id: UUID


@dataclass(frozen=True, slots=True)
class TargetLost(Event):
    """A correction took a person below a quota that had been reached."""

    person_id: UUID
    program_id: UUID
    component_id: str
    period_start: date
    cause_kind: str
    cause_id: UUID


@dataclass(frozen=True, slots=True)
class ProgramPublished(Event):
    """A version of a program was sealed and governs from now on."""

    program_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class ProgramAmended(Event):
    """A published program was changed; `differences` say whose pay became another, in minor units."""

    program_id: UUID
    name: str
    version: int
    from_on: date
    reason: str
    currency: str
    differences: tuple[tuple[UUID, int], ...]
