"""Reading a statement as banks give it out as CSV: a day, an amount with its sign, a reference or a text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from app.kernel.money import Money, exponent_of
from app.payouts.errors import Unreadable
from app.payouts.files.statements import Booking, Statement, named_in

MOST_ROWS: Final = 50_000
LOOKS_AT: Final = 20
"""Rows in which the titles may stand: some banks write the account and the period above them."""

TITLES: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "date", "booking date", "booked on", "transaction date", "posting date", "value date",
            "buchungstag", "buchung", "data", "data contabile", "data operazione",
            "date comptable", "date de comptabilisation", "date operation", "tanggal", "txn date",
        ),
        "day",
    ),
    **dict.fromkeys(("amount", "betrag", "importo", "montant", "jumlah"), "amount"),
    **dict.fromkeys(
        ("debit", "debits", "soll", "dare", "addebiti", "uscite", "débit", "withdrawal amt."), "out"
    ),
    **dict.fromkeys(
        ("credit", "credits", "haben", "avere", "accrediti", "entrate", "crédit", "deposit amt."),
        "back",
    ),
    **dict.fromkeys(("currency", "waehrung", "währung", "divisa", "valuta", "devise"), "currency"),
    **dict.fromkeys(
        (
            "reference", "end to end id", "endtoendid", "end-to-end reference",
            "kundenreferenz (end-to-end)", "riferimento", "customer reference",
        ),
        "reference",
    ),
    **dict.fromkeys(
        ("bank reference", "transaction id", "chq./ref.no.", "sammlerreferenz"), "bank_reference"
    ),
    **dict.fromkeys(
        (
            "description", "details", "narration", "text", "remark", "payment details",
            "verwendungszweck", "descrizione", "causale", "libelle", "libellé", "keterangan",
        ),
        "text",
    ),
}  # fmt: skip

_DAY_FORMS: Final = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%d/%m/%Y",
    "%d/%m/%y",
    "%d-%m-%Y",
    "%Y%m%d",
)
_AMOUNT: Final = re.compile(r"[+-]?[0-9][0-9.,' \u00a0\u202f]*-?")


def is_statement(raw: bytes) -> bool:
    """Whether a table has days and amounts, and no states: a statement and no answer."""
    try:
        rows = _rows(raw)
    except Unreadable:
        return False
    return _titles_at(rows) is not None


def read_statement(raw: bytes, *, currency: str) -> Statement:
    """Return what a table of bookings says; raise Unreadable for the first row that cannot be read.

    `currency`: that of the account, for tables that name none.
    """
    rows = _rows(raw)
    at = _titles_at(rows)
    if at is None:
        raise Unreadable("The first row must name the columns: date, amount, reference or text.")
    columns = [TITLES.get(cell.strip().lower(), "") for cell in rows[at]]
    days: list[date] = []
    bookings: list[Booking] = []
    for cells in rows[at + 1 :]:
        row = dict(zip(reversed(columns), reversed(_padded(cells, len(columns))), strict=True))
        if not any(cell.strip() for cell in cells) or not row["day"].strip():
            continue
        days.append(_day(row["day"].strip()))
        bookings += _bookings(row, days[-1], row.get("currency", "").strip().upper() or currency)
    if not days:
        raise Unreadable("This statement has no bookings.")
    return Statement("statement_csv", min(days), max(days), tuple(bookings))


def _rows(raw: bytes) -> list[list[str]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What German and Italian banks still send.
        text = raw.decode("cp1252", errors="replace")
    first = "\n".join(text.splitlines()[:LOOKS_AT])
    rows = list(csv.reader(io.StringIO(text), delimiter=max(",;\t|", key=first.count)))
    if len(rows) > MOST_ROWS:
        raise Unreadable(f"A file may hold {MOST_ROWS} rows at most.")
    return rows


def _titles_at(rows: Sequence[Sequence[str]]) -> int | None:
    for at, cells in enumerate(rows[:LOOKS_AT]):
        known = {TITLES.get(cell.strip().lower(), "") for cell in cells}
        titles = {cell.strip().lower() for cell in cells}
        if "day" in known and known & {"amount", "out"} and "status" not in titles:
            return at
    return None


def _padded(cells: Sequence[str], count: int) -> list[str]:
    return [*cells[:count], *("" for _ in range(count - len(cells)))]


def _bookings(row: Mapping[str, str], on: date, currency: str) -> Iterator[Booking]:
    minor = _signed(row, currency)
    told = " ".join(row.get(name, "") for name in ("reference", "text", "bank_reference"))
    references, message_id = named_in(told)
    named = row.get("reference", "").strip()
    if not references and not message_id and named.upper() not in ("", "NOTPROVIDED"):
        references = (named,)
    # What comes in and names nobody we paid is the company's own money.
    if minor < 0 or (minor > 0 and named_in(told) != ((), "")):
        yield Booking(
            on,
            "out" if minor < 0 else "back",
            Money(abs(minor), currency),
            references,
            message_id,
            row.get("bank_reference", "").strip(),
        )


def _signed(row: Mapping[str, str], currency: str) -> int:
    if row.get("amount", "").strip():
        return _minor(row["amount"], currency)
    out, back = (abs(_minor(row.get(name, ""), currency)) for name in ("out", "back"))
    return back - out


def _minor(written: str, currency: str) -> int:
    """Read "-1.234,50", "1,234.50" or "1234.5-": the last separator is the decimal one if it can be."""
    text = written.strip()
    if not text:
        return 0
    if not _AMOUNT.fullmatch(text):
        raise Unreadable(f"{written!r} is no amount; write it like -1234.50.")
    is_out = text.startswith("-") or text.endswith("-")
    exponent = exponent_of(currency)
    whole, separator, rest = text.strip("+-").replace("'", "").rpartition(_last_separator(text))
    if not separator or len(rest) > max(exponent, 2):
        whole, rest = f"{whole}{rest}", ""
    elif len(rest) == 3:
        raise Unreadable(f"{written!r} can be read in two ways; write it like -1234.500.")
    digits = re.sub(r"\D", "", whole) or "0"
    amount = Decimal(f"{digits}.{rest or 0}").scaleb(exponent)
    if amount != amount.to_integral_value():
        raise Unreadable(f"{written!r} is finer than {currency} goes.")
    return -int(amount) if is_out else int(amount)


def _last_separator(text: str) -> str:
    return max(".,", key=text.rfind)


def _day(written: str) -> date:
    for form in _DAY_FORMS:
        try:
            return datetime.strptime(written[:10], form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise Unreadable(f"{written!r} is no day; write it like 2026-11-20.")
