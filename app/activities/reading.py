"""From the bytes of a file and its mapping to rows that are ready to be cleaned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice

from app.activities import cells as cell_texts
from app.activities import files, formats
from app.activities import mapping as maps
from app.activities.errors import MappingRefused
from app.kernel.errors import Problem

_DISTINCT = 20_000
_FIRST_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file, opened, with nothing left open in its mapping."""

    mapping: maps.Mapping
    sheet: files.Sheet


def prepare(raw: bytes, mapping: maps.Mapping, *, file_name: str = "") -> Prepared:
    """Open the file and settle what the mapping leaves open; raise where two readings are possible."""
    sheet = files.open_sheet(raw, mapping.file, file_name=file_name)
    if not sheet.is_sure:
        raise MappingRefused(
            f"The file may be {sheet.shape.encoding} or something else: say which encoding it has.",
            reason="encoding",
            guess=sheet.shape.encoding,
        )
    maps.check_complete(mapping, sheet.columns)
    mapping = mapping.model_copy(update={"file": sheet.shape})
    settled = _settle_formats(raw, mapping, sheet.columns)
    if settled != mapping.formats:
        mapping = mapping.model_copy(update={"formats": settled})
        sheet = files.open_sheet(raw, mapping.file, file_name=file_name)
    return Prepared(mapping, sheet)


def _settle_formats(raw: bytes, mapping: maps.Mapping, columns: tuple[str, ...]) -> maps.Formats:
    """Find the formats that are left open from the values of the columns that need them."""
    numbers = _columns(mapping, ("amount", "units"))
    days = _columns(mapping, ("occurred_at",))
    found: dict[str, str] = {}
    refusals: list[MappingRefused] = []
    for kind, named, given, formats_of in (
        ("number", numbers, mapping.formats.number, formats.number_formats_of),
        ("date", days, mapping.formats.date, formats.date_formats_of),
    ):
        if given is not None or not named:
            continue
        find = partial(_find, raw, mapping, [columns.index(name) for name in named], formats_of)
        try:
            found[kind] = _only(kind, named, find)
        except MappingRefused as refusal:
            refusals.append(refusal)
    if refusals:
        raise MappingRefused.together(refusals)
    return mapping.formats.model_copy(update=found)


def _find(
    raw: bytes,
    mapping: maps.Mapping,
    at: list[int],
    formats_of: Callable[[list[str]], list[str]],
    rows: int | None,
) -> list[str]:
    """Return the formats that read the columns `at` of the first `rows` rows, or of all."""
    cells = islice(files.open_sheet(raw, mapping.file).rows, rows)
    return formats_of(cell_texts.distinct(cells, at, _DISTINCT))


def _columns(mapping: maps.Mapping, fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        name for field in fields if field in mapping.fields for name in mapping.fields[field].names
    )


def _only(kind: str, columns: tuple[str, ...], find: Callable[[int | None], list[str]]) -> str:
    """Return the one format that is left: the first rows mostly decide, else the whole file does."""
    candidates = find(_FIRST_ROWS)
    if len(candidates) != 1:
        candidates = find(None)
    if len(candidates) == 1:
        return candidates[0]
    where = " and ".join(columns)
    if candidates:
        code, more = f"ambiguous_{kind}_format", {"candidates": candidates}
        detail = f"The values of {where} can be read as {' or as '.join(candidates)}: say which."
    else:
        code, more = f"no_{kind}_format", {}
        detail = f"No {kind} format reads the values of {where}."
    params = {"columns": list(columns), **more}
    problem = Problem(f"/mapping/formats/{kind}", code, detail, params)
    raise MappingRefused(detail, problems=[problem], reason=code, **params)
