"""Reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

import orjson
from sqlalchemy import Text, and_, cast, func, select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.engine import document as documents
from app.engine import reading
from app.engine.payout import Terms, terms_of
from app.kernel.errors import NotFound
from app.programs.models import Enrolment, Program, ProgramVersion, Quota


@dataclass(frozen=True, slots=True)
class Published:
    """The version of a program that governs."""

    program_id: UUID
    version: int
    sha256: str
    document: documents.Program

    @property
    def terms(self) -> Terms:
        """The currency and rounding of the program."""
        return terms_of(self.document)

    def find_component(self, component: str) -> documents.Component | None:
        """Return a component by its id, None when this version no longer has it."""
        return next((each for each in self.document.components if each.id == component), None)


@lru_cache(maxsize=512)
def parse(text: str) -> documents.Program:
    """Return the program that a stored document states."""
    return reading.read(orjson.loads(text))


def published(db: Session, program_ids: Collection[UUID] | None = None) -> list[Published]:
    """Return the governing version of every program (of `program_ids`), in one fixed order."""
    query = (
        select(
            ProgramVersion.program_id,
            ProgramVersion.version,
            ProgramVersion.sha256,
            cast(ProgramVersion.document, Text),
        )
        .join(
            Program,
            and_(
                Program.tenant_id == ProgramVersion.tenant_id,
                Program.id == ProgramVersion.program_id,
                Program.published_version == ProgramVersion.version,
            ),
        )
        .where(ProgramVersion.tenant_id == tenant_of(db))
        .order_by(ProgramVersion.program_id)
    )
    if program_ids is not None:
        query = query.where(ProgramVersion.program_id.in_(program_ids))
    return [
        Published(program_id, version, sha256 or "", parse(text))
        for program_id, version, sha256, text in db.execute(query)
    ]


def version_of(db: Session, program_id: UUID, version: int) -> Published:
    """Return one sealed version of a program."""
    row = get_version(db, program_id, version)
    return Published(
        program_id, version, row.sha256 or "", parse(orjson.dumps(row.document).decode())
    )


def get_program(db: Session, program_id: UUID) -> Program:
    """Return the program; raise NotFound when there is none here."""
    if (program := db.get(Program, (tenant_of(db), program_id))) is None:
        raise NotFound("There is no such program.")
    return program


def programs(db: Session) -> list[Program]:
    """Return every program, oldest first."""
    return list(
        db.scalars(select(Program).where(Program.tenant_id == tenant_of(db)).order_by(Program.id))
    )


def get_version(db: Session, program_id: UUID, version: int) -> ProgramVersion:
    """Return one version of a program; raise NotFound when there is none."""
    if (found := db.get(ProgramVersion, (tenant_of(db), program_id, version))) is None:
        raise NotFound("There is no such version.")
    return found


def versions(db: Session, program_id: UUID) -> list[ProgramVersion]:
    """Return the versions of a program, newest first."""
    return list(
        db.scalars(
            select(ProgramVersion)
            .where(
                ProgramVersion.tenant_id == tenant_of(db), ProgramVersion.program_id == program_id
            )
            .order_by(ProgramVersion.version.desc())
        )
    )


def find_draft(db: Session, program_id: UUID) -> ProgramVersion | None:
    """Return the draft of a program."""
    return next((each for each in versions(db, program_id) if each.state == "draft"), None)


def enrolments(db: Session, program_id: UUID) -> list[Enrolment]:
    """Return the enrolment rules of a program."""
    return list(
        db.scalars(
            select(Enrolment)
            .where(Enrolment.tenant_id == tenant_of(db), Enrolment.program_id == program_id)
            .order_by(Enrolment.id)
        )
    )


QuotaKey = tuple[UUID, str, UUID, date, date]


def targets(
    db: Session, program_ids: Iterable[UUID], payee_ids: Iterable[UUID]
) -> dict[QuotaKey, int]:
    """Return quotas by program, component, person, first and last day, in millionths."""
    rows = db.execute(
        select(
            Quota.program_id,
            Quota.component,
            Quota.person_id,
            func.lower(Quota.valid),
            func.upper(Quota.valid) - 1,
            Quota.target_micros,
        ).where(
            Quota.tenant_id == tenant_of(db),
            Quota.program_id.in_(set(program_ids)),
            Quota.person_id == func.any(list(set(payee_ids))),
        )
    )
    return {(row[0], row[1], row[2], row[3], row[4]): row[5] for row in rows}


def follows_positions(db: Session, program: Published) -> bool:
    """Whether who is credited under `program` depends on who reports to whom."""
    if any(each.credit.to == "override" for each in program.document.components):
        return True
    return any(rule.kind == "team_of" for rule in enrolments(db, program.program_id))
