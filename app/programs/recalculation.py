"""Keeping earnings true: a batch of activities, a rebuild from nothing, and proof that both agree."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import driver
from app.db.unit_of_work import tenant_of
from app.engine.document import Component
from app.engine.facts import Activity
from app.kernel.ids import new_id
from app.programs import claiming, crediting, earnings, facts, queries, settling, standings
from app.programs.core import Key, Shift
from app.programs.earnings import Cause, Difference
from app.programs.queries import Published
from app.programs.standings import Standing


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
        components = program.document.components
        _sum(db, program, components, shifts, activity_ids=activity_ids)
    if any(program.settles for program in programs):
        found = facts.activities_of(db, ids=activity_ids)
        for program in programs:
            _claim(db, program, program.document.components, found, shifts)
    return _apply(db, shifts, programs, cause)


def _sum(
    db: Session,
    program: Published,
    components: Sequence[Component],
    shifts: dict[Key, Shift],
    *,
    activity_ids: Sequence[UUID] | None = None,
) -> None:
    """Credit activities, all or the given, under those components that are paid from one total."""
    summed = [each for each in components if not program.is_settled(each.id)]
    if summed:
        takers = crediting.takers_of(db, program.program_id)
        crediting.add(db, program, summed, takers, shifts, activity_ids=activity_ids)


def _claim(
    db: Session,
    program: Published,
    components: Sequence[Component],
    activities: Sequence[Activity],
    shifts: dict[Key, Shift],
) -> None:
    """Credit activities under those components that are settled."""
    settled = [each for each in components if program.is_settled(each.id)]
    if settled:
        claiming.add(db, program, settled, activities, shifts)


def _apply(
    db: Session, shifts: Mapping[Key, Shift], programs: Sequence[Published], cause: Cause
) -> list[Difference]:
    """Shift totals, pay them anew, settle whom the rest touches, and post what differs.

    Totals are locked before payees: everybody takes them in this order.
    """
    moved = {key: shift for key, shift in shifts.items() if _is_moved(shift)}
    by_id = {program.program_id: program for program in programs}
    changed = earnings.differences(db, standings.shifted(db, moved, programs), by_id)
    for program in programs:
        if program.settles and (payees := settling.payees_of(shifts, program)):
            changed += settling.differences(db, program, payees)
    return earnings.post(db, changed, cause)


def recalculate(db: Session, program_id: UUID, cause: Cause | None = None) -> list[Difference]:
    """Rebuild credits and earnings of a program from the activities; return what had to change."""
    _hold(db, shared=False)
    programs = queries.published(db, [program_id])
    if not programs:
        return []
    changed = _recalculated(db, programs[0])
    return earnings.post(db, changed, cause or Cause("recalculation", new_id()))


def preview(db: Session, program: Published) -> list[Difference]:
    """Return what would change if `program` governed, and leave no trace."""
    _hold(db, shared=False)
    trial = db.begin_nested()
    changed = _recalculated(db, program)
    trial.rollback()
    return changed


def _recalculated(db: Session, program: Published) -> list[Difference]:
    """Rebuild the credits of a program; return how its earnings differ, none of it posted."""
    rebuilt = _rebuild(db, program)
    standing = {
        each.key: each
        for each in standings.lock(db, program.program_id)
        if not program.is_settled(each.key.component)
    }
    shifts = {
        key: _from_standing(standing.get(key), rebuilt.get(key))
        for key in {*standing, *rebuilt}
        if not program.is_settled(key.component)
    }
    changed = earnings.differences(
        db, standings.shifted(db, shifts, [program]), {program.program_id: program}
    )
    if program.settles:
        changed += settling.differences(db, program, None)
    return changed


def recredit(
    db: Session, program: Published, component: Component, payee_ids: Collection[UUID], cause: Cause
) -> list[Difference]:
    """Rebuild the credits of some payees of one component, whose periods have moved."""
    _hold(db, shared=False)
    shifts: dict[Key, Shift] = {}
    crediting.remove_payees(db, program.program_id, component.id, payee_ids, shifts)
    takers = crediting.takers_of(db, program.program_id)
    crediting.add(db, program, [component], takers, shifts, payee_ids=payee_ids)
    changed = earnings.differences(
        db, standings.shifted(db, shifts, [program]), {program.program_id: program}
    )
    return _settle_too(db, program, payee_ids, changed, cause)


def repay(
    db: Session, program: Published, component: str, payee_ids: Collection[UUID], cause: Cause
) -> list[Difference]:
    """Pay the standing totals of some payees anew, because a quota of theirs changed."""
    _hold(db, shared=False)
    standing: list[Standing] = []
    if not program.is_settled(component):
        standing = standings.lock(
            db, program.program_id, components=[component], payee_ids=payee_ids
        )
    changed = earnings.differences(db, standing, {program.program_id: program})
    return _settle_too(db, program, payee_ids, changed, cause)


def _settle_too(
    db: Session,
    program: Published,
    payee_ids: Collection[UUID],
    changed: list[Difference],
    cause: Cause,
) -> list[Difference]:
    """Settle what else of a program depends on these payees, and post everything together."""
    if program.settles:
        changed += settling.differences(db, program, payee_ids)
    return earnings.post(db, changed, cause)


def resettle(
    db: Session, program: Published, payee_ids: Collection[UUID], cause: Cause
) -> list[Difference]:
    """Settle some payees anew, because something known of them changed."""
    _hold(db, shared=True)
    return _settle_too(db, program, payee_ids, [], cause)


def settle(db: Session, program: Published, cause: Cause) -> list[Difference]:
    """Settle a whole program as of now: periods begin and end without any activity, too."""
    _hold(db, shared=True)
    if not program.settles:
        return []
    return earnings.post(db, settling.differences(db, program, None), cause)


_ALONE: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:tenant, 6))")
_BESIDE: Final = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:tenant, 6))")


@dataclass(frozen=True, slots=True)
class Replay:
    """What a rebuild from the activities would give, beside what stands."""

    earnings: int
    wrong: tuple[settling.Wrong, ...]


def replay(db: Session, program_id: UUID) -> Replay:
    """Rebuild a program's earnings from the activities, compare with what stands, leave no trace."""
    _hold(db, shared=False)
    programs = queries.published(db, [program_id])
    if not programs:
        return Replay(0, ())
    program = programs[0]
    trial = db.begin_nested()
    rebuilt = _rebuild(db, program)
    settled, wrong = settling.check(db, program)
    trial.rollback()
    standing = {
        each.key: each
        for each in standings.lock(db, program_id)
        if not program.is_settled(each.key.component)
    }
    targets = queries.targets(db, [program_id], {key.payee_id for key in rebuilt})
    for key in sorted({*standing, *rebuilt}):
        stands, shift = standing.get(key), rebuilt.get(key)
        if not program.is_settled(key.component) and _is_moved(_from_standing(stands, shift)):
            before = 0 if stands is None else stands.amount_minor
            after = earnings.amount_of(program, key, shift, targets)
            wrong.append(settling.Wrong(key, before, after))
    return Replay(len(standing) + settled, tuple(wrong))


def _rebuild(db: Session, program: Published) -> dict[Key, Shift]:
    """Credit every activity under `program` from nothing; return the totals."""
    totals: dict[Key, Shift] = {}
    crediting.remove_program(db, program.program_id)
    found = facts.activities_of(db) if program.settles else []
    for component in program.document.components:
        _sum(db, program, [component], totals)
        _claim(db, program, [component], found, totals)
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
    driver.run(db, _BESIDE if shared else _ALONE, {"tenant": str(tenant_of(db))})
