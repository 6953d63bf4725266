"""The API of designing: where to begin, what changes, what it would cost; and what participants set."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from app.engine.reading import InvalidProgram
from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import DESIGNERS, EVERYONE, Role, Scope
from app.kernel.errors import Invalid, NotFound
from app.people import queries as people
from app.programs import (
    accepting,
    agents,
    amending,
    comparing,
    known_of,
    plan_schemas,
    plan_views,
    queries,
    rates,
    simulating,
    templates,
)
from app.programs.errors import ChangesThePast, LowersPay, NothingToAmend, OutsideMandate

blueprint = api_blueprint("plans", __name__)


@blueprint.get("/programs/templates")
@endpoint(allow=EVERYONE, scope=Scope.PROGRAMS_WRITE, returns=plan_schemas.TemplatesOut)
def list_templates() -> dict[str, Any]:
    """Return every program to begin from."""
    return {"items": [plan_views.template(each) for each in templates.templates()]}


@blueprint.get("/programs/<uuid:program_id>/comparison")
@endpoint(
    allow=EVERYONE,
    scope=Scope.PROGRAMS_WRITE,
    query=plan_schemas.CompareQuery,
    returns=plan_schemas.ComparisonOut,
    refuses=[Invalid, NotFound],
)
def compare_versions(program_id: UUID, query: plan_schemas.CompareQuery) -> dict[str, Any]:
    """Return what one version says otherwise than another."""
    program = queries.get_program(ctx.db, program_id)
    newest = queries.versions(ctx.db, program_id)[0].version
    before = query.before or program.published_version or newest
    found = [
        queries.get_version(ctx.db, program_id, version).document
        for version in (before, query.after or newest)
    ]
    return plan_views.comparison(comparing.compare(*found))


@blueprint.post("/programs/<uuid:program_id>/amendments")
@endpoint(
    allow=DESIGNERS,
    scope=Scope.PROGRAMS_WRITE,
    accepts=plan_schemas.AmendmentIn,
    returns=plan_schemas.AmendmentOut,
    refuses=[ChangesThePast, InvalidProgram, LowersPay, NotFound, NothingToAmend],
)
def amend_program(program_id: UUID, body: plan_schemas.AmendmentIn) -> dict[str, Any]:
    """Show who gains and who loses by another document; without `dry_run` seal it and pay by it."""
    if body.dry_run:
        found = amending.preview(
            ctx.db, program_id=program_id, stated=body.document, first=body.from_
        )
        return plan_views.amendment(found, None)
    amendment, found = amending.amend(
        ctx.db,
        program_id=program_id,
        stated=body.document,
        first=body.from_,
        reason=body.reason,
    )
    return plan_views.amendment(found, amendment.version)


@blueprint.post("/programs/<uuid:program_id>/simulate")
@endpoint(
    allow=(*DESIGNERS, Role.MANAGER),
    scope=Scope.PROGRAMS_WRITE,
    accepts=plan_schemas.SimulationIn,
    returns=plan_schemas.SimulationOut,
    refuses=[InvalidProgram, NotFound],
)
def simulate(program_id: UUID, body: plan_schemas.SimulationIn) -> dict[str, Any]:
    """Say what a document would have cost on days that have passed, beside what was paid."""
    asked = simulating.Asked(
        program_id=program_id,
        document=body.document,
        first=body.from_,
        last=body.to,
        budget=None if body.budget is None else Decimal(body.budget),
        sensitivity=body.sensitivity,
    )
    return simulating.answer(ctx.db, asked, asked_by=ctx.principal, visible=_visible())


@blueprint.get("/programs/<uuid:program_id>/simulations/<uuid:simulation_id>")
@endpoint(
    allow=(*DESIGNERS, Role.MANAGER),
    scope=Scope.PROGRAMS_WRITE,
    returns=plan_schemas.SimulationOut,
    refuses=[NotFound],
)
def show_simulation(program_id: UUID, simulation_id: UUID) -> dict[str, Any]:
    """Return how far a simulation is, and what it found."""
    return simulating.show(ctx.db, program_id, simulation_id, visible=_visible())


def _visible() -> set[UUID]:
    query = people.visible_people(ctx.db, ctx.principal, people.today(ctx.db))
    return set(ctx.db.scalars(query))


@blueprint.get("/exchange-rates")
@endpoint(
    allow=EVERYONE,
    scope=Scope.PROGRAMS_WRITE,
    query=plan_schemas.ExchangeRatesQuery,
    returns=plan_schemas.ExchangeRatesOut,
    refuses=[Invalid],
)
def list_exchange_rates(query: plan_schemas.ExchangeRatesQuery) -> dict[str, Any]:
    """Return the rates of exchange, newest first, or those that hold on a day."""
    found = rates.exchange_rates(ctx.db, on=query.on)
    return {"items": [plan_views.exchange_rate(each) for each in found]}


@blueprint.put("/exchange-rates")
@endpoint(
    allow=(*DESIGNERS, Role.FINANCE),
    scope=Scope.PROGRAMS_WRITE,
    accepts=plan_schemas.ExchangeRatesIn,
    returns=plan_schemas.SetOut,
    refuses=[Invalid],
    body_limit=2_000_000,
)
def set_exchange_rates(body: plan_schemas.ExchangeRatesIn) -> dict[str, int]:
    """Set dated rates of exchange; what they converted is paid anew."""
    given = [
        rates.RateSet(each.currency, each.into, each.from_, Decimal(each.rate), each.source)
        for each in body.items
    ]
    return {"set": rates.set_rates(ctx.db, rates=given)}


@blueprint.get("/payee-attributes")
@endpoint(
    allow=(*DESIGNERS, Role.FINANCE, Role.AUDITOR),
    scope=Scope.PROGRAMS_WRITE,
    query=plan_schemas.AttributesQuery,
    returns=plan_schemas.AttributePage,
    refuses=[Invalid],
)
def list_attributes(query: plan_schemas.AttributesQuery) -> Any:
    """Return what is known of people for their pay, such as a grade or a salary."""
    return known_of.attributes(
        ctx.db, person_id=query.person, cursor=query.cursor, limit=query.limit
    )


@blueprint.put("/payee-attributes")
@endpoint(
    allow=(*DESIGNERS, Role.FINANCE),
    scope=Scope.PROGRAMS_WRITE,
    accepts=plan_schemas.AttributesIn,
    returns=plan_schemas.SetOut,
    refuses=[Invalid],
    body_limit=2_000_000,
)
def set_attributes(body: plan_schemas.AttributesIn) -> dict[str, int]:
    """Set what is known of people, all or none; what depends on it is paid anew at once."""
    changes = known_of.changes_of(ctx.db, ctx.principal, body.items)
    return {"set": known_of.set_attributes(ctx.db, changes=changes)}


@blueprint.get("/me/mandates")
@endpoint(allow=EVERYONE, returns=plan_schemas.MandatesOut)
def my_mandates() -> dict[str, Any]:
    """Return whose rates the signed-in agent sets, within which limits, and what was set."""
    return plan_views.mandates(ctx.db, ctx.person_id, people.today(ctx.db))


@blueprint.put("/me/mandates")
@endpoint(
    allow=EVERYONE,
    accepts=plan_schemas.MandatesIn,
    returns=plan_schemas.MandatesOut,
    refuses=[OutsideMandate],
)
def set_my_mandates(body: plan_schemas.MandatesIn) -> dict[str, Any]:
    """Set rates of the signed-in agent's sub-agents, all or none."""
    changes = [
        agents.RateChange(
            each.program, each.component, each.sub_agent_id, Decimal(each.rate), each.from_
        )
        for each in body.items
    ]
    agents.set_rates(ctx.db, agent_id=ctx.person_id, changes=changes)
    return plan_views.mandates(ctx.db, ctx.person_id, people.today(ctx.db))


@blueprint.get("/me/terms")
@endpoint(allow=EVERYONE, returns=plan_schemas.TermsListOut)
def my_terms() -> dict[str, Any]:
    """Return the terms of everything the signed-in person takes part in."""
    return {"items": accepting.terms(ctx.db, ctx.person_id)}


@blueprint.post("/me/terms")
@endpoint(
    allow=EVERYONE,
    accepts=plan_schemas.AcceptIn,
    returns=plan_schemas.TermsOut,
    refuses=[NotFound],
)
def accept_terms(body: plan_schemas.AcceptIn) -> accepting.Terms:
    """Accept the terms of a version in force."""
    return accepting.accept(ctx.db, ctx.person_id, program_id=body.program, version=body.version)
