"""Shapes of the finance desk, in and out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.http.shapes import MoneyShape, Name, Shape, Text, View
from app.kernel.money import Money

Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Value = Annotated[str, StringConstraints(max_length=4_000)]
Evidence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=2_000)]


class ProviderAccountIn(Shape):
    """How a provider is reached."""

    provider: Word
    label: Name
    base_url: Annotated[str, StringConstraints(max_length=300)]
    settings: dict[Word, Value] = Field(default_factory=dict, max_length=40)
    secrets: dict[Word, Value] = Field(default_factory=dict, max_length=40)


class SecretsIn(Shape):
    """Secrets that replace those of the same names."""

    secrets: dict[Word, Value] = Field(min_length=1, max_length=40)


class PauseIn(Shape):
    """Why nothing is to be ordered."""

    reason: Name


class ReconciliationOut(View):
    """One time that our books were laid beside a provider's, or a bank's statements."""

    id: UUID
    leg: Literal["provider", "bank"]
    started_at: datetime
    since: datetime
    state: Literal["done", "unreadable"]
    matched: int
    ours: int
    theirs: int
    returned: int
    covered_until: date | None
    balance: list[MoneyShape]
    clearing: list[MoneyShape]

    @model_validator(mode="before")
    @classmethod
    def _from_row(cls, row: Any) -> Any:
        if isinstance(row, dict):
            return row
        names = (
            "id", "leg", "started_at", "since", "state", "matched", "ours", "theirs", "returned",
            "covered_until",
        )  # fmt: skip
        return {name: getattr(row, name) for name in names} | {
            name: [
                _shape(minor, currency) for currency, minor in sorted(getattr(row, name).items())
            ]
            for name in ("balance", "clearing")
        }


def _shape(minor: int, currency: str) -> MoneyShape:
    return MoneyShape.model_validate(Money(minor, currency))


class ProviderAccountOut(View):
    """An account with a provider, without its secrets."""

    id: UUID
    provider: str
    label: str
    base_url: str
    state: Literal["active", "paused", "closed"]
    paused_because: str | None
    paused_at: datetime | None
    penalty_until: datetime | None
    hook_path: str
    hook_at: datetime | None
    hook_silent_since: datetime | None
    waiting: int
    unknown: int
    manual: int
    findings: int
    last: ReconciliationOut | None
    last_bank: ReconciliationOut | None

    @model_validator(mode="before")
    @classmethod
    def _from_line(cls, line: Any) -> Any:
        if isinstance(line, dict):
            return line
        of_row = (
            "id", "provider", "label", "base_url", "state", "paused_because", "paused_at",
            "penalty_until", "hook_path", "hook_at", "hook_silent_since",
        )  # fmt: skip
        of_line = ("waiting", "unknown", "manual", "findings", "last", "last_bank")
        return {name: getattr(line.account, name) for name in of_row} | {
            name: getattr(line, name) for name in of_line
        }


class ProviderAccountsOut(View):
    """Our accounts with providers."""

    items: list[ProviderAccountOut]


class ReconciliationsOut(View):
    """When an account was compared with its provider, the latest first."""

    items: list[ReconciliationOut]


class FindingOut(View):
    """Something about which our books and others' do not agree."""

    id: UUID
    account_id: UUID
    leg: Literal["provider", "bank"]
    kind: str
    order_key: str
    reference: str
    ours: str
    theirs: str
    amount: MoneyShape | None
    found_at: datetime
    seen_at: datetime
    explained_by: UUID | None
    explained_at: datetime | None
    closed_at: datetime | None
    closed_by: UUID | None
    note: str | None

    @model_validator(mode="before")
    @classmethod
    def _from_row(cls, row: Any) -> Any:
        if isinstance(row, dict):
            return row
        names = (
            "id", "account_id", "leg", "kind", "order_key", "reference", "ours", "theirs",
            "found_at", "seen_at", "explained_by", "explained_at", "closed_at", "closed_by", "note",
        )  # fmt: skip
        amount = None if row.minor is None else _shape(row.minor, row.currency)
        return {name: getattr(row, name) for name in names} | {"amount": amount}


class FindingsOut(View):
    """What does not agree."""

    items: list[FindingOut]


class FindingQuery(Shape):
    """Which findings."""

    state: Literal["open", "closed"] = "open"


class ExplainIn(Shape):
    """How a finding is explained."""

    note: Evidence


class QueueQuery(Shape):
    """Which queue."""

    queue: Literal["waiting", "accepted", "unknown", "manual"] = "manual"


class TriedOut(View):
    """One thing that was tried for an order; the words of the provider stay sealed."""

    at: datetime
    action: str
    status: int | None
    silence: str | None


class VerdictOut(View):
    """What somebody said of a stuck order."""

    id: UUID
    redemption_id: UUID
    verdict: Literal["settled", "refused"]
    evidence: str
    reference: str
    proposed_by: UUID
    proposed_at: datetime
    approved_by: UUID | None
    decided_at: datetime | None
    was_dropped: bool


class StuckOut(View):
    """An order that waits, why, and what was tried."""

    id: UUID
    state: str
    reason: str
    person_id: UUID
    person_name: str
    brand: str
    provider: str
    money: MoneyShape
    key: str
    reference: str | None
    charged: MoneyShape | None
    due_at: datetime | None
    since: datetime
    tried: list[TriedOut]
    verdict: VerdictOut | None


class QueueOut(View):
    """The orders of one queue, the oldest first."""

    items: list[StuckOut]


class VerdictIn(Shape):
    """What became of a stuck order, and how one knows."""

    verdict: Literal["settled", "refused"]
    evidence: Evidence
    reference: Text = ""
