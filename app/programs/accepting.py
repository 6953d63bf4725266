"""Terms: what a participant accepts, once for each version of a program."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.clock import day_in_zone
from app.kernel.errors import NotFound
from app.programs import queries
from app.programs.models import TermsAcceptance


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a version that governs, and when the person accepted them."""

    program_id: UUID
    program_name: str
    version: int
    sha256: str
    text: str | None
    accepted_at: datetime | None


def terms(db: Session, person_id: UUID) -> list[Terms]:
    """Return the terms of everything that a person takes part in today."""
    accepted = {
        (row.program_id, row.version): row.accepted_at
        for row in db.scalars(
            select(TermsAcceptance).where(
                TermsAcceptance.tenant_id == tenant_of(db), TermsAcceptance.person_id == person_id
            )
        )
    }
    now = work_of(db).now
    return [
        Terms(
            program_id=program.program_id,
            program_name=program.document.name,
            version=program.version,
            sha256=program.sha256,
            text=program.document.terms.text if program.document.terms else None,
            accepted_at=accepted.get((program.program_id, program.version)),
        )
        for program in queries.published(db)
        if person_id
        in queries.takers(db, program.program_id, day_in_zone(now, program.document.zone))
    ]


def accept(db: Session, person_id: UUID, *, program_id: UUID, version: int) -> Terms:
    """Accept the terms of a version that governs; doing so again changes nothing."""
    asked = (program_id, version)
    found = next(
        (each for each in terms(db, person_id) if (each.program_id, each.version) == asked), None
    )
    if found is None:
        raise NotFound("There are no such terms to accept.")
    if found.accepted_at is None:
        db.execute(
            insert(TermsAcceptance)
            .values(
                tenant_id=tenant_of(db),
                program_id=program_id,
                version=version,
                person_id=person_id,
                sha256=found.sha256,
                accepted_at=work_of(db).now,
            )
            .on_conflict_do_nothing()
        )
        audit.record(
            db,
            action="terms.accepted",
            object_kind="program",
            object_id=program_id,
            after={"version": version, "sha256": found.sha256},
        )
    return next(each for each in terms(db, person_id) if each.program_id == program_id)
