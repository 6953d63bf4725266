"""What happened with rewards."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.kernel.events import Event
from app.kernel.money import Money


@dataclass(frozen=True, slots=True)
class RedemptionEnded(Event):
    """A redemption was delivered ("captured"), refused and given back ("voided"), or came back ("returned")."""

    redemption_id: UUID
    person_id: UUID
    reward_id: UUID
    brand: str
    kind: str
    money: Money
    state: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class StockLow(Event):
    """The codes of one denomination run out; said once until stock comes in."""

    reward_id: UUID
    brand: str
    money: Money
    left: int


@dataclass(frozen=True, slots=True)
class ProviderPaused(Event):
    """A provider turned us away for our account's sake; its orders wait until somebody puts it right."""

    account_id: UUID
    provider: str
    reason: str


@dataclass(frozen=True, slots=True)
class NeedsAttention(Event):
    """Nobody can say what became of an order, or the amount differs: a person must look."""

    redemption_id: UUID
    person_id: UUID
    reason: str
