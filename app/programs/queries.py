"""Reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Integer, Select, Text, Uuid, and_, bindparam, cast, func, select
from sqlalchemy.orm import Session

from app.db import driver
from app.db.unit_of_work import tenant_of
from app.engine import document as documents
from app.engine import reading
from app.engine.payout import Terms, terms_of
from app.kernel.errors import Invalid, NotFound
from app.kernel.pages import Page, decode_cursor, page_of
from app.people import queries as people
from app.programs import core
from app.programs.models import Enrolment, Program, ProgramVersion, Quota

_TENANT: Final = bindparam("tenant", type_=Uuid())
_SEALED: Final = "laurel.programs.sealed"


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

    @property
    def settles(self) -> bool:
        """Whether any component depends on more than one total and one quota."""
        return bool(core.plan_of(self.document).settled)

    def is_settled(self, component: str) -> bool:
        """Tell whether a component is settled rather than paid from its total."""
        return component in core.plan_of(self.document).settled

    def find_component(self, component: str) -> documents.Component | None:
        """Return a component by its id, None when this version no longer has it."""
        return next((each for each in self.document.components if each.id == component), None)


@lru_cache(maxsize=512)
def parse(text: str) -> documents.Program:
    """Return the program that a stored document states."""
    return reading.read(orjson.loads(text))


def published(db: Session, program_ids: Collection[UUID] | None = None) -> list[Published]:
    """Return the governing version of every program (of `program_ids`), in one fixed order."""
    rows = driver.run(db, _published(), {"tenant": tenant_of(db)})
    return [
        Published(program_id, version, sha256 or "", parse(text))
        for program_id, version, sha256, text in rows
        if program_ids is None or program_id in program_ids
    ]


@cache
def _published() -> Select[UUID, int, str | None, str]:
    return (
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
        .where(ProgramVersion.tenant_id == _TENANT)
        .order_by(ProgramVersion.program_id)
    )


def version_of(db: Session, program_id: UUID, version: int) -> Published:
    """Return one sealed version of a program; it never changes, so a transaction reads it once."""
    known: dict[tuple[UUID, int], Published] = db.info.setdefault(_SEALED, {})
    if (found := known.get((program_id, version))) is None:
        asked = {"tenant": tenant_of(db), "program": program_id, "version": version}
        if not (rows := driver.run(db, _sealed(), asked)):
            raise NotFound("There is no such version.")
        found = known[program_id, version] = Published(
            program_id, version, rows[0][0], parse(rows[0][1])
        )
    return found


@cache
def _sealed() -> Select[str | None, str]:
    return select(ProgramVersion.sha256, cast(ProgramVersion.document, Text)).where(
        ProgramVersion.tenant_id == _TENANT,
        ProgramVersion.program_id == bindparam("program", type_=Uuid()),
        ProgramVersion.version == bindparam("version", type_=Integer()),
        ProgramVersion.state == "published",
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
    given = {
        "tenant": tenant_of(db),
        "programs": list(set(program_ids)),
        "payees": list(set(payee_ids)),
    }
    rows = driver.run(db, _targets(), given)
    return {(row[0], row[1], row[2], row[3], row[4]): row[5] for row in rows}


@cache
def _targets() -> Select[Any]:
    return select(
        Quota.program_id,
        Quota.component,
        Quota.person_id,
        func.lower(Quota.valid),
        func.upper(Quota.valid) - 1,
        Quota.target_micros,
    ).where(
        Quota.tenant_id == _TENANT,
        Quota.program_id == func.any(bindparam("programs", type_=ARRAY(Uuid()))),
        Quota.person_id == func.any(bindparam("payees", type_=ARRAY(Uuid()))),
    )


def follows_positions(db: Session, program: Published) -> bool:
    """Whether who is credited under `program` depends on who reports to whom."""
    if core.plan_of(program.document).follows_positions:
        return True
    return any(rule.kind == "team_of" for rule in enrolments(db, program.program_id))


def takers(db: Session, program_id: UUID, on: date) -> set[UUID]:
    """Return who takes part in a program on a day."""
    rules = [rule for rule in enrolments(db, program_id) if on in rule.valid]
    if any(rule.kind == "everybody" for rule in rules):
        table = people.people_table(on)
        return set(db.scalars(select(table.c.id).where(table.c.active)))
    found: set[UUID] = set()
    for rule in rules:
        if rule.person_id is not None:
            found.add(rule.person_id)
        if rule.kind == "team_of" and rule.person_id is not None:
            found |= people.subtree(db, rule.person_id, on)
    return found


def quotas(
    db: Session,
    *,
    visible: Select[UUID],
    person_id: UUID | None,
    program_id: UUID | None,
    cursor: str | None,
    limit: int,
) -> Page[Quota]:
    """Return quotas of `visible` people, newest first."""
    query = (
        select(Quota)
        .where(Quota.tenant_id == tenant_of(db), Quota.person_id.in_(visible))
        .order_by(Quota.id.desc())
        .limit(limit + 1)
    )
    if person_id is not None:
        query = query.where(Quota.person_id == person_id)
    if program_id is not None:
        query = query.where(Quota.program_id == program_id)
    if cursor is not None:
        query = query.where(Quota.id < _id_in(cursor))
    return page_of(list(db.scalars(query)), limit, lambda quota: (str(quota.id),))


def _id_in(cursor: str) -> UUID:
    try:
        return UUID(decode_cursor(cursor, str)[0])
    except ValueError:
        raise Invalid("This page marker is not valid.") from None
