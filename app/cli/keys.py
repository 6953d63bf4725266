"""`flask keys`: make the keys that live beside the database, and change them while everything runs."""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

import click
from flask import Blueprint

from app.audit import service as audit
from app.db import keys
from app.http.context import edge
from app.jobs.queue import tenant_transaction
from app.jobs.schedule import tenant_ids
from app.providers import safe

blueprint = Blueprint("keys", __name__, cli_group="keys")

_PAUSE_SECONDS: Final = 0.2


@blueprint.cli.command("make")
def make() -> None:
    """Make the keys that are missing; what exists is left alone."""
    keys.make()
    click.echo(f"Keys are in {keys.folder()}. Keep a copy: without them no code opens again.")


@blueprint.cli.command("rotate")
@click.option("--root", is_flag=True, help="The root key too, which opens the keys of tenants.")
@click.option(
    "--resume", is_flag=True, help="Make no new keys; finish a change that was cut short."
)
@click.option("--tenant", type=click.UUID, help="Only this one; all of them otherwise.")
@click.option("--batch", default=safe.REWRAP_BATCH, show_default=True, help="Codes at once.")
def rotate(*, root: bool, resume: bool, tenant: UUID | None, batch: int) -> None:
    """Give every tenant a new key for its codes and move them to it, a batch a transaction."""
    tenants = [tenant] if tenant is not None else tenant_ids(edge().engine)
    if root:
        if not resume:
            click.echo(f"The root key that was replaced is kept as {keys.replace_root_key()}.")
        moved = sum(_move_keys(tenant_id) for tenant_id in tenants)
        click.echo(f"{moved} keys of tenants are under the new root key.")
    for tenant_id in tenants:
        if not resume:
            _new_key(tenant_id)
        click.echo(f"{tenant_id}: {_move_codes(tenant_id, batch)} codes moved to the current key.")


def _move_keys(tenant_id: UUID) -> int:
    with tenant_transaction(tenant_id) as db:
        moved = safe.rewrap_tenant_keys(db)
        if moved:
            audit.record(
                db,
                action="vault.root_key_changed",
                object_kind="tenant",
                object_id=tenant_id,
                after={"keys": moved},
            )
    return moved


def _new_key(tenant_id: UUID) -> None:
    with tenant_transaction(tenant_id) as db:
        key_id = safe.rotate(db)
        audit.record(
            db,
            action="vault.key_changed",
            object_kind="tenant",
            object_id=tenant_id,
            after={"key_id": key_id},
        )


def _move_codes(tenant_id: UUID, batch: int) -> int:
    """Move every code to the current key; one that is just being sold is waited for."""
    total = 0
    while True:
        with tenant_transaction(tenant_id) as db:
            moved, left = safe.rewrap(db, most=batch), safe.stale(db)
        total += moved
        if not left:
            return total
        if not moved:
            time.sleep(_PAUSE_SECONDS)
