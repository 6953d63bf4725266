"""Changing a published program: who gains and who loses, before anything is sealed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.db.unit_of_work import actor_of, record, work_of
from app.engine import reading
from app.kernel.ids import new_id
from app.people.queries import names
from app.programs import comparing, naming, queries, recalculation, service
from app.programs.comparing import Comparison
from app.programs.earnings import Difference
from app.programs.errors import ChangesThePast, LowersPay, NothingToAmend
from app.programs.events import ProgramAmended
from app.programs.models import Amendment
from app.programs.queries import Published


@dataclass(frozen=True, slots=True)
class Effect:
    """What an amendment would do to one person's pay, in minor units."""

    person_id: UUID
    name: str
    before_minor: int
    after_minor: int

    @property
    def difference_minor(self) -> int:
        """What the person gains, or below zero loses."""
        return self.after_minor - self.before_minor


@dataclass(frozen=True, slots=True)
class Preview:
    """What an amendment changes: words, and everybody whose pay becomes another."""

    currency: str
    comparison: Comparison
    effects: tuple[Effect, ...]
    lowers: bool
    changes_the_past: bool
    """Whether pay of periods that began before its first day would change."""


def preview(db: Session, *, program_id: UUID, stated: Any, first: date) -> Preview:
    """Say what the document `stated` would change from the day `first` on; nothing is kept."""
    program, amended = _read(db, program_id, stated)
    changed = recalculation.preview(db, amended)
    return _preview(db, program, amended, changed, first)


def amend(
    db: Session, *, program_id: UUID, stated: Any, first: date, reason: str
) -> tuple[Amendment, Preview]:
    """Seal `stated` as the next version and pay by it at once.

    Pay of periods that began before `first` must stay as it is. What is already earned is lowered only
    when the version in force allows it, and then those it concerns are told.
    """
    program, amended = _read(db, program_id, stated)
    found = _preview(db, program, amended, recalculation.preview(db, amended), first)
    if found.changes_the_past:
        raise ChangesThePast(
            f"Pay of periods that began before {first} would change. Let each component that changes"
            " end with the last period before that day, and state its new rules in another from then on."
        )
    if found.lowers and not program.document.allows_lowering:
        raise LowersPay("Somebody would lose what is already earned, and the program rules it out.")
    service.change_draft(db, program_id=program_id, stated=stated)
    version = service.publish_program(db, program_id=program_id)
    amendment = Amendment(
        id=new_id(),
        tenant_id=version.tenant_id,
        program_id=program_id,
        version=version.version,
        from_on=first,
        reason=reason,
        lowers=found.lowers,
        effects={str(each.person_id): each.difference_minor for each in found.effects},
        made_by=actor_of(db).label,
        made_at=work_of(db).now,
    )
    db.add(amendment)
    db.flush()
    record(
        db,
        ProgramAmended(
            program_id=program_id,
            name=program.document.name,
            version=version.version,
            from_on=first,
            reason=reason,
            currency=found.currency,
            differences=tuple((each.person_id, each.difference_minor) for each in found.effects),
        ),
    )
    return amendment, found


def _read(db: Session, program_id: UUID, stated: Any) -> tuple[Published, Published]:
    """Return the version in force, and the amended document as if it were."""
    queries.get_program(db, program_id)
    governing = queries.published(db, [program_id])
    if not governing:
        raise NothingToAmend("The program is not published; change its draft instead.")
    parsed = reading.read(stated)
    naming.refuse_nobody(db, parsed)
    sealed = Published(program_id, governing[0].version, reading.fingerprint(parsed), parsed)
    return governing[0], sealed


def _preview(
    db: Session,
    program: Published,
    amended: Published,
    changed: Sequence[Difference],
    first: date,
) -> Preview:
    moved = [each for each in changed if each.delta_minor]
    effects = _effects(db, moved)
    return Preview(
        currency=program.document.currency,
        comparison=comparing.compare(_json(program), _json(amended)),
        effects=tuple(effects),
        lowers=any(each.difference_minor < 0 for each in effects),
        changes_the_past=any(each.standing.key.period_start < first for each in moved),
    )


def _json(program: Published) -> dict[str, Any]:
    return service.as_json(program.document)


def _effects(db: Session, moved: Sequence[Difference]) -> list[Effect]:
    before: Counter[UUID] = Counter()
    after: Counter[UUID] = Counter()
    for each in moved:
        before[each.standing.key.payee_id] += each.standing.amount_minor
        after[each.standing.key.payee_id] += each.amount_minor
    known = names(db, before)
    found = [
        Effect(person, known.get(person, ""), before[person], after[person]) for person in before
    ]
    return sorted(found, key=lambda each: (each.difference_minor, each.name, each.person_id))
