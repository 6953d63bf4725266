"""`flask import`: a file read at once, in this process, with the counts as JSON."""

from __future__ import annotations

import json
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from flask import Blueprint
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.activities import importing, keeping, mapping, queries, service
from app.activities.errors import FileRefused
from app.cli import answers, table_people, table_quotas, tables
from app.http.context import edge
from app.jobs.queue import tenant_transaction
from app.kernel import strict_json
from app.kernel.errors import AppError

blueprint = Blueprint("imports_cli", __name__, cli_group=None)


@blueprint.cli.command("import", cls=answers.Answering)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--kind",
    type=click.Choice(["activities", "people", "quotas"]),
    default="activities",
    show_default=True,
    help="What the rows are.",
)
@click.option("--source", help="Of activities: the name of the source the file comes from.")
@click.option(
    "--mapping",
    "mapping_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="MAP.json; without it the mapping kept for the source is used.",
)
@click.option("--tenant", "slug", help="Needed when there is more than one tenant.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object: the counts, or the problem."
)
def import_file(
    *,
    file: Path,
    kind: str,
    source: str | None,
    mapping_file: Path | None,
    slug: str | None,
    as_json: bool,
) -> None:
    """Read FILE (.csv, .tsv, .txt or .xlsx, each also .gz): activities of a source, people or quotas."""
    if (source is None) == (kind == "activities"):
        raise answers.OptionRefused(
            "--source", "--source is needed for activities, and for them alone."
        )
    began = time.monotonic()
    try:
        given = (
            strict_json.loads(mapping_file.read_bytes(), "mapping file") if mapping_file else None
        )
        if source is None:
            report = _take_table(_tenant(slug), file, kind, given)
        else:
            named = service.source_name(source)
            known = mapping.read_mapping(given) if given is not None else None
            report = _import(_tenant(slug), file, named, known)
    except AppError as refusal:
        _refuse(refusal, as_json=as_json)
        raise SystemExit(1) from None
    report["seconds"] = round(time.monotonic() - began, 3)
    click.echo(json.dumps(report) if as_json else _sentence(report))
    if "problem" in report:
        raise SystemExit(1)


def _take_table(tenant_id: UUID, file: Path, kind: str, given: Any) -> dict[str, Any]:
    """Take people or quotas in, and return the counts with everything that was wrong."""

    def open_work() -> AbstractContextManager[Session]:
        opened: AbstractContextManager[Session] = tenant_transaction(tenant_id)
        return opened

    room = table_people if kind == "people" else table_quotas
    stated = tables.read_map({} if given is None else given)
    used, rows = tables.read(_read(file), stated, room.KINDS, room.NEEDED, _name(file))
    unchanged = room.take(open_work, rows, used)
    good = [row for row in rows if not row.problems]
    fixed = sum(row.is_fixed for row in good)
    return {
        "rows": len(rows),
        "accepted": len(good) - fixed,
        "fixed": fixed,
        "quarantined": 0,
        "refused": len(rows) - len(good),
        "unchanged": unchanged,
        "problems": [
            {
                "row": row.number,
                "field": problem.pointer,
                "code": problem.code,
                "detail": problem.detail,
                "params": problem.params,
            }
            for row in rows
            for problem in row.problems
        ],
    }


def _import(
    tenant_id: UUID, file: Path, source: str, given: mapping.Mapping | None
) -> dict[str, Any]:
    content = _read(file)
    with tenant_transaction(tenant_id) as db:
        entry = importing.take_file(
            db,
            source=source,
            file_name=_name(file),
            content=content,
            mapping=given,
        )
        import_id = entry.id
    importing.run(lambda: tenant_transaction(tenant_id), import_id)
    with tenant_transaction(tenant_id) as db:
        entry = queries.get_import(db, import_id)
        counts = keeping.figures(db, [entry])[import_id]
        counts["quarantined"] += counts.pop("dismissed")
        report: dict[str, Any] = {
            "rows": entry.rows_done,
            **counts,
            "import_id": str(import_id),
        }
        if entry.problem:
            report["problem"] = entry.problem
    return report


def _read(file: Path) -> bytes:
    limit = importing.MAX_BYTES
    with file.open("rb") as opened:
        content = opened.read(limit + 1)
    if file.suffix == ".gz":
        content = importing.unpacked(content)
    if len(content) > limit:
        raise FileRefused("The file is larger than 50 MB.", reason="too_large", limit=limit)
    return content


def _name(file: Path) -> str:
    """Return the name of what is read; bytes that are no text cannot be kept and show as `?`."""
    return file.name.removesuffix(".gz").encode(errors="replace").decode()


def _tenant(slug: str | None) -> UUID:
    if slug is not None and not slug.isprintable():
        raise answers.OptionRefused("--tenant", "There is no such tenant.")
    question = "SELECT laurel_tenant_by_slug(:slug)" if slug else "SELECT laurel_tenant_ids()"
    with edge().engine.connect() as connection:
        found = list(connection.scalars(text(question), {"slug": slug} if slug else {}))
    if len(found) > 1:
        raise answers.OptionRefused(
            "--tenant", "There is more than one tenant: say which with --tenant."
        )
    if not found or found[0] is None:
        raise answers.OptionRefused(
            "--tenant", f"There is no tenant {slug}." if slug else "There is no tenant yet."
        )
    tenant_id: UUID = found[0]
    return tenant_id


def _refuse(refusal: AppError, *, as_json: bool) -> None:
    if as_json:
        click.echo(answers.refused(refusal))
        return
    click.echo(refusal.detail, err=True)
    for place in refusal.problems:
        click.echo(f"  {place.pointer}: {place.detail}", err=True)


def _sentence(report: dict[str, Any]) -> str:
    if "problem" in report:
        return f"Stopped after {report['rows']} rows: {report['problem']['detail']}"
    places = [
        "  row {row}, {field}: {detail}".format(**problem) for problem in report.get("problems", ())
    ]
    counts = (
        "{rows} rows in {seconds} s: {accepted} accepted, {fixed} fixed, {quarantined} set aside,"
        " {refused} refused; {unchanged} were known already.".format(**report)
    )
    return "\n".join([counts, *places])
