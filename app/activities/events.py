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
    are_all_new: bool = False
    """Nobody has heard of any of these before: they may be added to what stands, nothing needs to be taken back."""


@dataclass(frozen=True, slots=True)
class ClaimLogged(Event):
    """A rep says that a sale was made; a manager is to look at it."""

    claim_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True)
class ClaimDecided(Event):
    """A claim was verified, matched with a sale that counts already, or refused."""

    claim_id: UUID
    person_id: UUID
    state: Literal["verified", "matched", "refused"]
    product: str
    customer_reference: str
    reason: str | None
