"""Agents and their sub-agents: the rates an agent sets, within what the plan allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.engine.document import Component
from app.engine.payout_rules import ComputedRatePayout, ComputedUnitPayout, MandateRate, Within
from app.kernel.errors import Problem
from app.kernel.ids import new_id
from app.people import queries as people
from app.people.queries import positions_table
from app.programs import queries, recalculation
from app.programs.earnings import Cause
from app.programs.errors import OutsideMandate
from app.programs.models import Mandate
from app.programs.queries import Published

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """A component whose rate an agent sets for sub-agents, and between which limits."""

    program: Published
    component: Component
    within: Within | None


@dataclass(frozen=True, slots=True)
class RateChange:
    """The rate of a sub-agent from a day on, until the agent sets another."""

    program_id: UUID
    component: str
    sub_agent_id: UUID
    rate: Decimal
    from_on: date


def openings(db: Session) -> list[Opening]:
    """Return every component under which agents set rates."""
    return [
        Opening(program, component, within)
        for program in queries.published(db)
        for component in program.document.components
        for within in _within(component)
    ]


def _within(component: Component) -> Iterator[Within | None]:
    payout = component.payout
    price = None
    if isinstance(payout, ComputedRatePayout):
        price = payout.rate
    elif isinstance(payout, ComputedUnitPayout):
        price = payout.amount
    if isinstance(price, MandateRate) and isinstance(
        payout, ComputedRatePayout | ComputedUnitPayout
    ):
        yield payout.within


def sub_agents(db: Session, agent_id: UUID, on: date) -> dict[UUID, str]:
    """Return the sub-agents directly under an agent on a day, by id, with their names."""
    table = positions_table()
    ids = db.scalars(
        select(table.c.person_id).where(
            table.c.tenant_id == tenant_of(db),
            table.c.manager_id == agent_id,
            table.c.kind == "sub_agent",
            table.c.from_on <= on,
            or_(table.c.to_on.is_(None), table.c.to_on > on),
        )
    ).all()
    return people.names(db, ids)


def mandates(db: Session, agent_id: UUID) -> list[Mandate]:
    """Return the rates that an agent has set, newest first."""
    return list(
        db.scalars(
            select(Mandate)
            .where(Mandate.tenant_id == tenant_of(db), Mandate.agent_id == agent_id)
            .order_by(Mandate.id.desc())
        )
    )


def set_rates(db: Session, *, agent_id: UUID, changes: Sequence[RateChange]) -> int:
    """Set rates of an agent's sub-agents, all or none; what they pay changes at once."""
    known = {(each.program.program_id, each.component.id): each for each in openings(db)}
    problems = [
        problem
        for index, change in enumerate(changes)
        for problem in _problems(db, agent_id, f"/items/{index}", change, known)
    ]
    if problems:
        raise OutsideMandate("Some rates are outside of the mandate.", problems=problems)
    for change in changes:
        _set(db, agent_id, change)
    db.flush()
    audit.record(
        db,
        action="mandates.set",
        object_kind="person",
        object_id=agent_id,
        after={"rates": [_as_json(change) for change in changes]},
    )
    for program in {change.program_id: known[change.program_id, change.component].program
                    for change in changes}.values():  # fmt: skip
        payees = sorted(
            {each.sub_agent_id for each in changes if each.program_id == program.program_id}
        )
        recalculation.resettle(db, program, payees, Cause("mandate", new_id()))
    return len(changes)


def _as_json(change: RateChange) -> dict[str, str]:
    return {
        "sub_agent": str(change.sub_agent_id),
        "component": change.component,
        "rate": str(change.rate),
        "from": change.from_on.isoformat(),
    }


def _problems(
    db: Session,
    agent_id: UUID,
    place: str,
    change: RateChange,
    known: dict[tuple[UUID, str], Opening],
) -> Iterator[Problem]:
    opening = known.get((change.program_id, change.component))
    if opening is None:
        yield Problem(f"{place}/component", "unknown", "No rate is set by agents here.")
        return
    if change.sub_agent_id not in sub_agents(db, agent_id, change.from_on):
        yield Problem(f"{place}/sub_agent_id", "unknown", "This is none of your sub-agents.")
    within = opening.within
    if within is not None and not within.min <= change.rate <= within.max:
        said = f"Choose a rate between {within.min} and {within.max}."
        yield Problem(f"{place}/rate", "outside_mandate", said)


def _set(db: Session, agent_id: UUID, change: RateChange) -> None:
    """Let the rate hold from its day on; what began then or later is replaced."""
    held = db.scalars(
        select(Mandate).where(
            Mandate.tenant_id == tenant_of(db),
            Mandate.program_id == change.program_id,
            Mandate.component == change.component,
            Mandate.sub_agent_id == change.sub_agent_id,
        )
    ).all()
    for mandate in held:
        first, after = mandate.valid.lower, mandate.valid.upper
        assert first is not None
        if first >= change.from_on:
            db.delete(mandate)
        elif after is None or after > change.from_on:
            mandate.valid = Range(first, change.from_on)
    db.flush()
    db.add(
        Mandate(
            tenant_id=tenant_of(db),
            id=new_id(),
            program_id=change.program_id,
            component=change.component,
            agent_id=agent_id,
            sub_agent_id=change.sub_agent_id,
            rate=change.rate,
            valid=Range(change.from_on, None),
            changed_at=work_of(db).now,
        )
    )
