"""The child that opens a spreadsheet: a program of its own, with little memory and little time.

Arguments: file, bytes of memory, seconds, sheet (empty: the first). Writes one JSON list a row.
It loads nothing of Laurel and is run isolated.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

FORMULA = re.compile(rb'<c [^>]*?r="([A-Z]{1,3})([0-9]{1,7})"[^>]*>\s*<f[ >/]')
RELATION = re.compile(rb"<Relationship [^>]*>")
SHEET = re.compile(rb"<sheet [^>]*>")


def main(path: str, memory: int, seconds: int, wanted: str) -> int:
    """Write the rows of one sheet to standard output; return 3 when the sheet is not there."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    from python_calamine import CalamineWorkbook  # after the limits hold

    book = CalamineWorkbook.from_path(path)
    if wanted and wanted not in book.sheet_names:
        return 3
    position = book.sheet_names.index(wanted) if wanted else 0
    formulas = find_formulas(path, position)
    rows = book.get_sheet_by_index(position).to_python(skip_empty_area=False)
    for row_number, row in enumerate(rows):
        cells = [
            {"formula": plain(cell) or ""} if (row_number, column) in formulas else plain(cell)
            for column, cell in enumerate(row)
        ]
        if any(cell not in ("", None) for cell in cells):
            sys.stdout.write(json.dumps(cells) + "\n")
    return 0


def plain(cell: Any) -> Any:
    """Return a cell as JSON can say it."""
    if isinstance(cell, datetime):
        return {"at": cell.isoformat()}
    if isinstance(cell, date):
        return {"at": datetime(cell.year, cell.month, cell.day).isoformat()}  # noqa: DTZ001 - cells have no zone
    if isinstance(cell, time | timedelta):
        return str(cell)
    return cell


def find_formulas(path: str, position: int) -> set[tuple[int, int]]:
    """Return (row, column), from zero, of every cell of the sheet that holds a formula."""
    with zipfile.ZipFile(path) as archive:
        part = sheet_part(archive, position)
        content = archive.read(part) if part else b""
    return {
        (int(row) - 1, column_number(letters.decode())) for letters, row in FORMULA.findall(content)
    }


def sheet_part(archive: zipfile.ZipFile, position: int) -> str | None:
    """Return the name of the part that holds the sheet at `position` of the workbook."""
    sheets = SHEET.findall(archive.read("xl/workbook.xml"))
    if position >= len(sheets):
        return None
    key = re.search(rb'r:id="([^"]+)"', sheets[position])
    for relation in RELATION.findall(archive.read("xl/_rels/workbook.xml.rels")):
        target = re.search(rb'Target="([^"]+)"', relation)
        if key and target and b'Id="' + key.group(1) + b'"' in relation:
            name = target.group(1).decode().lstrip("/")
            return name if name.startswith("xl/") else f"xl/{name}"
    return None


def column_number(letters: str) -> int:
    """Return the position, from zero, of a column such as AB."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
