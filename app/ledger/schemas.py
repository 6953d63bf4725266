"""Shapes of the wallet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.http.shapes import MoneyShape, View
from app.ledger.core import AccountKind
from app.ledger.receipts import FORMAT, Proved


class WalletLineOut(View):
    """What a person has in one currency, by state."""

    currency: str
    earned: MoneyShape
    available: MoneyShape
    reserved: MoneyShape
    paid: MoneyShape
    owed: MoneyShape
    taken_back: MoneyShape


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


class ProofOut(View):
    """A sealed transaction, the Merkle path from its leaf to the root of a signed checkpoint, and who signed.

    `content` is the JSON text exactly as it was sealed: tenant, id, position, time, key, kind, cause, what it
    reverses, memo, and its legs (line, account, currency, minor units, number in the account).
    """

    format: str
    content: str
    own_accounts: list[UUID]
    leaf: str
    index: int
    size: int
    path: list[str]
    checkpoint: str
    signer: str

    @classmethod
    def of(cls, proved: Proved) -> ProofOut:
        """Return the shape of a proof; hashes are hexadecimal."""
        at = proved.inclusion
        return cls(
            format=FORMAT,
            content=proved.content,
            own_accounts=list(proved.own_accounts),
            leaf=at.leaf.hex(),
            index=at.index,
            size=at.size,
            path=[each.hex() for each in at.path],
            checkpoint=proved.checkpoint,
            signer=proved.signer,
        )
