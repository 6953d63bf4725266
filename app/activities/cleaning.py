"""Cleaning: a mapping with its rules, compiled once, turns the cells of a row into an activity.

Everything that depends on one cell is worked out once for each distinct cell and remembered: real
files repeat people, products, days and prices, so most of the work is looking up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from app.activities import formats
from app.activities import mapping as maps
from app.activities.core import Cell, FormulaCell, Outcome, Ready, Reason
from app.activities.mapping import FieldSource
from app.kernel.money import MICROS, decimal_to_micros
from app.people.core import fold

_LONGEST: Final = 500
_LARGEST: Final = Decimal(10) ** 12
_REMEMBERED: Final = 100_000
_RANK: Final = {Outcome.FIXED: 1, Outcome.QUARANTINED: 2, Outcome.REFUSED: 3}
_OUTCOMES: Final = {"quarantine": Outcome.QUARANTINED, "refuse": Outcome.REFUSED}
_ATTRIBUTE: Final = "attributes."

Note = tuple[Outcome, Reason]
Read = tuple[Any, tuple[Note, ...]]
"""A value, and what there is to say about it."""
Reader = Callable[[Sequence[Cell]], Read]


@dataclass(frozen=True, slots=True)
class Known:
    """What cells are compared with: people and products by folded key, and the tenant's ways."""

    people: Mapping[str, UUID] = field(default_factory=dict)
    products: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    currency: str = "EUR"
    zone: str = "UTC"


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
        compiler = _Compiler(mapping, {name: at for at, name in enumerate(columns)}, known)
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
        return key, ((_OUTCOMES[self._repeats], reason),)


def _worst(notes: tuple[Note, ...]) -> Outcome:
    return max((outcome for outcome, _ in notes), key=_RANK.__getitem__)


def _ready(key: Any, values: list[Any], number: int) -> Ready:
    return Ready._make((key, *values, False, None, number, None))


class _Remember:
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


class _RememberMany:
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


def _always(value: Any, notes: tuple[Note, ...] = ()) -> Reader:
    answer = (value, notes)
    return lambda _cells: answer


