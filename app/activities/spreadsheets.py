"""Spreadsheets, opened at arm's length: the archive is checked, a child with limits reads the cells.

A file of 310 KB can unfold to 300 MB and take 700 MB of memory, so nothing is unpacked in a process
that serves others.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import orjson

from app.activities.core import Cell, FormulaCell
from app.activities.errors import FileRefused

MAX_ENTRIES: Final = 200
MAX_UNPACKED: Final = 50_000_000
MAX_RATIO: Final = 100
MEMORY: Final = 1_000_000_000
SECONDS: Final = 60
_CHILD = Path(__file__).with_name("spreadsheet_child.py")
_OLD = b"\xd0\xcf\x11\xe0"


def is_archive(raw: bytes) -> bool:
    """Whether the bytes are a spreadsheet of any kind rather than text."""
    return raw.startswith((b"PK\x03\x04", b"PK\x05\x06", _OLD))


def read(raw: bytes, *, sheet: str | None = None) -> Iterator[list[Cell]]:
    """Return the rows of one sheet, the first when none is named; raise FileRefused when unsafe."""
    check_archive(raw)
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(raw)
        file.flush()
        output = _run_child(file.name, sheet)
    return (list(map(_cell, orjson.loads(line))) for line in output.splitlines() if line)


def check_archive(raw: bytes) -> None:
    """Raise FileRefused unless the archive is a plain .xlsx of bounded size, by its directory."""
    if raw.startswith(_OLD):
        raise FileRefused("Old .xls files are not read; save it as .xlsx or CSV.", reason="old_xls")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise FileRefused("The spreadsheet is damaged.", reason="malformed") from None
    names = [entry.filename for entry in entries]
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if len(entries) > MAX_ENTRIES:
        raise FileRefused(f"The spreadsheet has {len(entries)} parts.", reason="too_many_parts")
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * packed:
        raise FileRefused("The spreadsheet unfolds to too much.", reason="zip_bomb")
    if any(_is_unsafe(name) for name in names) or "xl/workbook.xml" not in names:
        raise FileRefused("The spreadsheet is not a plain .xlsx file.", reason="not_xlsx")
    if any("vbaproject" in name.lower() or "macrosheets" in name.lower() for name in names):
        raise FileRefused("Spreadsheets with macros are not read.", reason="macros")


def _is_unsafe(name: str) -> bool:
    lower = name.lower()
    return (
        name.startswith(("/", "\\"))
        or ".." in name.replace("\\", "/").split("/")
        or lower.endswith((".zip", ".xlsx", ".xlsm", ".jar", ".7z", ".gz"))
    )


def _run_child(path: str, sheet: str | None) -> bytes:
    command = [sys.executable, "-I", str(_CHILD), path, str(MEMORY), str(SECONDS), sheet or ""]
    try:
        done = subprocess.run(  # noqa: S603 - our own program, a file name of ours
            command, capture_output=True, timeout=SECONDS + 5, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise FileRefused("The spreadsheet takes too long to read.", reason="too_slow") from None
    if done.returncode == 3:
        raise FileRefused(f"There is no sheet called {sheet}.", reason="no_sheet", sheet=sheet)
    if done.returncode != 0:
        raise FileRefused("The spreadsheet is damaged or too large.", reason="malformed")
    return done.stdout


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return Decimal(format(value, ".15g"))
    if "formula" in value:
        return FormulaCell(str(value["formula"]))
    return datetime.fromisoformat(value["at"])
