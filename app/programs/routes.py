"""The API of programs: documents and quotas for those who run them, pay and receipts for those paid."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from uuid import UUID

from app.engine import reading
from app.engine.reading import InvalidProgram
from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import CONSOLE, DESIGNERS, EVERYONE, Role, Scope
from app.kernel.errors import Invalid, NotFound
from app.people import queries as people
from app.programs import (
    progress,
    queries,
    quota_input,
    receipts,
    schemas,
    service,
    statement,
    states,
    totals,
    views,
)
from app.programs.errors import NothingToPublish, QuotaOverlap, UnknownComponent
from app.programs.service import EnrolmentRule

blueprint = api_blueprint("programs", __name__)


@blueprint.get("/programs")
@endpoint(allow=EVERYONE, scope=Scope.PROGRAMS_WRITE, returns=schemas.ProgramPage)
def list_programs() -> dict[str, Any]:
    """Return every program."""
    found = queries.programs(ctx.db)
    return {"items": [views.summary(ctx.db, program) for program in found], "next_cursor": None}


@blueprint.post("/programs")
@endpoint(
    allow=DESIGNERS,
    scope=Scope.PROGRAMS_WRITE,
    accepts=schemas.DocumentIn,
    returns=schemas.ProgramOut,
    status=201,
    refuses=[InvalidProgram],
)
def create_program(body: schemas.DocumentIn) -> dict[str, Any]:
    """Keep a new program as a draft."""
    program = service.create_program(ctx.db, stated=body.document)
    return views.whole(ctx.db, program)


@blueprint.get("/programs/schema")
@endpoint(allow=EVERYONE, scope=Scope.PROGRAMS_WRITE, returns=dict[str, Any])
def program_schema() -> dict[str, Any]:
    """Return the JSON schema of a program document."""
    return reading.json_schema()


@blueprint.get("/programs/<uuid:program_id>")
@endpoint(
    allow=EVERYONE, scope=Scope.PROGRAMS_WRITE, returns=schemas.ProgramOut, refuses=[NotFound]
)
def show_program(program_id: UUID) -> dict[str, Any]:
    """Return a program with its document, text, versions and who takes part."""
    return views.whole(ctx.db, queries.get_program(ctx.db, program_id))


@blueprint.put("/programs/<uuid:program_id>/draft")
@endpoint(
    allow=DESIGNERS,
    scope=Scope.PROGRAMS_WRITE,
    accepts=schemas.DocumentIn,
    returns=schemas.ProgramOut,
    refuses=[InvalidProgram, NotFound],
)
def change_draft(program_id: UUID, body: schemas.DocumentIn) -> dict[str, Any]:
    """Put another document in the draft."""
    service.change_draft(ctx.db, program_id=program_id, stated=body.document)
    return views.whole(ctx.db, queries.get_program(ctx.db, program_id))


@blueprint.post("/programs/<uuid:program_id>/validate")
@endpoint(
    allow=DESIGNERS,
    scope=Scope.PROGRAMS_WRITE,
    accepts=schemas.DocumentIn,
    returns=schemas.CheckOut,
    refuses=[InvalidProgram, NotFound],
)
def validate_document(program_id: UUID, body: schemas.DocumentIn) -> dict[str, Any]:
    """Say what a document says, or everything that is wrong with it; nothing is kept."""
    queries.get_program(ctx.db, program_id)
    return views.text_of(reading.read(body.document))


@blueprint.post("/programs/<uuid:program_id>/publish")
@endpoint(
    allow=DESIGNERS,
    scope=Scope.PROGRAMS_WRITE,
    returns=schemas.ProgramOut,
    refuses=[NothingToPublish, NotFound],
)
def publish_program(program_id: UUID) -> dict[str, Any]:
    """Seal the draft; it governs from now on."""
    service.publish_program(ctx.db, program_id=program_id)
    return views.whole(ctx.db, queries.get_program(ctx.db, program_id))


@blueprint.put("/programs/<uuid:program_id>/enrolments")
@endpoint(
    allow=DESIGNERS,
    scope=Scope.PROGRAMS_WRITE,
    accepts=schemas.EnrolmentsIn,
    returns=schemas.ProgramOut,
    refuses=[Invalid, NotFound],
)
def enrol(program_id: UUID, body: schemas.EnrolmentsIn) -> dict[str, Any]:
    """Say anew who takes part."""
    for rule in body.rules:
        if rule.person_id is not None:
            people.get_person(ctx.db, rule.person_id)
    rules = [EnrolmentRule(r.kind, r.person_id, r.first, r.last) for r in body.rules]
    service.enrol(ctx.db, program_id=program_id, rules=rules)
    return views.whole(ctx.db, queries.get_program(ctx.db, program_id))


@blueprint.put("/quotas")
@endpoint(
    allow=(*DESIGNERS, Role.MANAGER),
    scope=Scope.PROGRAMS_WRITE,
    accepts=schemas.QuotasIn,
    returns=schemas.QuotasSetOut,
    refuses=[Invalid, NotFound, QuotaOverlap, UnknownComponent],
    body_limit=2_000_000,
)
def set_quotas(body: schemas.QuotasIn) -> dict[str, int]:
    """Set quotas, all or none; what they pay changes at once."""
    changes = quota_input.changes_of(ctx.db, ctx.principal, body.items)
    return {"set": service.set_quotas(ctx.db, changes=changes)}


@blueprint.get("/quotas")
@endpoint(
    allow=EVERYONE,
    scope=Scope.PROGRAMS_WRITE,
    query=schemas.QuotaQuery,
    returns=schemas.QuotaPage,
    refuses=[Invalid],
)
def list_quotas(query: schemas.QuotaQuery) -> dict[str, Any]:
    """Return quotas of the people the asker may see."""
    page = queries.quotas(
        ctx.db,
        visible=people.visible_people(ctx.db, ctx.principal, people.today(ctx.db)),
        person_id=query.person,
        program_id=query.program,
        cursor=query.cursor,
        limit=query.limit,
    )
    return {
        "items": [views.quota(quota) for quota in page.items],
        "next_cursor": page.next_cursor,
    }


@blueprint.get("/me/earnings")
@endpoint(
    allow=EVERYONE,
    query=schemas.StatementQuery,
    returns=schemas.StatementOut,
    refuses=[Invalid],
)
def my_earnings(query: schemas.StatementQuery) -> dict[str, Any]:
    """Return a month of the signed-in person's pay."""
    return _statement(ctx.person_id, query)


