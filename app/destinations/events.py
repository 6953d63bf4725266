"""What happens to bank accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.destinations.core import Change
from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class AccountChanged(Event):
    """Where a person's money goes changed; `label` shows the account masked."""

    person_id: UUID
    account_id: UUID
    what: Change
    label: str
    usable_from: datetime | None = None
