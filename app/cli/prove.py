"""`flask prove`: check every invariant on live data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

import click
import structlog
from flask import Blueprint
from sqlalchemy import Engine

from app.audit import service as audit
from app.cli import answers
from app.db.unit_of_work import SYSTEM, unit_of_work
from app.http.context import edge
from app.jobs import queue
from app.jobs.schedule import tenant_ids
from app.kernel import clock
from app.kernel.events import Reactions
from app.kernel.prove import Invariant, NotYet, Verdict, in_order, prove, together

log = structlog.get_logger(__name__)

blueprint = Blueprint("prove", __name__, cli_group=None)

_registered: list[Invariant | NotYet] = []


def connect(invariants: Sequence[Invariant | NotYet]) -> None:
    """Say once, at start, what must always hold, and what has nothing to hold for yet."""
    _registered[:] = sorted(invariants, key=lambda one: in_order(one.code))


def prove_tenant(engine: Engine, tenant_id: UUID) -> list[Verdict]:
    """Check every invariant on one tenant, in one snapshot of the database."""
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
    with unit_of_work(
        snapshot, tenant_id=tenant_id, actor=SYSTEM, now=clock.utc_now(), reactions=Reactions()
    ) as db:
        return prove(db, [one for one in _registered if isinstance(one, Invariant)])


@blueprint.cli.command("prove", cls=answers.Answering)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--tenant", type=click.UUID, help="Only this one; all of them otherwise.")
def prove_command(*, as_json: bool, tenant: UUID | None) -> None:
    """Check every invariant for every tenant; exit with 1 when one does not hold."""
    engine = edge().engine
    tenants = tenant_ids(engine)
    if tenant is not None:
        if tenant not in tenants:
            raise answers.OptionRefused("--tenant", f"There is no tenant {tenant}.")
        tenants = [tenant]
    verdicts = together(prove_tenant(engine, tenant_id) for tenant_id in tenants)
    click.echo(_json(tenants, verdicts) if as_json else _table(tenants, verdicts))
    if any(verdict.finding.violations for verdict in verdicts):
        raise SystemExit(1)


def _json(tenants: Sequence[UUID], verdicts: Sequence[Verdict]) -> str:
    held = [
        {
            "code": verdict.code,
            "name": verdict.name,
            "applies": True,
            "checked": verdict.finding.checked,
            "violations": verdict.finding.violations,
            "sample": list(verdict.finding.sample),
        }
        for verdict in verdicts
    ]
    waiting = [
        {"code": one.code, "name": one.name, "applies": False, "reason": one.reason}
        for one in _registered
        if isinstance(one, NotYet)
    ]
    violations = sum(verdict.finding.violations for verdict in verdicts)
    report = {
        "ok": violations == 0,
        "tenants": len(tenants),
        "violations": violations,
        "invariants": sorted([*held, *waiting], key=lambda one: in_order(str(one["code"]))),
    }
    return json.dumps(report, indent=2)


def _table(tenants: Sequence[UUID], verdicts: Sequence[Verdict]) -> str:
    lines = [f"{len(tenants)} tenants"]
    for verdict in verdicts:
        found = verdict.finding
        mark = "VIOLATED" if found.violations else "holds"
        lines.append(f"{verdict.code:<4} {mark:<9}{found.checked:>10}  {verdict.name}")
        lines += [f"     {what}" for what in found.sample]
    lines += [
        f"{one.code:<4} {'not yet':<9}{'':>10}  {one.name}: {one.reason}"
        for one in _registered
        if isinstance(one, NotYet)
    ]
    return "\n".join(lines)


@queue.job(name="laurel.prove", queue_name="slow", retry=1, transaction=False)
def prove_job(tenant_id: UUID) -> None:
    """Check every invariant on one tenant; what does not hold goes to the log and the audit journal."""
    verdicts = prove_tenant(queue.engine(), tenant_id)
    broken = {one.code: one.finding.violations for one in verdicts if one.finding.violations}
    if not broken:
        return
    log.error("invariants_violated", tenant=str(tenant_id), violations=broken)
    with queue.tenant_transaction(tenant_id) as db:
        audit.record(
            db,
            action="invariants.violated",
            object_kind="tenant",
            object_id=tenant_id,
            after=broken,
        )
