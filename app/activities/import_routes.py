"""Imports and sources, as the console's wizard sees them."""

from __future__ import annotations

from contextlib import closing
from typing import Any
from uuid import UUID

import flask
from flask import Response
from werkzeug.exceptions import BadRequest

from app.activities import import_schemas as shapes
from app.activities import importing, keeping, preview, quarantine, queries, service
from app.activities import mapping as maps
from app.activities.errors import FileRefused, MappingRefused, WrongState
from app.activities.jobs import run_import
from app.activities.models import Import, Source
from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.json import pointer, refuse_members
from app.http.principal import Role, Scope
from app.http.shapes import PageQuery, PageView
from app.jobs.queue import enqueue
from app.kernel.errors import Invalid, NotFound, Problem
from app.kernel.pages import Page
from app.kernel.strict_json import MalformedJson

blueprint = api_blueprint("imports", __name__)

ADMINS = [Role.PROGRAM_ADMIN, Role.TENANT_ADMIN]
READERS = [*ADMINS, Role.FINANCE, Role.AUDITOR]
# What a form needs around the file.
UPLOAD_BYTES = importing.MAX_BYTES + 100_000


@blueprint.post("/imports")
@endpoint(
    allow=ADMINS,
    scope=Scope.ACTIVITIES_WRITE,
    upload=True,
    form=["source"],
    returns=shapes.ImportOut,
    status=201,
    refuses=[FileRefused, Invalid],
)
def upload() -> dict[str, Any]:
    """Take a file in (form fields `file` and `source`); it is read with the mapping kept for its source."""
    request = flask.request
    request.max_content_length = UPLOAD_BYTES
    if request.mimetype != "multipart/form-data":
        raise BadRequest("Send the file as multipart/form-data.")
    problems = _misfits(request)
    file = request.files.get("file")
    if file is None or not file.filename:
        problems.append(Problem("/file", "missing", "Choose a file."))
    source = ""
    try:
        source = service.source_name(request.form.get("source", ""))
    except Invalid as refusal:
        problems += refusal.problems
    if problems or file is None:
        detail = " ".join(problem.detail for problem in problems)
        raise Invalid(detail, problems=problems, count=len(problems))
    with closing(file):
        content = file.stream.read()
    entry = importing.take_file(
        ctx.db,
        source=source,
        file_name=(file.filename or "").replace("\x00", ""),
        content=content,
        started_by=ctx.principal.person_id,
    )
    return _shown(entry)


@blueprint.post("/imports/<uuid:import_id>/preview")
@endpoint(
    allow=ADMINS,
    scope=Scope.ACTIVITIES_WRITE,
    accepts=shapes.PreviewIn,
    returns=shapes.PreviewOut,
    refuses=[NotFound, FileRefused, MappingRefused, WrongState],
)
def preview_import(import_id: UUID, body: shapes.PreviewIn) -> dict[str, Any]:
    """Show the first rows as they are read; a mapping or a correction given here is kept for the file."""
    entry = queries.get_import(ctx.db, import_id)
    mapping = body.mapping or importing.mapping_of(entry)
    if body.file is not None:
        mapping = mapping.model_copy(update={"file": body.file})
    if body.mapping is not None or body.file is not None:
        importing.set_mapping(entry, mapping)
    return preview.preview(ctx.db, entry, mapping)


@blueprint.post("/imports/<uuid:import_id>/dry-run")
@endpoint(
    allow=ADMINS,
    scope=Scope.ACTIVITIES_WRITE,
    returns=shapes.DryRunOut,
    refuses=[NotFound, FileRefused, MappingRefused, Invalid, MalformedJson],
)
def dry_run_import(import_id: UUID) -> dict[str, Any]:
    """Say what would become of the first rows; nothing is written."""
    refuse_members()
    return preview.dry_run(ctx.db, queries.get_import(ctx.db, import_id))


