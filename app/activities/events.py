"""What happened in this room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from app.kernel.events import Event

BATCH: Final = 5_000

Cause = Literal["import", "api", "claim", "repair", "revision"]


@dataclass(frozen=True, slots=True)
class ActivitiesRecorded(Event):
    """These activities began to count, or just stopped counting; at most 5,000 of them."""

    batch_id: UUID
    cause_kind: Cause
    activity_ids: tuple[UUID, ...]
