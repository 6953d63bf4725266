"""What a person can do with programs: state, publish, enrol, set quotas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import actor_of, record, tenant_of, work_of
from app.engine import document, reading
from app.kernel import strict_json
from app.kernel.clock import day_in_zone
from app.kernel.errors import Problem
from app.kernel.ids import new_id
from app.programs import naming, noted, queries, recalculation
from app.programs.earnings import Cause
from app.programs.errors import NothingToPublish, QuotaOverlap, UnknownComponent
from app.programs.events import ProgramPublished
from app.programs.models import Enrolment, Program, ProgramVersion
from app.programs.queries import Published


def create_program(db: Session, *, stated: Any) -> Program:
    """Keep a new program as a draft in which everybody takes part."""
    parsed = _read(db, stated)
    now = work_of(db).now
    program = Program(
        tenant_id=tenant_of(db),
        id=new_id(),
        name=parsed.name,
        currency=parsed.currency,
        published_version=None,
        settled_on=None,
        created_at=now,
    )
    db.add(program)
    db.flush()
    _add_draft(db, program.id, 1, parsed)
    enrol(db, program_id=program.id, rules=[EnrolmentRule("everybody")])
    audit.record(
        db,
        action="program.created",
        object_kind="program",
        object_id=program.id,
        after={"name": program.name},
    )
    return program


def change_draft(db: Session, *, program_id: UUID, stated: Any) -> ProgramVersion:
    """Put another document in the program's draft; a published program gets its next version as draft."""
    parsed = _read(db, stated)
    program = queries.get_program(db, program_id)
    if parsed.currency != program.currency and program.published_version is not None:
        detail = "A program that has paid keeps its currency."
        raise reading.InvalidProgram(detail, problems=[Problem("/currency", "fixed", detail)])
    draft = queries.find_draft(db, program_id)
    before = draft.document if draft else None
    if draft is None:
        latest = queries.versions(db, program_id)[0].version
        draft = _add_draft(db, program_id, latest + 1, parsed)
    else:
        draft.document = as_json(parsed)
    if program.published_version is None:
        program.name, program.currency = parsed.name, parsed.currency
    audit.record(
        db,
        action="program.changed",
        object_kind="program",
        object_id=program_id,
        before=before,
        after=draft.document,
    )
    db.flush()
    return draft


def publish_program(db: Session, *, program_id: UUID) -> ProgramVersion:
    """Seal the draft; it governs from now on and everything it pays is paid anew by it."""
    program = queries.get_program(db, program_id)
    draft = queries.find_draft(db, program_id)
    if draft is None:
        raise NothingToPublish("There is no draft of this program to publish.")
    parsed = reading.read(draft.document)
    draft.state = "published"
    draft.sha256 = reading.fingerprint(parsed)
    draft.published_at = work_of(db).now
    draft.published_by = actor_of(db).label
    program.name, program.published_version = parsed.name, draft.version
    db.flush()
    audit.record(
        db,
        action="program.published",
        object_kind="program",
        object_id=program_id,
        after={"version": draft.version, "sha256": draft.sha256},
    )
    record(db, ProgramPublished(program_id=program_id, version=draft.version))
    return draft


def recalculate(db: Session, *, program_id: UUID) -> int:
    """Rebuild credits and earnings from the activities; return how many earnings had to change."""
    changed = recalculation.recalculate(db, program_id)
    audit.record(
        db,
        action="program.recalculated",
        object_kind="program",
        object_id=program_id,
        after={"changed": len(changed)},
    )
    return len(changed)


def turn_day(db: Session) -> int:
    """Settle each program once on every day of its zone; return how many earnings changed."""
    changed = 0
    for published in queries.published(db):
        program = queries.get_program(db, published.program_id)
        today = day_in_zone(work_of(db).now, published.document.zone)
        if published.settles and program.settled_on != today:
            changed += len(recalculation.settle(db, published, Cause("day", new_id())))
            program.settled_on = today
    return changed


@dataclass(frozen=True, slots=True)
class EnrolmentRule:
    """Who takes part: `everybody`, the `team_of` a manager, or one `person`; days include both ends."""

    kind: str
    person_id: UUID | None = None
    first: date | None = None
    last: date | None = None


def enrol(db: Session, *, program_id: UUID, rules: Sequence[EnrolmentRule]) -> None:
    """Say anew who takes part in a program, and rebuild what is published."""
    program = queries.get_program(db, program_id)
    before = noted.enrolments(db, program_id)
    db.execute(
        delete(Enrolment).where(
            Enrolment.tenant_id == tenant_of(db), Enrolment.program_id == program_id
        )
    )
    for rule in rules:
        db.add(
            Enrolment(
                tenant_id=tenant_of(db),
                id=new_id(),
                program_id=program_id,
                kind=rule.kind,
                person_id=rule.person_id,
                valid=_range(rule.first, rule.last),
            )
        )
    db.flush()
    audit.record(
        db,
        action="program.enrolled",
        object_kind="program",
        object_id=program_id,
        before=before,
        after=noted.enrolments(db, program_id),
    )
    if program.published_version is not None:
        recalculation.recalculate(db, program_id, Cause("enrolment", new_id()))


