"""Reading a table that came back: a CSV with a header row, or the reverse file of HDFC's ENet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Final

from app.kernel.money import Money, parse_money
from app.payouts.errors import Unreadable
from app.payouts.files.answers import Answer, Named, Outcome, Verdict

MOST_ROWS: Final = 50_000

COLUMNS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("reference", "end_to_end_id", "endtoendid", "customer reference", "customer reference no"),
        "reference",
    ),
    **dict.fromkeys(("status", "state", "transaction status", "result"), "status"),
    **dict.fromkeys(("reason", "reason code", "reject reason", "return code"), "reason"),
    **dict.fromkeys(("amount", "transaction amount"), "amount"),
    "currency": "currency",
}
STATES: Final[Mapping[str, Outcome]] = {
    **dict.fromkeys(
        ("settled", "paid", "success", "successful", "executed", "processed", "completed", "e"),
        "settled",
    ),
    **dict.fromkeys(("accepted", "pending", "received", "in process"), "accepted"),
    **dict.fromkeys(("refused", "rejected", "failed", "failure", "r"), "refused"),
    **dict.fromkeys(("returned", "reversed", "bounced"), "returned"),
}


def read_csv(raw: bytes, *, currency: str) -> Answer:
    """Return what the rows say; raise Unreadable for the first row that says nothing known.

    `currency` is that of the batch, for files that give amounts without one.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("Save the file as CSV in UTF-8.") from None
    first = text.split("\n", 1)[0]
    rows = list(csv.reader(io.StringIO(text), delimiter=max(",;\t|", key=first.count)))
    if len(rows) > MOST_ROWS:
        raise Unreadable(f"A file may hold {MOST_ROWS} rows at most.")
    if rows and _is_reverse_row(rows[0]):
        named = [_named(row[0], row[8], row[9], row[5], currency) for row in rows if any(row)]
        return Answer("hdfc_reverse", named=tuple(named))
    return Answer("csv", named=tuple(_read_rows(rows, currency)))


def _is_reverse_row(row: Sequence[str]) -> bool:
    return len(row) == 10 and row[8].strip() in ("E", "R")


def _read_rows(rows: Sequence[Sequence[str]], currency: str) -> list[Named]:
    columns = [COLUMNS.get(cell.strip().lower(), "") for cell in rows[0]] if rows else []
    if not {"reference", "status"} <= set(columns):
        raise Unreadable(
            "The first row must name the columns: reference, status, and if there are reason, amount."
        )
    named = []
    for cells in rows[1:]:
        row = dict(zip(columns, cells, strict=False))
        if any(cell.strip() for cell in cells):
            named.append(
                _named(
                    row.get("reference", ""),
                    row.get("status", ""),
                    row.get("reason", ""),
                    row.get("amount", ""),
                    row.get("currency", "").strip() or currency,
                )
            )
    return named


def _named(reference: str, status: str, reason: str, amount: str, currency: str) -> Named:
    outcome = STATES.get(status.strip().lower())
    if outcome is None or not reference.strip():
        raise Unreadable(f"The row {reference!r} says {status!r}, which means nothing here.")
    money = _money(amount.strip(), currency)
    return Named(reference.strip(), Verdict(outcome, reason.strip(), money=money))


def _money(text: str, currency: str) -> Money | None:
    if not text:
        return None
    try:
        return parse_money(text, currency)
    except (ValueError, ArithmeticError):
        raise Unreadable(f"{text!r} is no amount; write it like 1234.50.") from None
