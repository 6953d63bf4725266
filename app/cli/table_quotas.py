"""Quotas of any days, from a file: what has a problem is refused, everything else is set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.cli.tables import Kind, Row, TableMap
from app.kernel.money import decimal_to_micros
from app.people import queries as people
from app.people.core import fold
from app.programs import queries, service
from app.programs.errors import QuotaOverlap
from app.programs.service import QuotaChange

KINDS: Final[dict[str, Kind]] = {
    "person": "text",
    "program": "text",
    "component": "text",
    "period_start": "day",
    "period_end": "day",
    "target": "number",
}
NEEDED: Final = ("person", "period_start", "target")
_LARGEST: Final = Decimal(10) ** 12

Work = Callable[[], AbstractContextManager[Session]]
Wanted = list[tuple[Row, QuotaChange]]


def take(open_work: Work, rows: Sequence[Row], used: TableMap) -> int:
    """Set the quotas of `rows` and return how many were set so already."""
    with open_work() as db:
        by = used.fields["person"].by
        known = _Known(people.person_index(db, by=by), _components(db))
        if "period_end" not in used.fields:
            _end_with_the_next(rows)
        wanted = [(row, change) for row in rows if (change := known.change(row)) is not None]
        _refuse_doubles(wanted)
        wanted = [(row, change) for row, change in wanted if not row.problems]
        new = _new(db, wanted)
    _set(open_work, new)
    return len(wanted) - len(new)


def _components(db: Session) -> list[_Component]:
    names = {program.id: program.name for program in queries.programs(db)}
    return [
        _Component(
            (program.program_id, component.id),
            {str(program.program_id), fold(names[program.program_id])},
            {component.id, fold(component.name)},
            component.needs_quota,
        )
        for program in queries.published(db)
        for component in program.document.components
    ]


@dataclass(frozen=True, slots=True)
class _Component:
    place: tuple[UUID, str]
    program: set[str]
    component: set[str]
    """What a file may call the program, and the component in it."""
    needs_quota: bool

    def is_meant(self, stated: Mapping[str, str]) -> bool:
        """Whether `stated` means it; a row that names no component means one that pays by quota."""
        if "program" in stated and fold(stated["program"]) not in self.program:
            return False
        return (
            fold(stated["component"]) in self.component
            if "component" in stated
            else self.needs_quota
        )


@dataclass(frozen=True, slots=True)
class _Known:
    people: Mapping[str, UUID]
    components: Sequence[_Component]

    def change(self, row: Row) -> QuotaChange | None:
        """Return what `row` asks for, or None after noting everything that is wrong with it."""
        stated, noted = row.stated, {problem.pointer for problem in row.problems}
        for name in (*NEEDED, "period_end"):
            if name not in stated and name not in noted and "" not in noted:
                row.refuse(name, "missing", "The cell is empty.")
        person_id = self.people.get(fold(stated.get("person", "")))
        if person_id is None and "person" in stated:
            row.refuse("person", "unknown_person", "Nobody is known so.", value=stated["person"])
        place = self._component(row)
        target = _target(row)
        days = [date.fromisoformat(stated.get(name, "0001-01-01")) for name in _PERIOD]
        if days[1] < days[0] and "period_end" in stated:
            row.refuse("period_end", "not_a_period", "The last day lies before the first.")
        if row.problems or person_id is None or place is None:
            return None
        return QuotaChange(person_id, *place, days[0], days[1], target)

    def _component(self, row: Row) -> tuple[UUID, str] | None:
        found = [each.place for each in self.components if each.is_meant(row.stated)]
        if len(found) == 1:
            return found[0]
        if found:
            row.refuse("component", "ambiguous", "Several components fit: say which.")
        else:
            row.refuse("component", "unknown_component", "No published program has it.")
        return None


_PERIOD: Final = ("period_start", "period_end")
_PLACE: Final = ("program", "component")


def _target(row: Row) -> int:
    target = Decimal(row.stated.get("target", 1))
    if not 0 < target <= _LARGEST:
        row.refuse("target", "not_positive", "A quota is more than nothing.", value=str(target))
        return 0
    try:
        return decimal_to_micros(target)
    except ValueError:
        row.refuse("target", "too_precise", "It has more than six decimals.", value=str(target))
        return 0


def _end_with_the_next(rows: Sequence[Row]) -> None:
    """Let each quota end the day before the same person's next; the last lasts as long as the one before."""
    of: dict[tuple[str, ...], dict[date, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if "person" in row.stated and "period_start" in row.stated:
            key = tuple(fold(row.stated.get(name, "")) for name in ("person", *_PLACE))
            of[key][date.fromisoformat(row.stated["period_start"])].append(row)
    for starts in of.values():
        days = sorted(starts)
        if len(days) > 1:
            days.append(days[-1] + (days[-1] - days[-2]))
        for first, after in pairwise(days):
            for row in starts[first]:
                row.stated["period_end"] = str(after - timedelta(days=1))


def _refuse_doubles(wanted: Wanted) -> None:
    seen: dict[tuple[UUID, UUID, str, date], int] = {}
    for row, change in wanted:
        key = (change.person_id, change.program_id, change.component, change.first)
        if (first := seen.setdefault(key, row.number)) != row.number:
            row.refuse("period_start", "twice", f"Row {first} sets it too.", row=first)


def _new(db: Session, wanted: Wanted) -> Wanted:
    changes = [change for _, change in wanted]
    known = queries.targets(
        db, {each.program_id for each in changes}, {each.person_id for each in changes}
    )
    return [
        (row, each)
        for row, each in wanted
        if known.get((each.program_id, each.component, each.person_id, each.first, each.last))
        != each.target_micros
    ]


def _set(open_work: Work, wanted: Wanted) -> None:
    """Set all at once; where days overlap, halves are tried until the rows that do are found."""
    try:
        with open_work() as db:
            service.set_quotas(db, changes=[change for _, change in wanted])
    except QuotaOverlap as refusal:
        if len(wanted) == 1:
            wanted[0][0].refuse("period_start", refusal.code, refusal.detail)
            return
        middle = len(wanted) // 2
        _set(open_work, wanted[:middle])
        _set(open_work, wanted[middle:])
