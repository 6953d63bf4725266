"""Reading files of rows: text with any separators, and spreadsheets read at arm's length."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, islice
from typing import Final

from app.activities import encodings, spreadsheets
from app.activities.core import Cell
from app.activities.errors import FileRefused
from app.activities.mapping import FileShape

MAX_COLUMNS: Final = 500
MAX_CELL: Final = 20_000
_SINGLE = (",", ";", "\t", "|")
_LONG = ("|~|", "~|~", "+|", "^|", "||", "~~", "::")
_SAMPLE_LINES = 50
_ROW_END = re.compile(r"([^\w\s\"',;|.)\]]{1,3}\|)$")

csv.field_size_limit(MAX_CELL)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as rows: how it was read, what its columns are called, and its rows, lazily."""

    shape: FileShape
    is_sure: bool
    columns: tuple[str, ...]
    rows: Iterator[Sequence[Cell]]
    first_row: int
    """The number of the first row as a spreadsheet counts: 2 below a header."""


def open_sheet(raw: bytes, shape: FileShape, *, file_name: str = "") -> Sheet:
    """Return the rows of `raw`; what `shape` leaves open is detected. Raise FileRefused otherwise."""
    if not raw.strip():
        raise FileRefused("The file is empty.", reason="empty")
    if spreadsheets.is_archive(raw) or file_name.lower().endswith((".xlsx", ".xlsm", ".xls")):
        rows = spreadsheets.read(raw, sheet=shape.sheet)
        return _with_header(iter(rows), shape, is_sure=True)
    found = encodings.detect(raw) if shape.encoding is None else None
    encoding = shape.encoding or (found.encoding if found else "utf-8")
    text = encodings.decode(raw, encoding)
    shape = shape.model_copy(update={"encoding": encoding})
    shape = _with_separators(text, shape)
    is_sure = found is None or found.is_sure
    return _with_header(_split(text, shape), shape, is_sure=is_sure)


def _with_separators(text: str, shape: FileShape) -> FileShape:
    lines = [line for line in islice(io.StringIO(text), _SAMPLE_LINES) if line.strip()]
    row_end = shape.row_end if shape.row_end is not None else _detect_row_end(lines)
    lines = [line.rstrip("\r\n").removesuffix(row_end) for line in lines]
    delimiter = shape.delimiter or _detect_delimiter(lines)
    return shape.model_copy(update={"row_end": row_end, "delimiter": delimiter})


def _detect_row_end(lines: Sequence[str]) -> str:
    """Return the mark that ends every line before its break, such as `&|`; mostly there is none."""
    ends = {match.group(1) if (match := _ROW_END.search(line.rstrip())) else "" for line in lines}
    end = ends.pop() if len(ends) == 1 else ""
    return "" if end in _LONG else end


def _detect_delimiter(lines: Sequence[str]) -> str:
    """Return the separator that cuts the lines into the same number of cells; prefer the longest."""
    best, best_score = ",", 0.0
    for candidate in (*_LONG, *_SINGLE):
        try:
            counts = Counter(len(cells) for cells in _cut(lines, candidate) if cells)
        except csv.Error:  # cells beyond the limit: the lines are not cut by this one
            continue
        [(cells, lines_alike)] = counts.most_common(1) or [(1, 0)]
        score = lines_alike / max(1, sum(counts.values())) if cells > 1 else 0.0
        if score > best_score + 0.001:
            best, best_score = candidate, score
    return best


def _cut(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    if len(delimiter) > 1:
        return (line.split(delimiter) for line in lines)
    return csv.reader(lines, delimiter=delimiter)


def _split(text: str, shape: FileShape) -> Iterator[Sequence[Cell]]:
    delimiter, row_end = shape.delimiter or ",", shape.row_end or ""
    if len(delimiter) == 1 and not row_end:
        return _quoted(text, delimiter)
    return _plain(text, delimiter, row_end)


def _quoted(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from filter(None, reader)
    except csv.Error as error:
        raise FileRefused(
            f"Line {reader.line_num} cannot be read: {error}.",
            reason="malformed",
            line=reader.line_num,
        ) from None


def _plain(text: str, delimiter: str, row_end: str) -> Iterator[list[str]]:
    lines = text.split(row_end) if row_end else text.splitlines()
    for line in lines:
        bare = line.strip("\r\n")
        if bare:
            yield bare.split(delimiter)


def _with_header(rows: Iterator[Sequence[Cell]], shape: FileShape, *, is_sure: bool) -> Sheet:
    first = next(rows, None)
    if first is None:
        raise FileRefused("The file has no rows.", reason="empty")
    if len(first) > MAX_COLUMNS:
        raise FileRefused(
            f"The file has {len(first)} columns; {MAX_COLUMNS} are allowed.", reason="columns"
        )
    has_header = _looks_like_header(first) if shape.header is None else shape.header
    shape = shape.model_copy(update={"header": has_header})
    if has_header:
        return Sheet(shape, is_sure, _names(first), rows, first_row=2)
    names = shape.columns or tuple(f"column_{number}" for number in range(1, len(first) + 1))
    return Sheet(shape, is_sure, tuple(names), chain([first], rows), first_row=1)


def _looks_like_header(cells: Sequence[Cell]) -> bool:
    """Whether every cell is a name, most of them their own; below longer rows a header ends in empty cells."""
    width = max((at for at, cell in enumerate(cells, start=1) if cell != ""), default=0)
    texts = [cell.strip() for cell in cells[:width] if isinstance(cell, str)]
    return (
        len(texts) == width > 0
        and len(set(texts)) * 2 > len(texts)
        and all(text and not text[0].isdigit() for text in texts)
    )


def _names(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Return the names of the columns without padding; a name that comes again gets a number."""
    names: dict[str, None] = {}
    for position, cell in enumerate(cells, start=1):
        name = str(cell).strip().lstrip("\ufeff") or f"column_{position}"
        numbered = (f"{name}_{again}" for again in count(2))
        names[name if name not in names else next(n for n in numbered if n not in names)] = None
    return tuple(names)
