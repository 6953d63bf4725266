"""Reading NACHA files of returns (R codes) and of notices of change (C codes), as American banks send them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from app.kernel.money import Money
from app.payouts.errors import Unreadable
from app.payouts.files.answers import Answer, Named, Verdict
from app.payouts.files.nacha import LINE

RETURNED: Final = ("21", "31", "41", "51")
"""Transaction codes of credits that come back: checking, savings, general ledger, loan."""


def is_nacha(raw: bytes) -> bool:
    """Whether a file begins as a NACHA file does."""
    first = raw[: LINE + 2].splitlines()
    return bool(first) and len(first[0]) >= LINE and first[0].startswith(b"101")


def read_returns(raw: bytes) -> Answer:
    """Return what came back, each by the id we gave it; raise Unreadable when the file does not add up.

    A notice of change (C01 ...) says that a payment arrived and how to write the next one: `accepted`.
    """
    records = _records(raw)
    _check_sums(records)
    return Answer("nacha_return", named=tuple(_entries(records)))


def _records(raw: bytes) -> list[str]:
    """Return the lines without those that only fill the last block; some banks break no lines at all."""
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        raise Unreadable("A NACHA file is written in plain ASCII.") from None
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1:
        lines = [text[at : at + LINE] for at in range(0, len(lines[0]), LINE)]
    if any(len(line) != LINE for line in lines):
        raise Unreadable("Every line of a NACHA file has 94 characters.")
    return [line for line in lines if line != "9" * LINE]


@dataclass(slots=True)
class _Sums:
    """What control lines repeat: entries with their addenda, the bank numbers added up, the amounts."""

    lines: int = 0
    banks: int = 0
    cents: int = 0

    def add(self, line: str) -> None:
        self.lines += 1
        if line[0] == "6":
            self.banks += _number(line[3:11])
            self.cents += _number(line[29:39])

    def check(self, control: str, at: int, digits: int) -> None:
        """Compare with a control line, whose count of lines stands `at` and has so many `digits`."""
        end = at + digits
        if _number(control[at:end]) != self.lines:
            raise Unreadable("The file does not have as many entries as its control lines say.")
        if _number(control[end : end + 10]) != self.banks % 10**10:
            raise Unreadable("The bank numbers do not add up to what the control lines say.")
        debits, credits_ = control[end + 10 : end + 22], control[end + 22 : end + 34]
        if _number(debits) + _number(credits_) != self.cents:
            raise Unreadable("The amounts do not add up to what the control lines say.")


def _check_sums(records: list[str]) -> None:
    """Compare every entry with the control line of its batch (type 8) and that of the file (type 9)."""
    whole, batch, batches = _Sums(), _Sums(), 0
    for line in records:
        match line[0]:
            case "5":
                batch = _Sums()
            case "6" | "7":
                whole.add(line)
                batch.add(line)
            case "8":
                batch.check(line, 4, 6)
                batches += 1
    if not records or records[-1][0] != "9":
        raise Unreadable("The file breaks off: its last line is missing.")
    if _number(records[-1][1:7]) != batches:
        raise Unreadable("The file does not have as many batches as its last line says.")
    whole.check(records[-1], 13, 8)


def _entries(records: list[str]) -> Iterator[Named]:
    on: date | None = None
    for at, line in enumerate(records):
        if line[0] == "5":
            on = _day(line[69:75])
        if line[0] == "6":
            addendum = records[at + 1] if at + 1 < len(records) else ""
            yield _named(line, addendum, on)


def _named(entry: str, addendum: str, on: date | None) -> Named:
    kind, code = addendum[:3], addendum[3:6].strip()
    if kind not in ("799", "798") or not code:
        raise Unreadable("An entry does not say why it came back.")
    if kind == "799" and entry[1:3] not in RETURNED:
        raise Unreadable("An entry of this file is no credit that came back.")
    return Named(
        entry[39:54].strip(),
        Verdict(
            "returned" if kind == "799" else "accepted",
            code,
            addendum[35:79].strip(),
            Money(_number(entry[29:39]), "USD") if kind == "799" else None,
            on,
        ),
    )


def _number(digits: str) -> int:
    if not digits.isdigit():
        raise Unreadable(f"{digits!r} is no number.")
    return int(digits)


def _day(digits: str) -> date | None:
    try:
        return datetime.strptime(digits, "%y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
