"""Statements as values: what a month of one person's money looks like, and how it is signed and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.kernel.money import Money
from app.kernel.strict_json import dumps_canonical

FORMAT: Final = "laurel-statement/1"
PROOF: Final = "laurel-proof-of-earnings/1"

PLACES: Final = ("earned", "available", "reserved", "owed")
"""Where a person's money can lie, as statements name it."""


HEADINGS: Final = ("earned", "corrections", "prizes", "paid", "given_back", "other")
"""What the lines of a statement are added up under."""
PROVEN: Final = ("earned", "corrections", "prizes", "paid")
"""What of them a proof of earnings shows, month by month."""
_HEADINGS: Final = {"captured": "paid", "provider_return": "given_back", "prize": "prizes"}


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month where the company keeps its books."""

    first: date
    zone: str

    @property
    def last(self) -> date:
        """The last day of it."""
        return (self.first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)

    @property
    def since(self) -> datetime:
        """The instant at which it begins."""
        return _midnight(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """The instant at which the next one begins."""
        return _midnight(self.last + timedelta(days=1), self.zone)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def month_before(day: date) -> date:
    """Return the first day of the month before the one of `day`."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened to a person's money; `moved` in minor units by place.

    `period` is the one that pay is for; `is_correction` says that it was closed before this statement.
    """

    at: datetime
    kind: str
    title: str
    currency: str
    moved: Mapping[str, int]
    transaction_id: UUID
    period: tuple[date, date | None] | None = None
    is_correction: bool = False
    parts: Mapping[str, int] | None = None

    @property
    def minor(self) -> int:
        """What the person has more or less by it."""
        return sum(self.moved.values())


@dataclass(frozen=True, slots=True)
class Head:
    """Who a statement is for, and when it was frozen."""

    company: str
    name: str
    employee_number: str
    person_id: UUID
    frozen_at: datetime
    previous: bytes | None


Balances = Mapping[str, Mapping[str, int]]
"""Minor units by currency and place."""


def compose(head: Head, month: Month, opening: Balances, lines: Sequence[Line]) -> dict[str, Any]:
    """Return the statement; its closing balances are its opening balances and its lines, nothing else."""
    currencies = sorted({*opening, *(line.currency for line in lines)})
    return {
        "format": FORMAT,
        "company": head.company,
        "person": {
            "id": str(head.person_id),
            "name": head.name,
            "employee_number": head.employee_number,
        },
        "period": {
            "first": month.first.isoformat(),
            "last": month.last.isoformat(),
            "zone": month.zone,
        },
        "frozen_at": head.frozen_at.isoformat(timespec="seconds"),
        "previous_sha256": head.previous.hex() if head.previous else None,
        "currencies": [
            _of_currency(currency, opening.get(currency, {}), lines) for currency in currencies
        ],
    }


def _of_currency(
    currency: str, opening: Mapping[str, int], lines: Iterable[Line]
) -> dict[str, Any]:
    mine = [line for line in lines if line.currency == currency]
    closing = {
        place: opening.get(place, 0) + sum(line.moved.get(place, 0) for line in mine)
        for place in PLACES
    }
    return {
        "currency": currency,
        "opening": _amounts(opening, currency),
        "lines": [_line(line) for line in mine],
        "sums": {name: _plain(minor, currency) for name, minor in sorted(_sums(mine).items())},
        "closing": _amounts(closing, currency),
    }


def _sums(lines: Iterable[Line]) -> dict[str, int]:
    sums: dict[str, int] = dict.fromkeys(HEADINGS, 0)
    for line in lines:
        sums[_heading(line)] += line.minor
    return sums


def _heading(line: Line) -> str:
    if line.kind == "earning":
        return "corrections" if line.is_correction else "earned"
    return _HEADINGS.get(line.kind, "other")


def _line(line: Line) -> dict[str, Any]:
    said: dict[str, Any] = {
        "at": line.at.isoformat(),
        "kind": line.kind,
        "title": line.title,
        "amount": _plain(line.minor, line.currency),
        "moved": {
            place: _plain(minor, line.currency) for place, minor in line.moved.items() if minor
        },
        "transaction": str(line.transaction_id),
    }
    if line.period is not None:
        first, last = line.period
        said["period"] = {"first": first.isoformat(), "last": last and last.isoformat()}
    if line.is_correction:
        said["correction"] = True
    if line.parts:
        said["parts"] = {
            name: _plain(minor, line.currency) for name, minor in line.parts.items() if minor
        }
    return said


def _amounts(minors: Mapping[str, int], currency: str) -> dict[str, str]:
    return {place: _plain(minors.get(place, 0), currency) for place in PLACES}


def _plain(minor: int, currency: str) -> str:
    return str(Money(minor, currency).decimal)


@dataclass(frozen=True, slots=True)
class Signed:
    """A document that nobody can change unseen: canonical JSON, its hash, and our signature over it."""

    body: bytes
    sha256: bytes
    signature: bytes


def sign(document: Mapping[str, Any], key: Ed25519PrivateKey) -> Signed:
    """Return `document` as the one byte string it has, hashed and signed."""
    body = dumps_canonical(document)
    return Signed(body, hashlib.sha256(body).digest(), key.sign(_signed_text(body)))


def is_genuine(signed: Signed, key: Ed25519PublicKey) -> bool:
    """Whether hash and signature are those of the body."""
    try:
        key.verify(signed.signature, _signed_text(signed.body))
    except InvalidSignature:
        return False
    return hashlib.sha256(signed.body).digest() == signed.sha256


def _signed_text(body: bytes) -> bytes:
    # The first line keeps this signature from being taken for one of a checkpoint.
    return b"laurel document\n" + hashlib.sha256(body).digest()