@blueprint.post("/imports/<uuid:import_id>/start")
@endpoint(
    allow=ADMINS,
    scope=Scope.ACTIVITIES_WRITE,
    returns=shapes.ImportOut,
    refuses=[NotFound, WrongState, MappingRefused, Invalid, MalformedJson],
)
def start_import(import_id: UUID) -> dict[str, Any]:
    """Let a worker read the file to its end."""
    refuse_members()
    entry = queries.get_import(ctx.db, import_id, lock=True)
    importing.queue(ctx.db, entry)
    enqueue(ctx.db, run_import, lock=f"import:{entry.id}", import_id=str(entry.id))
    return _shown(entry)


@blueprint.get("/imports")
@endpoint(
    allow=READERS,
    scope=Scope.ACTIVITIES_READ,
    query=PageQuery,
    returns=PageView[shapes.ImportOut],
)
def list_imports(query: PageQuery) -> Page[dict[str, Any]]:
    """List imports, newest first."""
    found = queries.imports(ctx.db, cursor=query.cursor, limit=query.limit)
    figures = keeping.figures(ctx.db, found.items)
    shown = [_with_figures(entry, figures[entry.id]) for entry in found.items]
    return Page(shown, found.next_cursor)


@blueprint.get("/imports/<uuid:import_id>")
@endpoint(
    allow=READERS,
    scope=Scope.ACTIVITIES_READ,
    returns=shapes.ImportDetail,
    refuses=[NotFound],
)
def get_import(import_id: UUID) -> dict[str, Any]:
    """Return one import with what is set aside and what would fix it."""
    entry = queries.get_import(ctx.db, import_id)
    return {
        **_shown(entry),
        "columns": entry.columns,
        "mapping": importing.mapping_of(entry),
        "by_reason": quarantine.by_reason(ctx.db, import_id),
        "suggestions": quarantine.suggestions(ctx.db, entry) if entry.quarantined else [],
        "people_waiting": quarantine.people_waiting(ctx.db, entry),
    }


@blueprint.get("/imports/<uuid:import_id>/rows")
@endpoint(
    allow=READERS,
    scope=Scope.ACTIVITIES_READ,
    query=shapes.RowsQuery,
    returns=PageView[shapes.RowOut],
    refuses=[NotFound],
)
def list_rows(import_id: UUID, query: shapes.RowsQuery) -> Page[dict[str, Any]]:
    """List the rows that needed a word, in the order of the file."""
    return quarantine.page(
        ctx.db,
        import_id,
        cursor=query.cursor,
        limit=query.limit,
        outcome=query.outcome,
        reason=query.reason,
        state=query.state,
    )


