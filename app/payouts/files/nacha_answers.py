"""Reading NACHA files of returns (R codes) and of notices of change (C codes), as American banks send them."""

from __future__ import annotations

from collections.abc import Iterator
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
    try:
        lines = [line for line in raw.decode("ascii").splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise Unreadable("A NACHA file is written in plain ASCII.") from None
    if any(len(line) != LINE for line in lines):
        raise Unreadable("Every line of a NACHA file has 94 characters.")
    records = [line for line in lines if line != "9" * LINE]
    _check_count(records)
    return Answer("nacha_return", named=tuple(_entries(records)))


def _check_count(records: list[str]) -> None:
    control = records[-1]
    counted = sum(line[0] in "67" for line in records)
    if control[0] != "9" or not control[13:21].isdigit() or int(control[13:21]) != counted:
        raise Unreadable("The file does not have as many entries as its last line says.")
    cents = sum(_cents(line[29:39]) for line in records if line[0] == "6")
    if cents != _cents(control[31:43]) + _cents(control[43:55]):
        raise Unreadable("The amounts do not add up to what the last line says.")


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
            Money(_cents(entry[29:39]), "USD") if kind == "799" else None,
            on,
        ),
    )


def _cents(digits: str) -> int:
    if not digits.isdigit():
        raise Unreadable(f"{digits!r} is no amount.")
    return int(digits)


def _day(digits: str) -> date | None:
    try:
        return datetime.strptime(digits, "%y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
