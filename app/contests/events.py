"""What happened in this room."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class ContestLaunched(Event):
    """The rules are sealed and the contest is public."""

    contest_id: UUID


@dataclass(frozen=True, slots=True)
class ContestAmended(Event):
    """The rules of a running contest changed, for everybody to see."""

    contest_id: UUID
    number: int


@dataclass(frozen=True, slots=True)
class ContestFinal(Event):
    """The result stands."""

    contest_id: UUID
