"""What happened in this room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.kernel.events import Event
from app.recognition.core import What


@dataclass(frozen=True, slots=True)
class BadgeChange:
    """A badge that was won, won again, or revoked."""

    award_id: UUID
    person_id: UUID
    code: str
    params: dict[str, Any]
    what: What


@dataclass(frozen=True, slots=True)
class BadgesChanged(Event):
    """These badges changed together; those that only moved to another cause are not told."""

    changes: tuple[BadgeChange, ...]
