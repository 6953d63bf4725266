"""A transaction of one's own with the proof that it is in the signed journal."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import checkpoints, proofs
from app.db.proofs import Inclusion
from app.db.unit_of_work import tenant_of
from app.kernel.errors import NotFound
from app.ledger import queries
from app.ledger.errors import NotSealedYet
from app.ledger.models import LedgerAccount, LedgerEntry

FORMAT = "laurel.proof/1"


@dataclass(frozen=True, slots=True)
class Proved:
    """Everything a verifier needs: the bytes that were sealed, the way to the root, who vouches for it."""

    content: str
    inclusion: Inclusion
    checkpoint: str
    signer: str
    own_accounts: tuple[UUID, ...]


def proof_of(db: Session, transaction_id: UUID, person_id: UUID) -> Proved:
    """Return the proof of a transaction that moved something of `person_id`.

    Raises NotFound for any other, and NotSealedYet in the second or two before it has its place.
    """
    own = _own_accounts(db, transaction_id, person_id)
    if not own:
        raise NotFound("There is no such transaction in your wallet.")
    sequence = proofs.place_of(db, queries.JOURNAL, transaction_id)
    note = checkpoints.note_for(db, queries.JOURNAL, sequence) if sequence else None
    if sequence is None or note is None:
        raise NotSealedYet("This transaction gets its seal in a moment.", retry_after=2)
    inclusion = proofs.prove(db, queries.JOURNAL, sequence, checkpoints.open_signed(note))
    content = queries.contents(db, [transaction_id])[transaction_id].decode()
    return Proved(content, inclusion, note, checkpoints.public_name(), own)


def _own_accounts(db: Session, transaction_id: UUID, person_id: UUID) -> tuple[UUID, ...]:
    found = db.scalars(
        select(LedgerEntry.account_id)
        .join(
            LedgerAccount,
            (LedgerAccount.tenant_id == LedgerEntry.tenant_id)
            & (LedgerAccount.id == LedgerEntry.account_id),
        )
        .where(
            LedgerEntry.tenant_id == tenant_of(db),
            LedgerEntry.transaction_id == transaction_id,
            LedgerAccount.owner_id == person_id,
        )
        .order_by(LedgerEntry.line)
    )
    return tuple(found)
