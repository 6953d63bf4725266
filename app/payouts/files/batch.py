"""What goes into a payout file and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.kernel.errors import Problem
from app.kernel.money import Money
from app.payouts.errors import Unfit
from app.providers.contract import Destination


@dataclass(frozen=True, slots=True)
class Payer:
    """The account that pays: what the bank knows the company by, under the names a format asks for."""

    name: str
    zone: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Payment:
    """One transfer. `reference` is our redemption and comes back from the bank as EndToEndId.

    `remark` is read by the person, `creditor_reference` (ISO 11649) by machines: one of the two.
    """

    reference: str
    name: str
    money: Money
    destination: Destination | None
    remark: str = ""
    creditor_reference: str = ""
    town: str = ""
    personnel_number: str = ""
    email: str = ""

    def __repr__(self) -> str:
        return f"Payment({self.reference}, {self.money}, ...)"


@dataclass(frozen=True, slots=True)
class Batch:
    """What was approved: exactly these payments, making exactly this total.

    `message_id` names the file for ever; `serial` counts the files of one paying account and day from 1.
    """

    message_id: str
    made_at: datetime
    pay_on: date
    serial: int
    total: Money
    payer: Payer
    payments: tuple[Payment, ...]

    @property
    def today(self) -> date:
        """The day it is where the bank is."""
        return self.made_at.astimezone(ZoneInfo(self.payer.zone)).date()


@dataclass(frozen=True, slots=True)
class Change:
    """Something that stands in the file otherwise than it was given; shown before anybody approves."""

    pointer: str
    code: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class File:
    """A finished file. The same batch gives the same bytes."""

    name: str
    media_type: str
    content: bytes
    pay_on: date
    changes: tuple[Change, ...] = ()


@dataclass(slots=True)
class Draft:
    """A file being written: every problem is collected, so that all are told at once."""

    batch: Batch
    pay_on: date
    problems: list[Problem] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def wrong(self, pointer: str, code: str, detail: str, **params: Any) -> None:
        """Note something that keeps the file from being written."""
        self.problems.append(Problem(pointer, code, detail, params))

    def changed(self, pointer: str, code: str, before: str, after: str) -> None:
        """Note something that the file says otherwise."""
        self.changes.append(Change(pointer, code, before, after))

    def move_to(self, day: date) -> None:
        """Pay on `day` rather than on the day that was asked for."""
        if day != self.pay_on:
            self.changed("/pay_on", "moved", self.pay_on.isoformat(), day.isoformat())
            self.pay_on = day

    def stop(self) -> None:
        """Raise Unfit with everything noted so far, if anything was."""
        if self.problems:
            count = len(self.problems)
            raise Unfit(
                "One thing keeps this file from being written."
                if count == 1
                else f"{count} things keep this file from being written.",
                problems=self.problems,
                count=count,
            )

    def finish(self, name: str, media_type: str, content: bytes) -> File:
        """Return the file; raise Unfit when anything was wrong."""
        self.stop()
        return File(name, media_type, content, self.pay_on, tuple(self.changes))


def plain(money: Money) -> str:
    """Return an amount as machines read it: `1234.50`, never an exponent or a thousands mark."""
    return f"{money.decimal:f}"