@blueprint.get("/imports/<uuid:import_id>/quarantine.csv")
@endpoint(
    allow=READERS,
    scope=Scope.ACTIVITIES_READ,
    media_type="text/csv",
    refuses=[NotFound],
)
def download_quarantine(import_id: UUID) -> Response:
    """Download the rows that are set aside, as they were read, with the reasons."""
    response = Response(
        quarantine.as_csv(ctx.db, import_id), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = 'attachment; filename="set-aside.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.put("/imports/<uuid:import_id>/rows/<int:row>")
@endpoint(
    allow=ADMINS,
    scope=Scope.ACTIVITIES_WRITE,
    accepts=shapes.RepairRowIn,
    returns=shapes.RowOut,
    refuses=[NotFound, WrongState, Invalid],
)
def repair_row(import_id: UUID, row: int, body: shapes.RepairRowIn) -> dict[str, Any]:
    """Put cells of a row right; it counts at once, or is refused with what is still wrong."""
    return quarantine.repair_row(ctx.db, import_id, _row_number(row), body.values)


@blueprint.post("/imports/<uuid:import_id>/rows/<int:row>/dismiss")
@endpoint(
    allow=ADMINS,
    scope=Scope.ACTIVITIES_WRITE,
    returns=shapes.RowOut,
    refuses=[NotFound, WrongState],
)
def dismiss_row(import_id: UUID, row: int) -> dict[str, Any]:
    """Leave a row out for good."""
    return quarantine.dismiss_row(ctx.db, import_id, _row_number(row))


@blueprint.post("/imports/<uuid:import_id>/repairs")
@endpoint(
    allow=ADMINS,
    scope=Scope.ACTIVITIES_WRITE,
    query=shapes.RepairQuery,
    accepts=shapes.RepairManyIn,
    returns=shapes.RepairedOut,
    refuses=[NotFound, Invalid],
)
def repair_many(
    import_id: UUID, query: shapes.RepairQuery, body: shapes.RepairManyIn
) -> dict[str, Any]:
    """Put one value in place of another in the rows set aside for one reason."""
    found = quarantine.repair_many(
        ctx.db,
        import_id,
        reason=body.reason,
        column=body.column,
        wrong=body.from_,
        right=body.to,
        cursor=query.cursor,
    )
    return found._asdict()


@blueprint.post("/imports/<uuid:import_id>/check-again")
@endpoint(
    allow=ADMINS,
    scope=Scope.ACTIVITIES_WRITE,
    query=shapes.RepairQuery,
    returns=shapes.RepairedOut,
    refuses=[NotFound, Invalid],
)
def check_again(import_id: UUID, query: shapes.RepairQuery) -> dict[str, Any]:
    """Check what is set aside against the people, products and rules of now."""
    return quarantine.check_again(ctx.db, import_id, cursor=query.cursor)._asdict()


@blueprint.get("/sources")
@endpoint(allow=READERS, scope=Scope.ACTIVITIES_READ, returns=shapes.SourcesOut)
def list_sources() -> dict[str, Any]:
    """List every source, by name."""
    return {"items": [_source(source) for source in queries.sources(ctx.db)]}


@blueprint.put("/sources/<name>")
@endpoint(
    allow=ADMINS,
    scope=Scope.ACTIVITIES_WRITE,
    accepts=shapes.SourceIn,
    returns=shapes.SourceOut,
    refuses=[Invalid],
)
def set_source(name: str, body: shapes.SourceIn) -> dict[str, Any]:
    """Keep how files of a source are read."""
    named = service.source_name(name)
    return _source(service.set_source(ctx.db, name=named, mapping=body.mapping))


def _misfits(request: flask.Request) -> list[Problem]:
    """Return what the form holds beside one `file` and one `source`: nothing of it is dropped in silence."""
    problems = []
    for kind, parts in (("file", request.files), ("source", request.form)):
        for name in parts:
            at, shown = pointer(name), name[:100]
            if name != kind:
                what = "file" if kind == "file" else "text"
                detail = f"No {what} called {shown} is taken here."
                problems.append(Problem(at, "extra_forbidden", detail))
            elif len(parts.getlist(name)) > 1:
                problems.append(Problem(at, "twice", f"Send {name} once."))
    return problems


def _row_number(row: int) -> int:
    if row >= 2**63:
        raise NotFound("There is no such row.")
    return row


def _source(source: Source) -> dict[str, Any]:
    return {
        "id": source.id,
        "name": source.name,
        "kind": source.kind,
        "mapping": maps.read_mapping({**source.mapping, "rules": source.rules.get("rules", [])}),
        "updated_at": source.updated_at,
    }


def _shown(entry: Import) -> dict[str, Any]:
    return _with_figures(entry, keeping.figures(ctx.db, [entry])[entry.id])


def _with_figures(entry: Import, figures: dict[str, int]) -> dict[str, Any]:
    return {
        "id": entry.id,
        "file_name": entry.file_name,
        "source": queries.get_source(ctx.db, entry.source_id).name,
        "state": entry.state,
        "rows": entry.rows_total,
        "done": entry.rows_done,
        **figures,
        "started_by": entry.started_by_label,
        "created_at": entry.created_at,
        "finished_at": entry.finished_at,
        "problem": entry.problem,
    }