class _Compiler:
    """Turns a mapping into readers, one for each field of `Ready` after the external id."""

    def __init__(self, mapping: maps.Mapping, at: dict[str, int], known: Known) -> None:
        self._mapping, self._at, self._known = mapping, at, known
        self._zone = ZoneInfo(mapping.formats.zone or known.zone)
        self._number = mapping.formats.number or formats.NUMBER_FORMATS[0]
        self._date = mapping.formats.date or formats.DATE_FORMATS[0]

    def readers(self) -> tuple[Reader, ...]:
        """Return the readers in the order of `Ready`."""
        return (
            self._person(),
            self._field("occurred_at", self._instant, None),
            self._quantity("amount", 0),
            self._currency(),
            self._quantity("units", MICROS),
            self._text("kind", "sale"),
            self._product(0),
            self._product_group(),
            self._text("customer_reference"),
            self._text("status", "accepted"),
            self._text("channel"),
            self._text("country"),
            self._attributes(),
        )

    def key(self) -> Reader:
        """Return the reader of the external id, from one column or several."""
        source = self._mapping.fields["external_id"]
        if not source.names:
            return _always(source.value)
        names, positions = source.names, [self._at[name] for name in source.names]

        def read(cells: Sequence[Cell]) -> Read:
            parts = [text_of(cells[at]) for at in positions]
            key = "|".join(parts)
            if len(key) < len(parts):
                return None, _flaw("no_external_id", names[0])
            if len(key) > _LONGEST:
                return None, _flaw("too_long", names[0], limit=_LONGEST)
            return key, _formula_notes([cells[at] for at in positions], names)

        return read

    def gates(self) -> tuple[Reader, ...]:
        """Return the readers of columns that set whole rows aside."""
        rules = [rule for rule in self._mapping.rules if isinstance(rule, maps.When)]
        return tuple(_Remember(self._at[rule.column], _gate(rule)) for rule in rules)

    def _rules(self, kind: type[Any], name: str) -> list[Any]:
        return [
            rule for rule in self._mapping.rules if isinstance(rule, kind) and rule.field == name
        ]

    def _field(
        self, name: str, read: Callable[[str, FieldSource], Callable[[Cell], Read]], default: Any
    ) -> Reader:
        """Return the reader of a field of one column or one value."""
        source = self._mapping.fields.get(name)
        required = self._rules(maps.Required, name)
        if source is None:
            missing = tuple(_flaw("required", name, required[0].otherwise)) if required else ()
            return _always(default, missing)
        work = _with_required(read(name, source), default, required, name)
        if source.column is None:
            return _always(*work(source.value or ""))
        return _Remember(self._at[source.column], _refusing_formulas(work, source.column))

    def _text(self, name: str, default: str | None = None) -> Reader:
        return self._field(name, self._plain_text, default)

    def _plain_text(self, name: str, source: FieldSource) -> Callable[[Cell], Read]:
        column = source.column or name
        spelled = self._spelling(name, source)

        def read(cell: Cell) -> Read:
            text, notes = spelled(text_of(cell))
            if len(text) > _LONGEST:
                return None, _flaw("too_long", column, limit=_LONGEST)
            return text or None, notes

        return read

    def _spelling(
        self, name: str, source: FieldSource
    ) -> Callable[[str], tuple[str, tuple[Note, ...]]]:
        """Return how texts of the field are put right: blanks joined, known misspellings replaced."""
        trims = bool(self._rules(maps.Trim, name))
        values = dict(source.values)
        for rule in self._rules(maps.MapValues, name):
            values |= rule.values
        column = source.column or name

        def put_right(text: str) -> tuple[str, tuple[Note, ...]]:
            better = " ".join(text.split()) if trims else text
            better = values.get(better, better)
            if better == text:
                return text, ()
            code = "mapped" if text in values or " ".join(text.split()) in values else "trimmed"
            return better, ((Outcome.FIXED, Reason(code, column, {"from": text, "to": better})),)

        return put_right

    def _person(self) -> Reader:
        source = self._mapping.fields.get("person")
        if source is None:
            return self._field("person", self._plain_text, None)
        rules = [rule for rule in self._mapping.rules if isinstance(rule, maps.KnownPerson)]
        otherwise = rules[0].otherwise if rules else "quarantine"

        def read(name: str, source: FieldSource) -> Callable[[Cell], Read]:
            column = source.column or name
            spelled = self._spelling(name, source)

            def find(cell: Cell) -> Read:
                text, notes = spelled(text_of(cell))
                found = self._known.people.get(fold(text))
                if found is not None:
                    return found, notes
                if otherwise == "nobody":
                    return None, notes
                code = "unknown_person" if text else "no_person"
                return None, _flaw(code, column, otherwise, value=text)

            return find

        return self._field("person", read, None)

    def _instant(self, name: str, source: FieldSource) -> Callable[[Cell], Read]:
        column = source.column or name
        windows = [rule for rule in self._mapping.rules if isinstance(rule, maps.DateWindow)]

        def read(cell: Cell) -> Read:
            text = text_of(cell)
            if isinstance(cell, datetime):
                instant: datetime | None = cell.replace(tzinfo=self._zone)
            else:
                instant = formats.read_instant(text, self._date, self._zone)
            if instant is None:
                code = "not_a_date" if text else "no_date"
                return None, _flaw(code, column, value=text, format=self._date)
            outside = [rule for rule in windows if not _within(instant.date(), rule)]
            if outside:
                return instant, _flaw("date_window", column, outside[0].otherwise, value=text)
            return instant, ()

        return read

    def _quantity(self, name: str, default: int) -> Reader:
        """Return the reader of an exact number of millionths, from a column or a product of two."""
        source = self._mapping.fields.get(name)
        if source is None or source.product_of is None:
            return self._field(name, self._number_reader, default)
        ranges = self._rules(maps.Range, name)
        first, second = source.product_of

        def multiply(cells: tuple[Cell, ...]) -> Read:
            numbers = [self._read_number(cell) for cell in cells]
            for number, cell, column in zip(numbers, cells, source.names, strict=True):
                if number is None:
                    return None, _flaw("not_a_number", column, value=text_of(cell))
            notes = _formula_notes(cells, source.names)
            value, more = _micros(numbers[0] * numbers[1], name, ranges)  # type: ignore[operator]
            return value, notes + more

        return _RememberMany([self._at[first], self._at[second]], multiply)

    def _number_reader(self, name: str, source: FieldSource) -> Callable[[Cell], Read]:
        column = source.column or name
        ranges = self._rules(maps.Range, name)
        default = 0 if name == "amount" else MICROS

        def read(cell: Cell) -> Read:
            text = text_of(cell)
            if not text:
                return default, ()
            number = self._read_number(cell)
            if number is None:
                return None, _flaw("not_a_number", column, value=text, format=self._number)
            return _micros(number, column, ranges)

        return read

    def _read_number(self, cell: Cell) -> Decimal | None:
        if isinstance(cell, Decimal):
            return cell
        return formats.read_number(text_of(cell), self._number)

    def _currency(self) -> Reader:
        if "currency" not in self._mapping.fields:
            return _always(self._known.currency)

        def read(name: str, source: FieldSource) -> Callable[[Cell], Read]:
            column = source.column or name
            spelled = self._spelling(name, source)

            def check(cell: Cell) -> Read:
                text, notes = spelled(text_of(cell))
                code = text.upper()
                if len(code) == 3 and code.isascii() and code.isalpha():
                    return code, notes
                return None, _flaw("not_a_currency", column, value=text)

            return check

        return self._field("currency", read, None)

    def _product(self, part: int) -> Reader:
        """Return the reader of the product's name (part 0) or, from the list of products, its group (1)."""
        checks = [rule for rule in self._mapping.rules if isinstance(rule, maps.KnownProduct)]

        def read(name: str, source: FieldSource) -> Callable[[Cell], Read]:
            column = source.column or name
            plain = self._plain_text(name, source)

            def find(cell: Cell) -> Read:
                text, notes = plain(cell)
                if text is None:
                    return None, notes
                known = self._known.products.get(fold(text))
                if known is None and checks and part == 0:
                    return None, _flaw("unknown_product", column, checks[0].otherwise, value=text)
                found = known or (text, None)
                return found[part], notes if part == 0 else ()

            return find

        return self._field("product", read, None)

    def _product_group(self) -> Reader:
        if "product_group" in self._mapping.fields:
            return self._text("product_group")
        reader = self._product(1)
        return lambda cells: (reader(cells)[0], ())

    def _attributes(self) -> Reader:
        names = {
            name.removeprefix(_ATTRIBUTE): source
            for name, source in self._mapping.fields.items()
            if name.startswith(_ATTRIBUTE)
        }
        constants = {name: source.value for name, source in names.items() if source.value}
        columns = {name: source.column for name, source in names.items() if source.column}
        if not columns:
            return _always(orjson.dumps(constants).decode())

        def collect(cells: tuple[Cell, ...]) -> Read:
            texts = {name: text_of(cell) for name, cell in zip(columns, cells, strict=True)}
            long = [name for name, text in texts.items() if len(text) > 4 * _LONGEST]
            if long:
                return "{}", _flaw("too_long", columns[long[0]], limit=4 * _LONGEST)
            found = constants | {name: text for name, text in texts.items() if text}
            return orjson.dumps(found).decode(), _formula_notes(cells, tuple(columns.values()))

        return _RememberMany([self._at[column] for column in columns.values()], collect)


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


