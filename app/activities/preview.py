"""Looking at a file before it is taken in: how it would be read, and what would become of its rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy.orm import Session

from app.activities import cells as cell_texts
from app.activities import (
    encodings,
    files,
    formats,
    importing,
    keeping,
    lookups,
    reading,
    spreadsheets,
)
from app.activities import mapping as maps
from app.activities.cells import text_of
from app.activities.cleaning import Cleaner
from app.activities.core import Cell
from app.activities.errors import FileRefused, MappingRefused
from app.activities.models import Import

_SHOWN: Final = 20
_LOOKED_AT: Final = 500
_CHECKED: Final = 5_000
_MEGABYTES: Final = 4

_LIKELY: Final = {
    "external_id": r"(order|invoice|opportunity|contract|transaction|sale|deal).*(id|no|number|nr)$|^id$|numero|nomor",
    "person": r"(sales ?_?person|sales_?agent|seller|rep|agent|employee|venditore|vendeur|penjual)",
    "occurred_at": r"(order|invoice|close|sale|signed|occurred|created)?_?(date|day|at|on)$|data|tanggal"
    r"|^(signed|sold|firmato|firma|venduto|signé|signée|signature|vendu|ditandatangani|terjual)$",
    "amount": r"(sub_?total|amount|value|total|price|importo|montant|jumlah)",
    "units": r"(quantity|qty|units|pieces|quantit)",
    "currency": r"(currency|valuta|devise|mata_?uang)",
    "product": r"(product|stock_?code|sku|article|prodotto|produit|produk)",
    "customer_reference": r"(customer|account|purchase_?order|client|cliente|pelanggan)",
    "country": r"(country|paese|pays|negara)",
    "channel": r"(channel|canale|canal)",
}


def preview(db: Session, entry: Import, mapping: maps.Mapping) -> dict[str, Any]:
    """Return the first rows as they are read, what was detected, what stands against it, and a guess."""
    raw = _beginning(db, entry, mapping)
    sheet = files.open_sheet(raw, mapping.file, file_name=entry.file_name)
    rows = list(islice(sheet.rows, _LOOKED_AT))
    settled = mapping.model_copy(update={"file": sheet.shape})
    problems = _problems(raw, settled, sheet)
    return {
        "columns": list(sheet.columns),
        "rows": [[text_of(cell)[:200] for cell in row] for row in rows[:_SHOWN]],
        "detected": sheet.shape.model_dump(mode="json"),
        "is_sure": sheet.is_sure,
        "problems": problems,
        "suggested_mapping": suggest(sheet.columns, rows),
    }


def dry_run(db: Session, entry: Import) -> dict[str, Any]:
    """Return what would become of the first rows if the file were taken in now; nothing is written."""
    mapping = importing.mapping_of(entry)
    prepared = reading.prepare(_beginning(db, entry, mapping), mapping, file_name=entry.file_name)
    sheet = prepared.sheet
    cleaner = Cleaner(prepared.mapping, sheet.columns, lookups.known(db, prepared.mapping))
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    examples: list[dict[str, Any]] = []
    rows = 0
    for number, cells in enumerate(islice(sheet.rows, _CHECKED), start=sheet.first_row):
        cleaned = cleaner.clean(cells, number)
        rows += 1
        outcomes[cleaned.outcome.value] += 1
        for reason in cleaned.reasons:
            reasons[reason.code] += 1
            if reasons[reason.code] <= 3:
                examples.append({"row": number, **keeping.reason_json(reason)})
    return {
        "rows": rows,
        "is_whole_file": next(sheet.rows, None) is None and _is_whole(entry),
        **{name: outcomes[name] for name in ("accepted", "fixed", "quarantined", "refused")},
        "by_reason": [{"code": code, "count": count} for code, count in reasons.most_common()],
        "examples": examples,
    }


def _beginning(db: Session, entry: Import, mapping: maps.Mapping) -> bytes:
    """Return the first megabytes, cut at the end of a line; a spreadsheet cannot be cut."""
    raw = importing.content_of(db, entry.id, parts=_MEGABYTES)
    if _is_whole(entry):
        return raw
    if spreadsheets.is_archive(raw):
        return importing.content_of(db, entry.id)
    return _whole_lines(raw, mapping.file.encoding or encodings.detect(raw).encoding)


def _whole_lines(raw: bytes, encoding: str) -> bytes:
    """Return `raw` up to its last line break; of two bytes a break has an even place."""
    line_end = "\n".encode(encoding)
    at = raw.rfind(line_end)
    while at > 0 and at % len(line_end):
        at = raw.rfind(line_end, 0, at + len(line_end) - 1)
    return raw[: at + len(line_end)] if at >= 0 else b""


def _is_whole(entry: Import) -> bool:
    return entry.size_bytes <= _MEGABYTES * importing.PART


def _problems(raw: bytes, mapping: maps.Mapping, sheet: files.Sheet) -> list[dict[str, Any]]:
    if not mapping.fields:
        return []
    try:
        reading.prepare(raw, mapping)
        maps.check_complete(mapping, sheet.columns)
    except (MappingRefused, FileRefused) as refusal:
        parts = refusal.parts if isinstance(refusal, MappingRefused) else ()
        return [
            {"code": part.code, "detail": part.detail, "params": part.params}
            for part in parts or (refusal,)
        ]
    return []


def suggest(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> dict[str, Any]:
    """Return a mapping guessed from the names and values of the columns; it is a draft for a person."""
    fields: dict[str, Any] = {}
    for field, pattern in _LIKELY.items():
        for at, column in enumerate(columns):
            if column in {source["column"] for source in fields.values()}:
                continue
            if re.search(pattern, column.lower()) and _fits(field, _texts(rows, at)):
                fields[field] = {"column": column}
                break
    if "person" in fields:
        values = _texts(rows, columns.index(fields["person"]["column"]))
        fields["person"]["by"] = _named_by(values)
    return {"fields": fields}


def _texts(rows: Sequence[Sequence[Cell]], at: int) -> list[str]:
    return cell_texts.distinct(iter(rows), [at], _LOOKED_AT)


def _fits(field: str, values: list[str]) -> bool:
    if field == "occurred_at":
        return formats.are_days(values)
    if field in ("amount", "units"):
        return formats.are_numbers(values)
    return True


def _named_by(values: Sequence[str]) -> str:
    if values and all("@" in value for value in values):
        return "email"
    if values and sum(" " in value for value in values) * 2 > len(values):
        return "name"
    return "employee_number"
