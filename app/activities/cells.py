"""Cells of a row: as text, read one by one or together, each distinct one worked out once.

Real files repeat people, products, days and prices, so most of the work is looking up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from app.activities import mapping as maps
from app.activities.core import Cell, FormulaCell, Outcome, Reason

_REMEMBERED: Final = 100_000
OUTCOMES: Final = {"quarantine": Outcome.QUARANTINED, "refuse": Outcome.REFUSED}

Note = tuple[Outcome, Reason]
Read = tuple[Any, tuple[Note, ...]]
"""A value, and what there is to say about it."""
Reader = Callable[[Sequence[Cell]], Read]


class Remember:
    """A reader that works a cell out once."""

    __slots__ = ("_at", "_found", "_work")

    def __init__(self, at: int, work: Callable[[Cell], Read]) -> None:
        self._at, self._work = at, work
        self._found: dict[Cell, Read] = {}

    def __call__(self, cells: Sequence[Cell]) -> Read:
        cell = cells[self._at]
        try:
            return self._found[cell]
        except KeyError:
            if len(self._found) > _REMEMBERED:
                self._found.clear()
            found = self._found[cell] = self._work(cell)
            return found


class RememberMany:
    """A reader that works several cells out together, once."""

    __slots__ = ("_at", "_found", "_work")

    def __init__(self, at: Sequence[int], work: Callable[[tuple[Cell, ...]], Read]) -> None:
        self._at, self._work = tuple(at), work
        self._found: dict[tuple[Cell, ...], Read] = {}

    def __call__(self, cells: Sequence[Cell]) -> Read:
        key = tuple([cells[at] for at in self._at])
        try:
            return self._found[key]
        except KeyError:
            if len(self._found) > _REMEMBERED:
                self._found.clear()
            found = self._found[key] = self._work(key)
            return found


def always(value: Any, notes: tuple[Note, ...] = ()) -> Reader:
    """Return a reader of one value for every row."""
    answer = (value, notes)
    return lambda _cells: answer


def text_of(cell: Cell) -> str:
    """Return a cell as text, without the blanks around it."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, Decimal):
        whole = format(cell, "f")
        return whole.rstrip("0").rstrip(".") if "." in whole else whole
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return cell.shown.strip()


def distinct(rows: Iterator[Sequence[Cell]], at: Sequence[int], limit: int) -> list[str]:
    """Return the different texts in the columns `at`, at most `limit` of them."""
    seen: dict[str, None] = {}
    for cells in rows:
        for position in at:
            if (
                position < len(cells)
                and isinstance(cells[position], str)
                and (text := text_of(cells[position]))
            ):
                seen[text] = None
        if len(seen) >= limit:
            break
    return list(seen)


def flaw(
    code: str, column: str | None, otherwise: str = "quarantine", **params: Any
) -> tuple[Note, ...]:
    """Return what is wrong with a cell, as a quarantine unless the rule says refuse."""
    return ((OUTCOMES[otherwise], Reason(code, column, params)),)


def formula_notes(cells: Sequence[Cell], columns: Sequence[str]) -> tuple[Note, ...]:
    """Return what is to be said when one of the cells holds a formula."""
    for cell, column in zip(cells, columns, strict=True):
        if type(cell) is FormulaCell:
            return flaw("formula_cell", column, value=cell.shown)
    return ()


def refusing_formulas(work: Callable[[Cell], Read], column: str) -> Callable[[Cell], Read]:
    """Return `work` for everything but formulas, which are never used."""

    def read(cell: Cell) -> Read:
        if isinstance(cell, FormulaCell):
            return None, flaw("formula_cell", column, value=cell.shown)
        return work(cell)

    return read


def with_required(
    work: Callable[[Cell], Read], default: Any, rules: Sequence[maps.Required], name: str
) -> Callable[[Cell], Read]:
    """Return `work` with a default for what has no value, or a flaw where a rule demands one."""

    def read(cell: Cell) -> Read:
        if rules and not text_of(cell):
            return None, flaw("required", name, rules[0].otherwise)
        value, notes = work(cell)
        return (default if value is None else value), notes

    return read
