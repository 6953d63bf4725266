"""The journal as accounting takes it over: our legs under the numbers of their chart of accounts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import xlsxwriter
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of
from app.finance.errors import TooMuchAtOnce
from app.finance.models import AccountName
from app.kernel.money import Money
from app.ledger import periods
from app.ledger.core import AccountKind
from app.ledger.periods import JournalLine
from app.payouts.files.tables import neutralised
from app.people import queries as people

MOST: Final = 100_000
"""More lines than that go into several files."""

TITLES: Final = (
    "date", "transaction", "kind", "account", "account name", "debit", "credit", "currency",
    "cause", "key",
)  # fmt: skip

DEFAULTS: Final[Mapping[str, tuple[str, str]]] = {
    AccountKind.PROGRAM_EXPENSE: ("6400", "Incentive expense"),
    AccountKind.PRIZE_EXPENSE: ("6410", "Contest prizes"),
    AccountKind.PERSON_EARNED: ("3300", "Incentives earned, not released"),
    AccountKind.PERSON_AVAILABLE: ("3310", "Incentives payable"),
    AccountKind.PERSON_RESERVED: ("3320", "Incentives being paid"),
    AccountKind.PERSON_OWED: ("1480", "Receivable from people"),
    AccountKind.PROVIDER_CLEARING: ("1360", "Providers, clearing"),
    AccountKind.TAX_WITHHELD: ("3340", "Tax withheld"),
    AccountKind.HOUSE_FEES: ("4800", "Fees charged"),
    AccountKind.HOUSE_ADJUSTMENT: ("6490", "Adjustments"),
}


@dataclass(frozen=True, slots=True)
class Named:
    """A kind of account as accounting calls it."""

    kind: str
    code: str
    name: str
    is_standard: bool = False
    """Whether this is our own name, in English: a screen may say it in the reader's language."""


@dataclass(frozen=True, slots=True)
class Total:
    """What one account was debited and credited in a period."""

    account: Named
    debit: Money
    credit: Money


def names(db: Session) -> dict[str, Named]:
    """Return how every kind of account is called."""
    said = {
        row.kind: (row.code, row.name)
        for row in db.scalars(select(AccountName).where(AccountName.tenant_id == tenant_of(db)))
    }
    return {
        kind.value: (
            Named(kind.value, *said[kind.value])
            if kind.value in said
            else Named(kind.value, *DEFAULTS[kind], is_standard=True)
        )
        for kind in AccountKind
    }


def rename(db: Session, changes: Iterable[Named]) -> None:
    """Call kinds of accounts by other numbers and names."""
    wanted = list(changes)
    for one in wanted:
        row = {"code": one.code, "name": one.name}
        db.execute(
            insert(AccountName)
            .values(tenant_id=tenant_of(db), kind=one.kind, **row)
            .on_conflict_do_update(index_elements=["tenant_id", "kind"], set_=row)
        )
    audit.record(
        db,
        action="account_names.changed",
        object_kind="tenant",
        object_id=tenant_of(db),
        after={one.kind: one.code for one in wanted},
    )


def lines(db: Session, first: date, last: date) -> Sequence[JournalLine]:
    """Return the legs of the days from `first` to `last`; raise TooMuchAtOnce beyond what a file takes."""
    zone = ZoneInfo(people.calendar(db).zone)
    since = datetime.combine(first, time(), zone)
    until = datetime.combine(last + timedelta(days=1), time(), zone)
    found = periods.journal(db, since, until, most=MOST + 1)
    if len(found) > MOST:
        raise TooMuchAtOnce(f"More than {MOST} lines: choose fewer days.", most=MOST)
    return found


def totals(db: Session, legs: Iterable[JournalLine]) -> list[Total]:
    """Return debit and credit by account and currency; the two are equal in every currency."""
    called = names(db)
    sums: dict[tuple[str, str], list[int]] = {}
    for leg in legs:
        pair = sums.setdefault((leg.account_kind, leg.money.currency), [0, 0])
        pair[0 if leg.money.minor < 0 else 1] += abs(leg.money.minor)
    found = [
        Total(called[kind], Money(debit, currency), Money(credit, currency))
        for (kind, currency), (debit, credit) in sums.items()
    ]
    return sorted(found, key=lambda one: (one.debit.currency, one.account.code))


def as_csv(db: Session, legs: Iterable[JournalLine]) -> bytes:
    """Return the journal as CSV (RFC 4180, UTF-8); texts that look like formulas are defused."""
    out = io.StringIO(newline="")
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(TITLES)
    for row in _rows(db, legs):
        writer.writerow([neutralised(cell) if at not in _AMOUNTS else cell for at, cell in enumerate(row)])  # fmt: skip
    return out.getvalue().encode()


def as_xlsx(db: Session, legs: Iterable[JournalLine]) -> bytes:
    """Return the journal as a workbook; every cell is text, amounts too, so that none is rounded."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet("journal")
    for at, row in enumerate([TITLES, *_rows(db, legs)]):
        for column, cell in enumerate(row):
            sheet.write_string(at, column, cell)
    sheet.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


_AMOUNTS: Final = (5, 6)


def _rows(db: Session, legs: Iterable[JournalLine]) -> Iterable[tuple[str, ...]]:
    called, zone = names(db), ZoneInfo(people.calendar(db).zone)
    for leg in legs:
        account, amount = called[leg.account_kind], str(abs(leg.money.decimal))
        debit, credit = (amount, "") if leg.money.minor < 0 else ("", amount)
        yield (
            leg.posted_at.astimezone(zone).date().isoformat(),
            str(leg.transaction_id),
            leg.kind,
            account.code,
            account.name,
            debit,
            credit,
            leg.money.currency,
            f"{leg.cause_kind}:{leg.cause_id}",
            leg.key,
        )
