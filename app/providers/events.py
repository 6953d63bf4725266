"""What happened between providers and us."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class CheckHinted(Event):
    """A provider says that something happened to a check of a bank account; only asking again says what."""

    hook_id: UUID
    account_id: UUID
    provider: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class ProviderHinted(Event):
    """A genuine webhook came in; it says where to look, and nothing that may be believed."""

    hook_id: UUID
    account_id: UUID
    provider: str
    order_key: str | None
    reference: str | None
