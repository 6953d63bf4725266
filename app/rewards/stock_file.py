"""Reading a file of gift-card codes: code, and if there are such columns PIN and expiry. Pure."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.providers.vault import NewCode
from app.rewards.errors import UnreadableStock

MOST_ROWS: Final = 20_000
LONGEST_CODE: Final = 200
HEADERS: Final = {"code": "code", "pin": "pin", "expires_on": "expires_on", "expires": "expires_on"}


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken, by its number in the file (the first row is 1) and a reason code."""

    row: int
    code: str


@dataclass(frozen=True, slots=True)
class StockFile:
    """What a file holds."""

    codes: tuple[tuple[int, NewCode], ...]
    refused: tuple[RefusedRow, ...]


def read(raw: bytes, *, today: date) -> StockFile:
    """Return the codes in a CSV file with a header row; raise UnreadableStock when it is none."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableStock("Save the file as CSV in UTF-8.") from None
    rows = list(csv.reader(io.StringIO(text), delimiter=_delimiter(text)))
    columns = [HEADERS.get(cell.strip().lower()) for cell in rows[0]] if rows else []
    if "code" not in columns:
        raise UnreadableStock(
            "The first row must name the columns: code, and if you have them pin, expires_on."
        )
    if len(rows) > MOST_ROWS + 1:
        raise UnreadableStock(f"A file may hold {MOST_ROWS} codes at most.")
    codes: list[tuple[int, NewCode]] = []
    refused: list[RefusedRow] = []
    for number, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        found = _read_row(dict(zip(columns, cells, strict=False)), today)
        if isinstance(found, NewCode):
            codes.append((number, found))
        else:
            refused.append(RefusedRow(number, found))
    return StockFile(tuple(codes), tuple(refused))


def _delimiter(text: str) -> str:
    header = text.split("\n", 1)[0]
    return max(",;\t", key=header.count)


def _read_row(row: dict[str | None, str], today: date) -> NewCode | str:
    code, pin = row.get("code", "").strip(), row.get("pin", "").strip()
    if not code:
        return "code_missing"
    if len(code) > LONGEST_CODE or len(pin) > LONGEST_CODE or not (code + pin).isprintable():
        return "code_unreadable"
    expires = row.get("expires_on", "").strip()
    try:
        expires_on = date.fromisoformat(expires) if expires else None
    except ValueError:
        return "date_unreadable"
    if expires_on is not None and expires_on <= today:
        return "expired"
    return NewCode(code, pin or None, expires_on)
