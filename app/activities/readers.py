"""A mapping with its rules, compiled once into readers, one for each field of an activity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from app.activities import formats
from app.activities import mapping as maps
from app.activities.cells import (
    Note,
    Read,
    Reader,
    Remember,
    RememberMany,
    always,
    flaw,
    formula_notes,
    refusing_formulas,
    text_of,
    with_required,
)
from app.activities.core import Cell, Outcome, Reason
from app.activities.mapping import FieldSource
from app.kernel.currencies import is_currency
from app.kernel.money import MICROS, decimal_to_micros
from app.people.core import fold

LONGEST: Final = 200
"""As of what is posted: what a file brings can be corrected through the API."""
_LONGEST_ATTRIBUTE: Final = 2_000
_ROOM_FOR_NUMBER: Final = len("#12345678")
_LARGEST: Final = Decimal(10) ** 12
_ATTRIBUTE: Final = "attributes."


@dataclass(frozen=True, slots=True)
class Known:
    """What cells are compared with: people and products by folded key, and the tenant's ways."""

    people: Mapping[str, UUID] = field(default_factory=dict)
    products: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    currency: str = "EUR"
    zone: str = "UTC"


class Compiler:
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
            return always(source.value)
        names, positions = source.names, [self._at[name] for name in source.names]
        limit = LONGEST - (_ROOM_FOR_NUMBER if source.repeats == "count" else 0)

        def read(cells: Sequence[Cell]) -> Read:
            parts = [text_of(cells[at]) for at in positions]
            key = "|".join(parts)
            if len(key) < len(parts):
                return None, flaw("no_external_id", names[0])
            if len(key) > limit:
                return None, flaw("too_long", names[0], limit=limit)
            return key, formula_notes([cells[at] for at in positions], names)

        return read

    def gates(self) -> tuple[Reader, ...]:
        """Return the readers of columns that set whole rows aside."""
        rules = [rule for rule in self._mapping.rules if isinstance(rule, maps.When)]
        return tuple(Remember(self._at[rule.column], _gate(rule)) for rule in rules)

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
            missing = tuple(flaw("required", name, required[0].otherwise)) if required else ()
            return always(default, missing)
        work = with_required(read(name, source), default, required, name)
        if source.column is None:
            return always(*work(source.value or ""))
        return Remember(self._at[source.column], refusing_formulas(work, source.column))

    def _text(self, name: str, default: str | None = None) -> Reader:
        return self._field(name, self._plain_text, default)

    def _plain_text(self, name: str, source: FieldSource) -> Callable[[Cell], Read]:
        column = source.column or name
        spelled = self._spelling(name, source)

        def read(cell: Cell) -> Read:
            text, notes = spelled(text_of(cell))
            if len(text) > LONGEST:
                return None, flaw("too_long", column, limit=LONGEST)
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
                return None, flaw(code, column, otherwise, value=text)

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
                return None, flaw(code, column, value=text, format=self._date)
            outside = [rule for rule in windows if not _within(instant.date(), rule)]
            if outside:
                return instant, flaw("date_window", column, outside[0].otherwise, value=text)
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
                    return None, flaw("not_a_number", column, value=text_of(cell))
            notes = formula_notes(cells, source.names)
            value, more = _micros(numbers[0] * numbers[1], name, ranges)  # type: ignore[operator]  # none is None: checked above
            return value, notes + more

        return RememberMany([self._at[first], self._at[second]], multiply)

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
                return None, flaw("not_a_number", column, value=text, format=self._number)
            return _micros(number, column, ranges)

        return read

    def _read_number(self, cell: Cell) -> Decimal | None:
        if isinstance(cell, Decimal):
            return cell
        return formats.read_number(text_of(cell), self._number)

    def _currency(self) -> Reader:
        if "currency" not in self._mapping.fields:
            return always(self._known.currency)

        def read(name: str, source: FieldSource) -> Callable[[Cell], Read]:
            column = source.column or name
            spelled = self._spelling(name, source)

            def check(cell: Cell) -> Read:
                text, notes = spelled(text_of(cell))
                code = text.upper()
                if is_currency(code):
                    return code, notes
                return None, flaw("not_a_currency", column, value=text)

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
                    return None, flaw("unknown_product", column, checks[0].otherwise, value=text)
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
            return always(orjson.dumps(constants).decode())

        def collect(cells: tuple[Cell, ...]) -> Read:
            texts = {name: text_of(cell) for name, cell in zip(columns, cells, strict=True)}
            long = [name for name, text in texts.items() if len(text) > _LONGEST_ATTRIBUTE]
            if long:
                return "{}", flaw("too_long", columns[long[0]], limit=_LONGEST_ATTRIBUTE)
            found = constants | {name: text for name, text in texts.items() if text}
            return orjson.dumps(found).decode(), formula_notes(cells, tuple(columns.values()))

        return RememberMany([self._at[column] for column in columns.values()], collect)


def _within(day: date, rule: maps.DateWindow) -> bool:
    return (rule.from_ is None or day >= rule.from_) and (rule.to is None or day <= rule.to)


def _micros(number: Decimal, column: str, ranges: Sequence[maps.Range]) -> Read:
    if abs(number) > _LARGEST:
        return None, flaw("too_large", column, value=str(number))
    try:
        micros = decimal_to_micros(number)
    except ValueError:
        return None, flaw("too_precise", column, value=str(number))
    for rule in ranges:
        if (rule.min is not None and number < rule.min) or (
            rule.max is not None and number > rule.max
        ):
            return micros, flaw("out_of_range", column, rule.otherwise, value=str(number))
    return micros, ()


def _gate(rule: maps.When) -> Callable[[Cell], Read]:
    inside = set(rule.in_ or ())
    outside = set(rule.not_in or ())
    note = flaw(rule.code, rule.column, rule.outcome)

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