@dataclass(frozen=True, slots=True)
class QuotaChange(noted.Placed):
    """A quota as it shall be; the target is in millionths of the measure."""

    target_micros: int


_SET_QUOTAS = text(
    """
    WITH given AS (
      SELECT * FROM unnest(CAST(:programs AS uuid[]), CAST(:components AS text[]),
                           CAST(:people AS uuid[]), CAST(:firsts AS date[]),
                           CAST(:afters AS date[]), CAST(:targets AS bigint[]))
             AS given(program_id, component, person_id, first, after, target)
    ), same AS (
      UPDATE quotas q SET target_micros = given.target, changed_at = :now
        FROM given
       WHERE q.tenant_id = :tenant AND q.program_id = given.program_id
         AND q.component = given.component AND q.person_id = given.person_id
         AND q.valid = daterange(given.first, given.after)
      RETURNING given.*
    )
    INSERT INTO quotas (tenant_id, program_id, component, person_id, valid, target_micros,
                        changed_at)
    SELECT :tenant, program_id, component, person_id, daterange(first, after), target, :now
      FROM (SELECT * FROM given EXCEPT ALL SELECT * FROM same) AS fresh
    """
)


def set_quotas(db: Session, *, changes: Sequence[QuotaChange]) -> int:
    """Set quotas, replacing those of the same days; what they pay changes at once."""
    if not changes:
        return 0
    programs = {program.program_id: program for program in _programs_of(db, changes)}
    before = noted.quotas(db, changes)
    try:
        with db.begin_nested():
            db.execute(
                _SET_QUOTAS,
                {
                    "tenant": tenant_of(db),
                    "now": work_of(db).now,
                    "programs": [each.program_id for each in changes],
                    "components": [each.component for each in changes],
                    "people": [each.person_id for each in changes],
                    "firsts": [each.first for each in changes],
                    "afters": [each.last + timedelta(days=1) for each in changes],
                    "targets": [each.target_micros for each in changes],
                },
            )
    except IntegrityError as error:
        if "ex_quotas_no_overlap" not in str(error.orig):
            raise
        raise QuotaOverlap("Some of these days have a quota already, for other days.") from None
    audit.record(
        db,
        action="quotas.set",
        object_kind="quotas",
        object_id=changes[0].program_id,
        before=before,
        after=noted.quotas(db, changes),
    )
    _pay_by_new_quotas(db, changes, programs)
    return len(changes)


def _pay_by_new_quotas(
    db: Session, changes: Sequence[QuotaChange], programs: dict[UUID, Published]
) -> None:
    people: dict[tuple[UUID, str], set[UUID]] = defaultdict(set)
    for change in changes:
        component_id = change.component.partition(".")[0]
        people[change.program_id, component_id].add(change.person_id)
    cause = Cause("quota", new_id())
    for (program_id, component_id), payees in people.items():
        if (program := programs.get(program_id)) is None:
            continue
        component = program.find_component(component_id)
        is_summed = not program.is_settled(component_id)
        if component is not None and component.period.kind == "quota" and is_summed:
            recalculation.recredit(db, program, component, payees, cause)
        else:
            recalculation.repay(db, program, component_id, payees, cause)


def _programs_of(db: Session, changes: Sequence[QuotaChange]) -> list[Published]:
    """Return the published programs that `changes` name; refuse what has no quota of its own."""
    ids = {change.program_id for change in changes}
    known = {program_id: set(_with_quotas(_latest(db, program_id))) for program_id in ids}
    problems = [
        Problem(f"/items/{index}/component", "unknown", "The program has no such component.")
        for index, change in enumerate(changes)
        if change.component not in known[change.program_id]
    ]
    if problems:
        raise UnknownComponent("The program has no such component.", problems=problems)
    return queries.published(db, ids)


def _with_quotas(program: document.Program) -> Iterator[str]:
    """Yield what quotas may be set for: components, and figures of theirs as component.figure."""
    for component in program.components:
        yield component.id
        yield from (f"{component.id}.{figure}" for figure in component.figures or {})


def _latest(db: Session, program_id: UUID) -> document.Program:
    """Return what the newest version of a program says."""
    queries.get_program(db, program_id)
    return reading.read(queries.versions(db, program_id)[0].document)


def _read(db: Session, stated: Any) -> document.Program:
    """Return the program that a document states, all of whose people are here."""
    parsed = reading.read(stated)
    naming.refuse_nobody(db, parsed)
    return parsed


def _add_draft(
    db: Session, program_id: UUID, version: int, parsed: document.Program
) -> ProgramVersion:
    draft = ProgramVersion(
        tenant_id=tenant_of(db),
        program_id=program_id,
        version=version,
        state="draft",
        document=as_json(parsed),
        created_at=work_of(db).now,
        sha256=None,
        published_at=None,
        published_by=None,
    )
    db.add(draft)
    db.flush()
    return draft


def as_json(parsed: document.Program) -> dict[str, Any]:
    """Return a document as it is kept."""
    found: dict[str, Any] = strict_json.loads(reading.canonical(parsed))
    return found


def _range(first: date | None, last: date | None) -> Range[date]:
    return Range(first, None if last is None else last + timedelta(days=1))
