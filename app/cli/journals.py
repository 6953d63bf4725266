"""`flask journal`: what somebody outside needs to check the books without us."""

from __future__ import annotations

import json
from typing import Final
from uuid import UUID

import click
from flask import Blueprint
from sqlalchemy import select

from app.db import checkpoints
from app.http.context import edge
from app.jobs.queue import tenant_transaction
from app.jobs.schedule import tenant_ids
from app.ledger import queries, service
from app.ledger.models import LedgerSeal

blueprint = Blueprint("journals", __name__, cli_group="journal")

_CHUNK: Final = 1_000


@blueprint.cli.command("key")
def key() -> None:
    """Print the name of who signs checkpoints; publish it where the books cannot be changed."""
    click.echo(checkpoints.public_name())


@blueprint.cli.command("sign")
@click.option("--tenant", type=click.UUID, help="Only this one; all of them otherwise.")
def sign(*, tenant: UUID | None) -> None:
    """Seal and sign the books now, and print where each checkpoint lies."""
    for tenant_id in [tenant] if tenant is not None else tenant_ids(edge().engine):
        with tenant_transaction(tenant_id) as db:
            while service.seal(db):
                pass
        with tenant_transaction(tenant_id) as db:
            checkpoints.write(db, queries.JOURNAL)
        folder = checkpoints.folder_of(tenant_id, queries.JOURNAL.name)
        for path in sorted(folder.glob("*.txt"))[-1:]:
            click.echo(path)


@blueprint.cli.command("export")
@click.option("--tenant", type=click.UUID, required=True)
def export(*, tenant: UUID) -> None:
    """Print the sealed journal of the books, a line of JSON for each transaction, for verifier/verify.py."""
    with tenant_transaction(tenant) as db:
        seals = db.execute(
            select(LedgerSeal.sequence, LedgerSeal.item_id, LedgerSeal.leaf, LedgerSeal.chain)
            .where(LedgerSeal.tenant_id == tenant)
            .order_by(LedgerSeal.sequence)
            .execution_options(yield_per=_CHUNK)
        )
        for part in seals.partitions():
            contents = queries.contents(db, [seal.item_id for seal in part])
            for seal in part:
                row = {
                    "sequence": seal.sequence,
                    "content": contents.get(seal.item_id, b"").decode(),
                    "leaf": seal.leaf.hex(),
                    "chain": seal.chain.hex(),
                }
                click.echo(json.dumps(row, ensure_ascii=False))
