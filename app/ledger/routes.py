"""The wallet over HTTP: one's own, read only."""

from __future__ import annotations

from uuid import UUID

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import PARTICIPANTS
from app.http.shapes import PageQuery, PageView
from app.kernel.errors import NotFound
from app.kernel.pages import Page
from app.ledger import queries, receipts
from app.ledger.errors import NotSealedYet
from app.ledger.schemas import PersonEntryOut, ProofOut, WalletLineOut, WalletOut

blueprint = api_blueprint("ledger", __name__)


@blueprint.get("/me/wallet")
@endpoint(allow=PARTICIPANTS, returns=WalletOut)
def get_wallet() -> WalletOut:
    """Return what the signed-in person has, by currency and state."""
    lines = queries.wallet(ctx.db, ctx.person_id)
    return WalletOut(items=[WalletLineOut.model_validate(line) for line in lines])


@blueprint.get("/me/wallet/entries")
@endpoint(allow=PARTICIPANTS, query=PageQuery, returns=PageView[PersonEntryOut])
def list_entries(query: PageQuery) -> Page[queries.PersonEntry]:
    """Return the movements in the signed-in person's wallet, newest first."""
    return queries.entries_of(ctx.db, ctx.person_id, cursor=query.cursor, limit=query.limit)


@blueprint.get("/me/wallet/transactions/<uuid:transaction_id>/proof")
@endpoint(allow=PARTICIPANTS, returns=ProofOut, refuses=[NotFound, NotSealedYet])
def get_proof(transaction_id: UUID) -> ProofOut:
    """Return a transaction of the signed-in person with the proof that it is in the signed journal.

    `verifier/verify.py` checks it without us.
    """
    return ProofOut.of(receipts.proof_of(ctx.db, transaction_id, ctx.person_id))
