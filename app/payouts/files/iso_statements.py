"""Reading the bookings of a camt.053, whatever its edition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from xml.etree.ElementTree import Element

from app.kernel.money import Money
from app.payouts.errors import Unreadable
from app.payouts.files import elements
from app.payouts.files.statements import Booking, Statement, named_in

NOT_OURS = ("", "NOTPROVIDED")


def read_statement(raw: bytes) -> Statement:
    """Return what a statement booked; raise Unreadable when it is none, or of two accounts."""
    report = elements.message(elements.root_of(raw), "BkToCstmrStmt")
    if report is None:
        raise Unreadable("This XML is no statement (camt.053).")
    parts = list(elements.every(report, "Stmt"))
    accounts = {elements.text(part, "Acct/Id/IBAN").replace(" ", "").upper() for part in parts}
    if len(accounts) > 1:
        raise Unreadable("This file has statements of more than one account. Send each by itself.")
    bookings = tuple(one for part in parts for one in _bookings(part))
    days = [day for part in parts for day in _days(part)]
    if not days:
        raise Unreadable("This statement names no day.")
    return Statement("camt.053", min(days), max(days), bookings, next(iter(accounts), ""))


def _days(part: Element) -> Iterator[date]:
    """Return days that a statement is for: those it states, and those of its bookings, ours or not."""
    booked = (_booked_on(entry) for entry in elements.every(part, "Ntry"))
    yield from (on for on in booked if on is not None)
    first, last = (elements.text(part, f"FrToDt/{name}") for name in ("FrDtTm", "ToDtTm"))
    if first and last:
        begins, ends = elements.day(first), elements.day(last)
        if begins and ends:
            # A statement that ends at midnight ends with the day before.
            yield begins
            is_midnight = last[10:19] == "T00:00:00" and ends > begins
            yield ends - timedelta(days=1) if is_midnight else ends
        return
    for balance in elements.every(part, "Bal"):
        code = elements.text(balance, "Tp/CdOrPrtry/Cd")
        on = elements.day(elements.text(balance, "Dt/Dt") or elements.text(balance, "Dt/DtTm"))
        if on and code in ("CLBD", "CLAV", "ITBD"):
            yield on


def _bookings(part: Element) -> Iterator[Booking]:
    for entry in elements.every(part, "Ntry"):
        on = _booked_on(entry)
        if on is not None:
            yield from _of_entry(entry, on)


def _booked_on(entry: Element) -> date | None:
    """Return the day an entry was booked; None while it is pending."""
    status = elements.text(entry, "Sts/Cd") or elements.text(entry, "Sts")
    on = elements.text(entry, "BookgDt/Dt") or elements.text(entry, "BookgDt/DtTm")
    return elements.day(on) if status in ("BOOK", "") else None


def _of_entry(entry: Element, on: date) -> Iterator[Booking]:
    """Return an entry as one booking, or one for each payment where the bank says what each came to."""
    whole = elements.money(elements.find(entry, "Amt"))
    if whole is None:
        raise Unreadable("A booking of this statement has no amount.")
    details = [
        one for part in elements.every(entry, "NtryDtls") for one in elements.every(part, "TxDtls")
    ]
    amounts = [_amount(one, whole) for one in details]
    if (
        len(details) > 1
        and None not in amounts
        and sum(m.minor for m in amounts if m) == whole.minor
    ):
        for detail, money in zip(details, amounts, strict=True):
            assert money is not None
            yield from _booking(entry, [detail], money, on)
    else:
        yield from _booking(entry, details, whole, on)


def _amount(detail: Element, whole: Money) -> Money | None:
    money = elements.money(elements.find(detail, "Amt")) or elements.money(
        elements.find(detail, "AmtDtls/TxAmt/Amt")
    )
    # What was instructed in another currency is not what was booked.
    return money if money is not None and money.currency == whole.currency else None


def _booking(entry: Element, details: list[Element], money: Money, on: date) -> Iterator[Booking]:
    reason = next(filter(None, (_reason(one) for one in details)), "")
    is_credit = elements.text(entry, "CdtDbtInd") == "CRDT"
    references, message_id = _named(entry, details)
    is_return = is_credit and bool(
        reason or references or message_id or elements.text(entry, "RvslInd") == "true"
    )
    if is_credit and not is_return:
        return
    yield Booking(
        on,
        "back" if is_credit else "out",
        money,
        references,
        message_id,
        next(filter(None, (elements.text(one, "Refs/AcctSvcrRef") for one in details)), "")
        or elements.text(entry, "AcctSvcrRef")
        or elements.text(entry, "NtryRef"),
        reason,
    )


def _reason(detail: Element) -> str:
    return elements.text(detail, "RtrInf/Rsn/Cd") or elements.text(detail, "RtrInf/Rsn/Prtry")


def _named(entry: Element, details: list[Element]) -> tuple[tuple[str, ...], str]:
    """Return the payments a booking names, by reference or in its text, and the file."""
    ids = (elements.text(one, "Refs/EndToEndId") for one in details)
    references = tuple(one for one in ids if one not in NOT_OURS)
    batch = elements.find(entry, "NtryDtls/Btch")
    file = elements.text(batch, "PmtInfId") or elements.text(batch, "MsgId")
    for one in details:
        file = file or elements.text(one, "Refs/PmtInfId") or elements.text(one, "Refs/MsgId")
    if not references and not file:
        said = " ".join(
            [
                elements.text(entry, "AddtlNtryInf"),
                *(elements.text(one, "RmtInf/Ustrd") for one in details),
            ]
        )
        return named_in(said)
    return references, file
