"""Cleaning: what becomes of each row of a file, in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from app.activities import mapping as maps
from app.activities.cells import OUTCOMES, Note
from app.activities.core import Cell, Outcome, Ready, Reason
from app.activities.readers import Compiler, Known

_RANK: Final = {Outcome.FIXED: 1, Outcome.QUARANTINED: 2, Outcome.REFUSED: 3}


class Cleaned(NamedTuple):
    """What became of one row. `ready` is None unless it is accepted or fixed."""

    outcome: Outcome
    ready: Ready | None
    reasons: tuple[Reason, ...]
    external_id: str | None


class Cleaner:
    """Cleans the rows of one file, in order: it remembers which external ids it has seen."""

    def __init__(self, mapping: maps.Mapping, columns: Sequence[str], known: Known) -> None:
        self._width = len(columns)
        self._columns = tuple(columns)
        compiler = Compiler(mapping, {name: at for at, name in enumerate(columns)}, known)
        self._gates = compiler.gates()
        self._key = compiler.key()
        self._repeats = mapping.fields["external_id"].repeats or "quarantine"
        self._readers = compiler.readers()
        self._seen: dict[str, int] = {}

    def clean(self, cells: Sequence[Cell], number: int) -> Cleaned:
        """Return what becomes of the row `number` with `cells`."""
        if len(cells) != self._width:
            return self._misshapen(cells)
        key, notes = self._key(cells)
        for gate in self._gates:
            notes += gate(cells)[1]
        if notes and _worst(notes) is Outcome.REFUSED:
            return self._with_notes(key, [], notes, number)
        if key is not None:
            key, more = self._number(key, number)
            notes += more
        values = []
        for reader in self._readers:
            value, more = reader(cells)
            values.append(value)
            if more:
                notes += more
        if not notes:
            return Cleaned(Outcome.ACCEPTED, _ready(key, values, number), (), key)
        return self._with_notes(key, values, notes, number)

    def _with_notes(
        self, key: str | None, values: list[Any], notes: tuple[Note, ...], number: int
    ) -> Cleaned:
        outcome = _worst(notes)
        reasons = tuple(reason for found, reason in notes if found is outcome)
        if outcome is not Outcome.FIXED or key is None:
            return Cleaned(outcome, None, reasons, key)
        return Cleaned(outcome, _ready(key, values, number), reasons, key)

    def _misshapen(self, cells: Sequence[Cell]) -> Cleaned:
        reason = Reason("cell_count", None, {"found": len(cells), "expected": self._width})
        return Cleaned(Outcome.QUARANTINED, None, (reason,), None)

    def _number(self, key: str, number: int) -> tuple[str, tuple[Note, ...]]:
        """Return the key as it is kept, and what there is to say when it came before."""
        if self._repeats == "count":
            times = self._seen[key] = self._seen.get(key, 0) + 1
            return f"{key}#{times}", ()
        first = self._seen.setdefault(key, number)
        if first == number or self._repeats == "revise":
            return key, ()
        reason = Reason("repeated", None, {"external_id": key, "first_row": first})
        return key, ((OUTCOMES[self._repeats], reason),)


def _worst(notes: tuple[Note, ...]) -> Outcome:
    return max((outcome for outcome, _ in notes), key=_RANK.__getitem__)


def _ready(key: Any, values: list[Any], number: int) -> Ready:
    return Ready._make((key, *values, False, None, number, None))