@blueprint.get("/me/receipts/<line_id>")
@endpoint(allow=EVERYONE, returns=schemas.ReceiptOut, refuses=[NotFound])
def my_receipt(line_id: str) -> dict[str, Any]:
    """Return everything behind one of the signed-in person's amounts."""
    return views.receipt(receipts.receipt(ctx.db, ctx.person_id, line_id))


@blueprint.get("/me/progress")
@endpoint(allow=EVERYONE, returns=schemas.ProgressListOut)
def my_progress() -> dict[str, Any]:
    """Return how far the signed-in person is in everything that is open, and what comes next."""
    found = progress.progress(ctx.db, ctx.person_id)
    return {
        "items": [views.progress_of(each) for each in found],
        "nearest": progress.nearest(found),
    }


@blueprint.get("/me/what-if")
@endpoint(
    allow=EVERYONE,
    query=schemas.WhatIfQuery,
    returns=schemas.WhatIfOut,
    refuses=[Invalid, NotFound],
)
def my_what_if(query: schemas.WhatIfQuery) -> dict[str, Any]:
    """Return what one more activity would bring the signed-in person now."""
    found = progress.what_if(
        ctx.db,
        ctx.person_id,
        component_id=query.component,
        amount=None if query.amount is None else Fraction(query.amount),
        units=Fraction(query.units),
    )
    return {"money": found.money, "steps": found.explanation.to_json()}


@blueprint.get("/people/<uuid:person_id>/earnings")
@endpoint(
    allow=CONSOLE,
    scope=Scope.EARNINGS_READ,
    query=schemas.StatementQuery,
    returns=schemas.StatementOut,
    refuses=[Invalid, NotFound],
)
def earnings_of(person_id: UUID, query: schemas.StatementQuery) -> dict[str, Any]:
    """Return a month of a person's pay, to whoever may see the person."""
    people.get_visible_person(ctx.db, ctx.principal, person_id)
    return _statement(person_id, query)


@blueprint.get("/people/<uuid:person_id>/receipts/<line_id>")
@endpoint(
    allow=CONSOLE,
    scope=Scope.EARNINGS_READ,
    returns=schemas.ReceiptOut,
    refuses=[NotFound],
)
def receipt_of(person_id: UUID, line_id: str) -> dict[str, Any]:
    """Return everything behind one amount of a person, to whoever may see the person."""
    people.get_visible_person(ctx.db, ctx.principal, person_id)
    return views.receipt(receipts.receipt(ctx.db, person_id, line_id))


@blueprint.get("/earnings/totals")
@endpoint(
    allow=CONSOLE,
    scope=Scope.EARNINGS_READ,
    query=schemas.TotalsQuery,
    returns=schemas.TotalsOut,
    refuses=[Invalid],
)
def earnings_totals(query: schemas.TotalsQuery) -> dict[str, Any]:
    """Return exact sums of earnings of the people the asker may see."""
    found = totals.totals(
        ctx.db,
        group_by=query.group_by,
        visible=people.visible_people(ctx.db, ctx.principal, people.today(ctx.db)),
        program_id=query.program,
        first=query.first,
        last=query.last,
    )
    return {"items": found}


def _statement(person_id: UUID, query: schemas.StatementQuery) -> dict[str, Any]:
    calendar, today = people.calendar(ctx.db), people.today(ctx.db)
    month = statement.month_called(query.period, today)
    page = statement.lines(
        ctx.db,
        person_id,
        first=month.start,
        last=month.end,
        zone=calendar.zone,
        cursor=query.cursor,
        limit=query.limit,
    )
    own, *others = states.states_with(ctx.db, person_id, calendar.currency, today=today)
    months = statement.months(ctx.db, person_id, zone=calendar.zone, today=today)
    return {
        "as_of": ctx.now,
        "periods": [views.month(each) for each in months],
        "period": views.month(month),
        "currency": own.currency,
        "states": own,
        "other_currencies": others,
        "pay_on": own.pay_on,
        "lines": page.items,
        "next_cursor": page.next_cursor,
    }
