"""A file of people or quotas as rows of named fields, read the way files of sales are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.activities import cells, files, formats
from app.activities.core import Cell, FormulaCell
from app.activities.errors import MappingRefused
from app.activities.mapping import FileShape, Formats, Text, ValueMap
from app.http.misfits import problems_of
from app.kernel.errors import Problem

Kind = Literal["text", "day", "number"]
_UTC: Final = ZoneInfo("UTC")


class Source(BaseModel):
    """Where a field comes from: a column, several joined by a blank, or one value for all rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: Text | None = None
    columns: tuple[Text, ...] = ()
    value: Text | None = None
    by: Literal["employee_number", "email", "name"] = "employee_number"
    values: ValueMap = Field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns it reads."""
        return self.columns or ((self.column,) if self.column else ())


class TableMap(BaseModel):
    """MAP.json of people or quotas."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: FileShape = FileShape()
    formats: Formats = Formats()
    fields: dict[str, Source] = Field(default_factory=dict)


@dataclass(slots=True)
class Row:
    """What one row states, as JSON would; what is wrong with it is collected here."""

    number: int
    """As a spreadsheet counts: 2 below a header."""
    stated: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    is_fixed: bool = False

    def refuse(self, name: str, code: str, detail: str, **params: Any) -> None:
        """Keep what is wrong with the field `name`."""
        self.problems.append(Problem(name, code, detail, params))


def read_map(raw: Any) -> TableMap:
    """Return the mapping that the JSON value `raw` states; raise MappingRefused with every problem."""
    try:
        return TableMap.model_validate(raw)
    except ValidationError as error:
        problems = problems_of(error, raw, "/mapping")
        raise MappingRefused("The mapping cannot be used.", problems=problems) from None


def read(
    raw: bytes, given: TableMap, kinds: Mapping[str, Kind], needed: Sequence[str], file_name: str
) -> tuple[TableMap, list[Row]]:
    """Return every row of the file, with the mapping that was used: by name where it says nothing."""
    sheet = files.open_sheet(raw, given.file, file_name=file_name)
    if not sheet.is_sure:
        raise MappingRefused("Say which encoding the file has.", guess=sheet.shape.encoding)
    used = given if given.fields else _by_name(given, sheet.columns, kinds)
    _check(used, sheet.columns, kinds, needed)
    lines = list(enumerate(sheet.rows, start=sheet.first_row))
    at = {name: place for place, name in enumerate(sheet.columns)}
    reader = _Reader(used, at, kinds, _settled(used, at, kinds, [line for _, line in lines]))
    return used, [reader.row(number, line) for number, line in lines]


def _by_name(given: TableMap, columns: Sequence[str], kinds: Mapping[str, Kind]) -> TableMap:
    found = {name: Source(column=name) for name in columns if name in kinds}
    return given.model_copy(update={"fields": found})


def _check(
    used: TableMap, columns: Sequence[str], kinds: Mapping[str, Kind], needed: Sequence[str]
) -> None:
    unknown = sorted(used.fields.keys() - kinds.keys())
    named = {name for source in used.fields.values() for name in source.names}
    missing = sorted(named - set(columns))
    unmapped = [name for name in needed if name not in used.fields]
    said = (
        (unknown, "There is no field {}. Choose one of " + ", ".join(kinds) + "."),
        (missing, "The file has no column {}."),
        (unmapped, "Say where {} comes from."),
    )
    problems = [
        Problem(f"/mapping/fields/{name}", "mapping", sentence.format(name))
        for names, sentence in said
        for name in names
    ]
    if problems:
        raise MappingRefused(
            " ".join(problem.detail for problem in problems),
            problems=problems,
            columns=list(columns),
        )


def _settled(
    used: TableMap, at: Mapping[str, int], kinds: Mapping[str, Kind], lines: list[Sequence[Cell]]
) -> Formats:
    """Return the formats of the file; those that the mapping leaves open are found from the values."""

    def found(kind: Kind, formats_of: Callable[[list[str]], list[str]]) -> str | None:
        names = [n for field, s in used.fields.items() if kinds[field] == kind for n in s.names]
        values = cells.distinct(iter(lines), [at[name] for name in names], len(lines) + 1)
        candidates = formats_of(values) if values else []
        if len(candidates) > 1:
            raise MappingRefused(
                f"{' and '.join(names)} can be read as {' or as '.join(candidates)}: say which.",
                reason=f"ambiguous_{kind}_format",
                candidates=candidates,
            )
        return candidates[0] if candidates else None

    number = used.formats.number or found("number", formats.number_formats_of)
    day = used.formats.date or found("day", formats.date_formats_of)
    return used.formats.model_copy(update={"number": number, "date": day})


@dataclass(frozen=True, slots=True)
class _Reader:
    used: TableMap
    at: Mapping[str, int]
    kinds: Mapping[str, Kind]
    formats: Formats

    def row(self, number: int, line: Sequence[Cell]) -> Row:
        row = Row(number)
        if len(line) != len(self.at):
            row.refuse(
                "",
                "cell_count",
                f"{len(line)} cells under {len(self.at)} columns.",
                found=len(line),
            )
            return row
        for name, source in self.used.fields.items():
            value = self._value(row, name, source, [line[self.at[each]] for each in source.names])
            if value not in (None, ""):
                row.stated[name] = value
        return row

    def _value(self, row: Row, name: str, source: Source, found: Sequence[Cell]) -> str | None:
        if any(isinstance(cell, FormulaCell) for cell in found):
            row.refuse(name, "formula_cell", "The cell holds a formula.")
            return None
        if not source.names:
            return source.value
        text = " ".join(filter(None, (cells.text_of(cell) for cell in found)))
        better = source.values.get(text, text)
        row.is_fixed |= better != text
        return self._plain(row, name, better, found[0]) if better else None

    def _plain(self, row: Row, name: str, text: str, cell: Cell) -> str | None:
        match self.kinds[name]:
            case "day":
                day = self._day(text, cell)
                if day is None:
                    row.refuse(name, "not_a_date", f"{text} is no day.", value=text)
                return str(day) if day else None
            case "number":
                number = self._number(text, cell)
                if number is None:
                    row.refuse(name, "not_a_number", f"{text} is no number.", value=text)
                return None if number is None else format(number, "f")
            case _:
                return text

    def _day(self, text: str, cell: Cell) -> date | None:
        if isinstance(cell, datetime):
            return cell.date()
        if self.formats.date is None:
            return None
        instant = formats.read_instant(text, self.formats.date, _UTC)
        return instant.date() if instant else None

    def _number(self, text: str, cell: Cell) -> Decimal | None:
        if isinstance(cell, Decimal):
            return cell
        return formats.read_number(text, self.formats.number) if self.formats.number else None
