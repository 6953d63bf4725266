"""Earnings as they stand: their totals shifted, each found and locked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import driver
from app.db.arrays import texts, words
from app.db.unit_of_work import tenant_of, work_of
from app.programs.core import Key, Shift
from app.programs.queries import Published


@dataclass(slots=True)
class Standing:
    """An earning as it stands in this transaction, locked."""

    id: UUID
    key: Key
    period_end: date | None
    total_micros: Decimal
    credits: int
    amount_minor: int
    released_minor: int
    revision: int
    version: int | None
    target_micros: int | None
    target_met: bool


def shifted(
    db: Session, shifts: Mapping[Key, Shift], programs: Sequence[Published]
) -> list[Standing]:
    """Add `shifts` to the totals of what is paid from one total; return those earnings, locked."""
    by_id = {program.program_id: program for program in programs}
    summed = {
        key: shift
        for key, shift in shifts.items()
        if key.program_id in by_id and not by_id[key.program_id].is_settled(key.component)
    }
    return _shift(db, summed, by_id)


def _shift(
    db: Session, shifts: Mapping[Key, Shift], programs: Mapping[UUID, Published]
) -> list[Standing]:
    """Add `shifts` to the totals, in one fixed order so that batches never wait for each other in a ring."""
    if not shifts:
        return []
    ordered = sorted(shifts.items())
    rows = driver.run(
        db,
        _SHIFT,
        {
            "tenant": tenant_of(db),
            "now": work_of(db).now,
            "payees": words(key.payee_id for key, _ in ordered),
            "programs": words(key.program_id for key, _ in ordered),
            "components": texts(key.component for key, _ in ordered),
            "starts": words(key.period_start for key, _ in ordered),
            "ends": words(shift.period_end for _, shift in ordered),
            "currencies": texts(programs[key.program_id].document.currency for key, _ in ordered),
            "totals": words(shift.total_micros for _, shift in ordered),
            "credits": words(shift.credits for _, shift in ordered),
        },
    )
    return [_standing(row) for row in rows]


_STANDING: Final = (
    "id, payee_id, program_id, component, period_start, activity_id, period_end, total_micros, "
    "credits, amount_minor, released_minor, revision, version, target_micros, target_met"
)


def _standing(row: Sequence[Any]) -> Standing:
    """Return a row of `_STANDING` as what stands."""
    earning_id, payee, program, component, start, activity_id, period_end, *figures = row
    total, counted, amount, released, revision, version, target, met = figures
    return Standing(
        id=earning_id,
        key=Key(payee, program, component, start, activity_id),
        period_end=period_end,
        total_micros=total,
        credits=counted,
        amount_minor=amount,
        released_minor=released,
        revision=revision,
        version=version,
        target_micros=target,
        target_met=met,
    )


_SHIFT: Final = text(
    f"""
    INSERT INTO earnings (tenant_id, payee_id, program_id, component, period_start, period_end,
                          currency, total_micros, credits, changed_at)
    SELECT :tenant, payee, program, component, start, stop, currency, total, credits, :now
      FROM unnest(CAST(:payees AS uuid[]), CAST(:programs AS uuid[]), CAST(:components AS text[]),
                  CAST(:starts AS date[]), CAST(:ends AS date[]), CAST(:currencies AS text[]),
                  CAST(:totals AS numeric[]), CAST(:credits AS bigint[]))
           AS given(payee, program, component, start, stop, currency, total, credits)
     ORDER BY payee, program, component, start
    ON CONFLICT (tenant_id, payee_id, program_id, component, period_start, activity_id) DO UPDATE
       SET total_micros = earnings.total_micros + excluded.total_micros,
           credits = earnings.credits + excluded.credits,
           period_end = excluded.period_end
    RETURNING {_STANDING}
    """  # noqa: S608 - the names of our own columns
)

_FIND: Final = f"""
    SELECT {_STANDING} FROM earnings
     WHERE tenant_id = :tenant AND program_id = :program
       AND (CAST(:components AS text[]) IS NULL
            OR component = ANY(CAST(:components AS text[])))
       AND (CAST(:payees AS uuid[]) IS NULL OR payee_id = ANY(CAST(:payees AS uuid[])))
     ORDER BY payee_id, program_id, component, period_start, activity_id
"""  # noqa: S608 - the names of our own columns


def lock(
    db: Session,
    program_id: UUID,
    *,
    components: Iterable[str] | None = None,
    payee_ids: Iterable[UUID] | None = None,
    is_locked: bool = True,
) -> list[Standing]:
    """Return the earnings of a program (of some components, of some payees), locked unless only read."""
    rows = db.execute(
        text(_FIND + ("FOR UPDATE" if is_locked else "")),
        {
            "tenant": tenant_of(db),
            "program": program_id,
            "components": None if components is None else list(components),
            "payees": None if payee_ids is None else list(payee_ids),
        },
    )
    return [_standing(row) for row in rows]
