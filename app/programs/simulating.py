"""Answering a simulation: at once when it is small, in a worker with its progress when it is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.engine import reading
from app.http.principal import Principal
from app.jobs.queue import enqueue, job, tenant_transaction
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.money import exponent_of
from app.programs import plan_schemas, plan_views, queries, simulation
from app.programs.models import SimulationRun
from app.programs.queries import Published

AT_ONCE: Final = 20_000
"""Up to so many activities are settled while the asker waits."""

_EVERYBODY: Final = "payees"


@dataclass(frozen=True, slots=True)
class Asked:
    """What to simulate."""

    program_id: UUID
    document: dict[str, Any] | None
    first: date
    last: date
    budget: Decimal | None
    sensitivity: bool


def answer(db: Session, asked: Asked, *, asked_by: Principal, visible: set[UUID]) -> dict[str, Any]:
    """Return what a simulation found, or that a worker is at it."""
    program = _program(db, asked)
    if simulation.count_activities(db, program, asked.first, asked.last) <= AT_ONCE:
        found = _simulate(db, program, asked)
        return {
            "id": None,
            "state": "done",
            "percent": 100,
            "result": plan_views.result(found, visible),
        }
    run = SimulationRun(
        tenant_id=tenant_of(db),
        id=new_id(),
        program_id=asked.program_id,
        asked=_as_json(asked),
        state="waiting",
        percent=0,
        result=None,
        asked_by=asked_by.actor.label,
        asked_at=work_of(db).now,
    )
    db.add(run)
    db.flush()
    enqueue(db, simulate_later, simulation_id=str(run.id))
    return {"id": run.id, "state": run.state, "percent": 0, "result": None}


def show(
    db: Session, program_id: UUID, simulation_id: UUID, *, visible: set[UUID]
) -> dict[str, Any]:
    """Return how far a simulation is; raise NotFound when the program has none of that id."""
    run = db.get(SimulationRun, (tenant_of(db), simulation_id))
    if run is None or run.program_id != program_id:
        raise NotFound("There is no such simulation.")
    result = run.result
    if result is not None:
        payees = [each for each in result[_EVERYBODY] if UUID(each["person_id"]) in visible]
        result = {**result, _EVERYBODY: payees}
    return {"id": run.id, "state": run.state, "percent": run.percent, "result": result}


def _program(db: Session, asked: Asked) -> Published:
    """Return the document to simulate as if it governed."""
    queries.get_program(db, asked.program_id)
    newest = queries.versions(db, asked.program_id)[0]
    parsed = reading.read(newest.document if asked.document is None else asked.document)
    return Published(asked.program_id, newest.version, reading.fingerprint(parsed), parsed)


def _simulate(
    db: Session, program: Published, asked: Asked, tell: simulation.Tell | None = None
) -> simulation.Simulation:
    """Simulate what was asked; in bulk when a worker does it, who says how far it is."""
    budget = asked.budget
    minor = None if budget is None else int(budget.scaleb(exponent_of(program.document.currency)))
    return simulation.simulate(
        db,
        program,
        first=asked.first,
        last=asked.last,
        budget_minor=minor,
        factors=simulation.FACTORS if asked.sensitivity else (),
        in_bulk=tell is not None,
        tell=tell or (lambda _percent: None),
    )


def _as_json(asked: Asked) -> dict[str, Any]:
    return {
        "program_id": str(asked.program_id),
        "document": asked.document,
        "first": asked.first.isoformat(),
        "last": asked.last.isoformat(),
        "budget": None if asked.budget is None else str(asked.budget),
        "sensitivity": asked.sensitivity,
    }


def _from_json(raw: dict[str, Any]) -> Asked:
    return Asked(
        program_id=UUID(raw["program_id"]),
        document=raw["document"],
        first=date.fromisoformat(raw["first"]),
        last=date.fromisoformat(raw["last"]),
        budget=None if raw["budget"] is None else Decimal(raw["budget"]),
        sensitivity=raw["sensitivity"],
    )


@job(name="programs.simulate", queue_name="slow", retry=1, transaction=False)
def simulate_later(tenant_id: UUID, simulation_id: str) -> None:
    """Simulate what was asked; each step of the way is told in a transaction of its own."""
    run_id = UUID(simulation_id)

    def tell(percent: int, state: str = "running", result: dict[str, Any] | None = None) -> None:
        with tenant_transaction(tenant_id) as db:
            db.execute(
                update(SimulationRun)
                .where(SimulationRun.tenant_id == tenant_id, SimulationRun.id == run_id)
                .values(percent=percent, state=state, result=result)
            )

    done = False
    try:
        with tenant_transaction(tenant_id) as db:
            run = db.get_one(SimulationRun, (tenant_id, run_id))
            asked = _from_json(run.asked)
            found = _simulate(db, _program(db, asked), asked, tell)
            everybody = {each.person_id for each in found.payees}
            shape = plan_schemas.ResultOut.model_validate(plan_views.result(found, everybody))
        tell(100, "done", shape.model_dump(mode="json", by_alias=True))
        done = True
    finally:
        if not done:
            tell(100, "failed")
