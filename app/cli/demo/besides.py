"""What Lumera pays besides sales: three programs that began as templates, and what people did for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.activities import service as activities
from app.activities.core import Ready
from app.cli.demo.company import PERSONAS, Worker
from app.db.unit_of_work import work_of
from app.http.principal import Role
from app.programs import queries, service, templates
from app.programs.service import EnrolmentRule

KEYS: Final = ("training", "referral", "performance-bonus")
SOURCE: Final = "academy"

_COURSES: Final = ("Safety at the door", "Reading a bill", "Fibre at home")
_PILOTS: Final = 12


def begin(db: Session, workers: Sequence[Worker], ids: dict[str, UUID]) -> None:
    """Publish the programs for a first group of reps, and tell what they learnt and whom they brought."""
    known = {each.name for each in queries.programs(db)}
    pilots = _pilots(workers, ids)
    for template in templates.templates():
        if template.key in KEYS and template.document["name"] not in known:
            made = service.create_program(db, stated=template.document)
            rules = [EnrolmentRule("person", person) for person in pilots]
            service.enrol(db, program_id=made.id, rules=rules)
            service.publish_program(db, program_id=made.id)
    # Nothing of the kind was told yet, so there is nothing that a worker would have to pay anew.
    work_of(db).events.clear()
    rows = [row for nth, person in enumerate(pilots) for row in _rows(db, nth, person)]
    activities.record_activities(db, source=SOURCE, rows=rows)


def _pilots(workers: Sequence[Worker], ids: dict[str, UUID]) -> list[UUID]:
    """Return reps whom no visitor plays: what visitors see stays about sales."""
    played = {each.number for each in PERSONAS}
    reps = [each for each in workers if Role.REP in each.roles and each.number not in played]
    return [ids[each.number.lower()] for each in reps[:_PILOTS]]


def _rows(db: Session, nth: int, person: UUID) -> list[Ready]:
    """Return what one of them did in the last days; nothing of it was sold."""
    score = {"score": str(72 + nth * 2)}
    courses: list[tuple[str, dict[str, Any]]] = [
        ("training", {"course": course} | score) for course in _COURSES[: 1 + nth % 3]
    ]
    other: list[tuple[str, dict[str, Any]]] = [("csat", {"score": f"{4 + nth % 2}"})]
    if nth % 4 == 0:
        other.append(("referral", {"candidate": f"Candidate {nth + 1}"}))
    return [
        Ready(
            external_id=f"{SOURCE}-{nth}-{place}",
            person_id=person,
            occurred_at=work_of(db).now - timedelta(hours=3 * place + nth + 1),
            amount_micros=0,
            currency="EUR",
            units_micros=0,
            kind=kind,
            attributes=json.dumps(attributes),
        )
        for place, (kind, attributes) in enumerate([*courses, *other])
    ]