def _flaw(
    code: str, column: str | None, otherwise: str = "quarantine", **params: Any
) -> tuple[Note, ...]:
    return ((_OUTCOMES[otherwise], Reason(code, column, params)),)


def _formula_notes(cells: Sequence[Cell], columns: Sequence[str]) -> tuple[Note, ...]:
    for cell, column in zip(cells, columns, strict=True):
        if type(cell) is FormulaCell:
            return _flaw("formula_cell", column, value=cell.shown)
    return ()


def _refusing_formulas(work: Callable[[Cell], Read], column: str) -> Callable[[Cell], Read]:
    def read(cell: Cell) -> Read:
        if isinstance(cell, FormulaCell):
            return None, _flaw("formula_cell", column, value=cell.shown)
        return work(cell)

    return read


def _with_required(
    work: Callable[[Cell], Read], default: Any, rules: Sequence[maps.Required], name: str
) -> Callable[[Cell], Read]:
    def read(cell: Cell) -> Read:
        if rules and not text_of(cell):
            return None, _flaw("required", name, rules[0].otherwise)
        value, notes = work(cell)
        return (default if value is None else value), notes

    return read


def _within(day: date, rule: maps.DateWindow) -> bool:
    return (rule.from_ is None or day >= rule.from_) and (rule.to is None or day <= rule.to)


def _micros(number: Decimal, column: str, ranges: Sequence[maps.Range]) -> Read:
    if abs(number) > _LARGEST:
        return None, _flaw("too_large", column, value=str(number))
    try:
        micros = decimal_to_micros(number)
    except ValueError:
        return None, _flaw("too_precise", column, value=str(number))
    for rule in ranges:
        if (rule.min is not None and number < rule.min) or (
            rule.max is not None and number > rule.max
        ):
            return micros, _flaw("out_of_range", column, rule.otherwise, value=str(number))
    return micros, ()


def _gate(rule: maps.When) -> Callable[[Cell], Read]:
    inside = set(rule.in_ or ())
    outside = set(rule.not_in or ())
    note = _flaw(rule.code, rule.column, rule.outcome)

    def read(cell: Cell) -> Read:
        text = text_of(cell)
        if rule.empty is not None:
            hit = (not text) is rule.empty
        else:
            hit = text in inside if rule.in_ is not None else text not in outside
        if not hit:
            return None, ()
        [(outcome, reason)] = note
        return None, ((outcome, Reason(reason.code, reason.column, {"value": text})),)

    return read


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
