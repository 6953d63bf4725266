"""Shapes of the wallet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.http.shapes import MoneyShape, View
from app.ledger.core import AccountKind


class WalletLineOut(View):
    """What a person has in one currency, by state."""

    currency: str
    earned: MoneyShape
    available: MoneyShape
    reserved: MoneyShape
    paid: MoneyShape
    owed: MoneyShape


class WalletOut(View):
    """What a person has."""

    items: list[WalletLineOut]


class PersonEntryOut(View):
    """One movement; `sequence` is its place in the sealed journal (null for the first second or two)."""

    transaction_id: UUID
    line: int
    posted_at: datetime
    kind: str
    account: AccountKind
    money: MoneyShape
    cause_kind: str
    cause_id: UUID
    sequence: int | None
