"""From what designing a program finds to what its API says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.engine import reading
from app.engine.exact import decimal_text
from app.kernel.money import Money
from app.programs import agents, simulation, views
from app.programs.amending import Preview
from app.programs.comparing import Comparison
from app.programs.models import ExchangeRate
from app.programs.templates import Template

DAY = timedelta(days=1)


def template(found: Template) -> dict[str, Any]:
    """Return a template with what its document says."""
    said = views.text_of(reading.read(found.document))
    return {
        "key": found.key,
        "category": found.category,
        "name": found.name,
        "description": found.description,
        "document": found.document,
        "text": said["text"],
        "english": said["english"],
    }


def comparison(found: Comparison) -> dict[str, Any]:
    """Return what differs as JSON data."""
    return {
        "changes": found.changes,
        "gone": [each.to_json() for each in found.gone],
        "new": [each.to_json() for each in found.new],
    }


def amendment(found: Preview, version: int | None) -> dict[str, Any]:
    """Return what an amendment changes, and for whom."""
    return {
        "version": version,
        "comparison": comparison(found.comparison),
        "gain": sum(each.difference_minor > 0 for each in found.effects),
        "lose": sum(each.difference_minor < 0 for each in found.effects),
        "effects": [
            {
                "person_id": each.person_id,
                "name": each.name,
                "before": Money(each.before_minor, found.currency),
                "after": Money(each.after_minor, found.currency),
                "difference": Money(each.difference_minor, found.currency),
            }
            for each in found.effects
        ],
        "lowers": found.lowers,
        "changes_the_past": found.changes_the_past,
    }


def result(found: simulation.Simulation, visible: set[UUID]) -> dict[str, Any]:
    """Return what a simulation found; people by name only where the asker may see them."""

    def money(minor: int) -> Money:
        return Money(minor, found.currency)

    moves = [each.difference_minor for each in found.payees]
    return {
        "activities": found.activities,
        "simulated": money(found.simulated_minor),
        "paid": money(found.paid_minor),
        "difference": money(found.simulated_minor - found.paid_minor),
        "gain": sum(move > 0 for move in moves),
        "lose": sum(move < 0 for move in moves),
        "same": sum(move == 0 for move in moves),
        "payees": [
            {
                "person_id": each.person_id,
                "name": each.name,
                "simulated": money(each.simulated_minor),
                "paid": money(each.paid_minor),
                "difference": money(each.difference_minor),
            }
            for each in found.payees
            if each.person_id in visible
        ],
        "attainment": [{"share": share, "count": count} for share, count in found.attainment],
        "sensitivity": [
            {"share": decimal_text(each.share), "cost": money(each.cost_minor)}
            for each in found.sensitivity
        ],
        "warnings": found.warnings,
    }


def exchange_rate(found: ExchangeRate) -> dict[str, Any]:
    """Return a rate as JSON data."""
    return {
        "currency": found.currency,
        "into": found.into,
        "from": found.from_on,
        "rate": decimal_text(found.rate),
        "source": found.source,
        "changed_at": found.changed_at,
    }


def mandates(db: Session, agent_id: UUID, on: date) -> dict[str, Any]:
    """Return what an agent may set, for whom, and what was set."""
    people = agents.sub_agents(db, agent_id, on)
    return {
        "openings": [
            {
                "program_id": each.program.program_id,
                "program_name": each.program.document.name,
                "component": each.component.id,
                "component_name": each.component.name,
                "min": None if each.within is None else decimal_text(each.within.min),
                "max": None if each.within is None else decimal_text(each.within.max),
            }
            for each in (agents.openings(db) if people else ())
        ],
        "sub_agents": [{"person_id": id_, "name": name} for id_, name in people.items()],
        "items": [
            {
                "program_id": each.program_id,
                "component": each.component,
                "sub_agent_id": each.sub_agent_id,
                "rate": decimal_text(each.rate),
                "from": each.valid.lower,
                "to": None if each.valid.upper is None else each.valid.upper - DAY,
            }
            for each in agents.mandates(db, agent_id)
        ],
    }
