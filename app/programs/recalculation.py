"""Keeping earnings true: a batch of activities, a rebuild from nothing, and proof that both agree."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.engine.document import Component
from app.kernel.ids import new_id
from app.programs import crediting, earnings, queries
from app.programs.core import Key, Shift
from app.programs.earnings import Cause, Difference, Standing
from app.programs.queries import Published


def credit_activities(
    db: Session, activity_ids: Sequence[UUID], cause: Cause, *, are_all_new: bool = False
) -> list[Difference]:
    """Credit, or stop crediting, these activities and post what their payees earn more or less."""
    _hold(db, shared=True)
    programs = queries.published(db)
    if not programs:
        return []
    shifts: dict[Key, Shift] = {}
    if not are_all_new:
        crediting.remove(db, activity_ids, shifts)
    for program in programs:
        takers = crediting.takers_of(db, program.program_id)
        components = program.document.components
        crediting.add(db, program, components, takers, shifts, activity_ids=activity_ids)
    moved = {key: shift for key, shift in shifts.items() if _is_moved(shift)}
    return earnings.apply(db, moved, programs, cause)


def recalculate(db: Session, program_id: UUID, cause: Cause | None = None) -> list[Difference]:
    """Rebuild credits and earnings of a program from the activities; return what had to change."""
    _hold(db, shared=False)
    programs = queries.published(db, [program_id])
    if not programs:
        return []
    rebuilt = _rebuild(db, programs[0])
    standing = {each.key: each for each in earnings.lock(db, program_id)}
    shifts = {
        key: _from_standing(standing.get(key), rebuilt.get(key)) for key in {*standing, *rebuilt}
    }
    return earnings.apply(db, shifts, programs, cause or Cause("recalculation", new_id()))


def recredit(
    db: Session, program: Published, component: Component, payee_ids: Collection[UUID], cause: Cause
) -> list[Difference]:
    """Rebuild the credits of some payees of one component, whose periods have moved."""
    _hold(db, shared=False)
    shifts: dict[Key, Shift] = {}
    crediting.remove_payees(db, program.program_id, component.id, payee_ids, shifts)
    takers = crediting.takers_of(db, program.program_id)
    crediting.add(db, program, [component], takers, shifts, payee_ids=payee_ids)
    return earnings.apply(db, shifts, [program], cause)


def repay(
    db: Session, program: Published, component: str, payee_ids: Collection[UUID], cause: Cause
) -> list[Difference]:
    """Pay the standing totals of some payees anew, because a quota of theirs changed."""
    _hold(db, shared=False)
    standing = earnings.lock(db, program.program_id, component=component, payee_ids=payee_ids)
    return earnings.pay(db, standing, {program.program_id: program}, cause)


@dataclass(frozen=True, slots=True)
class Replay:
    """What a rebuild from the activities would give, beside what stands."""

    earnings: int
    wrong: tuple[Key, ...]


def replay(db: Session, program_id: UUID) -> Replay:
    """Rebuild a program's totals from the activities, compare them with what stands, leave no trace."""
    _hold(db, shared=False)
    trial = db.begin_nested()
    rebuilt = {
        key: shift
        for program in queries.published(db, [program_id])
        for key, shift in _rebuild(db, program).items()
    }
    trial.rollback()
    standing = {each.key: each for each in earnings.lock(db, program_id)}
    wrong = [
        key
        for key in sorted({*standing, *rebuilt})
        if _is_moved(_from_standing(standing.get(key), rebuilt.get(key)))
    ]
    return Replay(len(standing), tuple(wrong))


def _rebuild(db: Session, program: Published) -> dict[Key, Shift]:
    """Credit every activity under `program` from nothing; return the totals."""
    totals: dict[Key, Shift] = {}
    crediting.remove_program(db, program.program_id)
    takers = crediting.takers_of(db, program.program_id)
    for component in program.document.components:
        crediting.add(db, program, [component], takers, totals)
    return totals


def _from_standing(standing: Standing | None, rebuilt: Shift | None) -> Shift:
    """Return the shift that leads from what stands to what was rebuilt."""
    shift = rebuilt or Shift(standing.period_end if standing else None)
    if standing is None:
        return shift
    return Shift(
        shift.period_end,
        shift.total_micros - standing.total_micros,
        shift.credits - standing.credits,
    )


def _is_moved(shift: Shift) -> bool:
    return bool(shift.credits or shift.total_micros)


def _hold(db: Session, *, shared: bool) -> None:
    """Let batches go on side by side, and a rebuild alone; held until the transaction ends.

    It comes before the versions are read, so that nobody pays by a version that no longer governs.
    """
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    db.execute(
        text(f"SELECT {function}(hashtextextended(:tenant, 6))"), {"tenant": str(tenant_of(db))}
    )
