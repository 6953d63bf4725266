"""A batch as a table for people: CSV and XLSX, in which nothing can act as a formula."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time
from typing import Final

import xlsxwriter

from app.payouts.files.batch import Batch, File, Payment, plain
from app.payouts.files.checks import start

TITLES: Final = (
    "reference", "personnel_number", "name", "country", "bank", "account", "amount", "currency",
    "remark", "town",
)  # fmt: skip
FORMULA_STARTS: Final = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""What a spreadsheet takes for the beginning of a formula; the last four are their full-width forms."""


def build_csv(batch: Batch) -> File:
    """Return the payments as CSV (RFC 4180) for a spreadsheet; texts that look like formulas are defused."""
    draft = start(batch)
    out = io.StringIO(newline="")
    # Excel takes a CSV for UTF-8 only when it begins with this mark.
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(TITLES)
    for payment in batch.payments:
        writer.writerow([neutralised(cell) for cell in _row(payment)])
    return draft.finish(f"{batch.message_id}.csv", "text/csv", out.getvalue().encode())


def neutralised(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    stripped = cell.lstrip(" \u00a0")
    return f"'{cell}" if stripped[:1] and stripped[0] in FORMULA_STARTS else cell


def build_xlsx(batch: Batch) -> File:
    """Return the payments as a workbook; every cell is text, amounts too, so that none is rounded."""
    draft = start(batch)
    draft.stop()
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    # Fixed, so that the same batch gives the same bytes.
    book.set_properties({"created": datetime.combine(_day(batch), time())})
    sheet = book.add_worksheet("payouts")
    for row, cells in enumerate((TITLES, *map(_row, batch.payments))):
        for column, cell in enumerate(cells):
            sheet.write_string(row, column, cell)
    sheet.freeze_panes(1, 0)
    book.close()
    return draft.finish(
        f"{batch.message_id}.xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        out.getvalue(),
    )


def _day(batch: Batch) -> date:
    return batch.today


def _row(payment: Payment) -> tuple[str, ...]:
    to = payment.destination
    fields = to.fields if to else {}
    bank = next(
        (fields[name] for name in ("bic", "ifsc", "bank_code", "routing") if name in fields), ""
    )
    return (
        payment.reference,
        payment.personnel_number,
        payment.name,
        to.country if to else "",
        bank,
        fields.get("iban") or fields.get("account", ""),
        plain(payment.money),
        payment.money.currency,
        payment.remark,
        payment.town,
    )
