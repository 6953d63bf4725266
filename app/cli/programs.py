"""`flask replay` and `flask explain`: pay computed again from the activities, and why it is that much."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import click
from flask import Blueprint

from app.db.unit_of_work import SYSTEM, unit_of_work
from app.engine import english
from app.http.context import edge
from app.jobs.schedule import tenant_ids
from app.kernel import clock
from app.kernel.errors import NotFound
from app.kernel.events import Reactions
from app.programs import explaining, queries, recalculation
from app.programs.settling import Wrong

blueprint = Blueprint("programs_cli", __name__, cli_group=None)


@blueprint.cli.command("replay")
@click.option("--program", type=click.UUID, help="Only this one; all of them otherwise.")
@click.option("--period", help="Only periods that begin in it: 2026, 2026-11 or 2026-11-03.")
@click.option("--tenant", type=click.UUID, help="Only this one; all of them otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def replay(*, program: UUID | None, period: str | None, tenant: UUID | None, as_json: bool) -> None:
    """Rebuild credits and earnings from the activities; exit with 1 when they differ from what stands."""
    tenants = [tenant] if tenant is not None else tenant_ids(edge().engine)
    found = [each for one in tenants for each in _replays(one, program, period or "")]
    if as_json:
        click.echo(json.dumps({"ok": not any(_wrong(found)), "programs": found}, indent=2))
    else:
        for each in found:
            click.echo(f"{each['name']} (version {each['version']}): {each['earnings']} earnings")
            for wrong in each["wrong"]:
                click.echo("  {component} {payee} {period_start}: ".format_map(wrong), nl=False)
                click.echo("stands {stands_minor}, rebuilt {rebuilt_minor}".format_map(wrong))
    if any(_wrong(found)):
        raise SystemExit(1)


def _wrong(found: Sequence[dict[str, Any]]) -> Iterator[Any]:
    return (wrong for each in found for wrong in each["wrong"])


def _replays(tenant_id: UUID, program_id: UUID | None, period: str) -> Iterator[dict[str, Any]]:
    """Yield what each program of a tenant gives; the transaction is rolled back."""
    with unit_of_work(
        edge().engine, tenant_id=tenant_id, actor=SYSTEM, now=clock.utc_now(), reactions=Reactions()
    ) as db:
        for program in queries.published(db, None if program_id is None else [program_id]):
            found = recalculation.replay(db, program.program_id)
            yield {
                "tenant": str(tenant_id),
                "program": str(program.program_id),
                "name": program.document.name,
                "version": program.version,
                "earnings": found.earnings,
                "wrong": [
                    _as_json(wrong)
                    for wrong in found.wrong
                    if _is_within(wrong.key.period_start, period)
                ],
            }


def _is_within(day: date, period: str) -> bool:
    return day.isoformat().startswith(period)


def _as_json(wrong: Wrong) -> dict[str, Any]:
    key = wrong.key
    return {
        "component": key.component,
        "payee": str(key.payee_id),
        "period_start": key.period_start.isoformat(),
        "stands_minor": wrong.stands_minor,
        "rebuilt_minor": wrong.rebuilt_minor,
    }


@blueprint.cli.command("explain")
@click.argument("line_id", metavar="ID", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print the tree as one JSON document.")
def explain(*, line_id: UUID, as_json: bool) -> None:
    """Say why a posted amount is that much, and compute it once more; exit with 1 when it differs."""
    found = _find(line_id)
    if found is None:
        raise click.ClickException("There is no such amount.")
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
    else:
        line, earning = found.line, found.earning
        click.echo(
            f"{found.program.document.name} version {line.version}, {earning.component}, "
            f"{earning.period_start}..{earning.period_end or ''}: {found.money}"
        )
        for sentence in english.explain(found.tree) if found.tree else ():
            click.echo(f"  {sentence}")
        click.echo(
            f"computed again from its {found.repeat.source}: {found.repeat.amount_minor} minor"
            f" units, {'the same' if found.repeat.agrees else 'NOT the same'}"
        )
    if not found.repeat.agrees:
        raise SystemExit(1)


def _find(line_id: UUID) -> explaining.Explained | None:
    for tenant_id in tenant_ids(edge().engine):
        with unit_of_work(
            edge().engine,
            tenant_id=tenant_id,
            actor=SYSTEM,
            now=clock.utc_now(),
            reactions=Reactions(),
        ) as db:
            try:
                return explaining.explain(db, line_id)
            except NotFound:
                continue
    return None
