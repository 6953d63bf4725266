"""Our payments beside what the bank booked: matched, missing there, unknown here, other amount, come back.

Pure: values in, values out. Money that left the account for a payment we do not know of is the alarm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from app.kernel.money import Money
from app.payouts.core import Line
from app.payouts.files.statements import Booking
from app.providers.reconciliation import GONE, Difference, Kind

BANK_TAKES: Final = timedelta(days=4)
"""A weekend, a holiday and a day: what a bank may take to book what was due."""


BANK_RESTS: Final = timedelta(days=4)
"""The days between one statement and the next that need no statement of their own."""

Spans = Sequence[tuple[date, date]]
"""Days, first and last, that statements speak of."""


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment of a file that left, as our books have it."""

    reference: str
    short_reference: str
    message_id: str
    money: Money
    state: Line
    due_on: date


@dataclass(slots=True)
class Outcome:
    """What came of laying payments and bookings side by side."""

    matched: int = 0
    returned: int = 0
    differences: list[Difference] = field(default_factory=list)


@dataclass(slots=True)
class _Files:
    """What was booked, by what it was booked for."""

    single: dict[str, list[Booking]] = field(default_factory=lambda: defaultdict(list))
    joint: list[tuple[Booking, list[Paid]]] = field(default_factory=list)
    whole: dict[str, list[Booking]] = field(default_factory=lambda: defaultdict(list))
    strange: list[Booking] = field(default_factory=list)


def compare(
    paid: Collection[Paid],
    bookings: Iterable[Booking],
    *,
    covered: Spans,
    is_shared: bool,
) -> Outcome:
    """Lay payments beside bookings.

    `covered`: the days the statements speak of; a payment is missing only when they tell of its days.
    `is_shared`: other money leaves the account too, so that only what names us can be unknown.
    """
    files = _sort(paid, bookings)
    outcome = Outcome()
    by_file: dict[str, list[Paid]] = defaultdict(list)
    for one in paid:
        by_file[one.message_id].append(one)
    for message_id, members in by_file.items():
        rest = [one for one in members if one.reference not in files.single]
        if files.whole.get(message_id):
            _judge_whole(outcome, message_id, rest, files.whole[message_id])
            rest = []
        for one in members:
            if one.reference in files.single:
                _judge(outcome, one, files.single[one.reference], covered)
        outcome.differences += [_missing(one) for one in rest if _is_missing(one, covered)]
    outcome.differences += [
        _unknown(booking) for booking in files.strange if not is_shared or booking.names_us
    ]
    return outcome


def _sort(paid: Collection[Paid], bookings: Iterable[Booking]) -> _Files:
    known = {one.reference.lower(): one for one in paid} | {
        one.short_reference.lower(): one for one in paid if one.short_reference
    }
    message_ids = {one.message_id for one in paid}
    files = _Files()
    for booking in bookings:
        ours = [known[ref.lower()] for ref in booking.references if ref.lower() in known]
        if len(ours) == 1 and len(booking.references) == 1:
            files.single[ours[0].reference].append(booking)
        elif ours and len(ours) == len(booking.references):
            _share(files, booking, ours)
        elif not booking.references and booking.message_id in message_ids:
            files.whole[booking.message_id].append(booking)
        else:
            files.strange.append(booking)
    return files


def _share(files: _Files, booking: Booking, ours: Sequence[Paid]) -> None:
    """Give each payment of a joint booking its part; what does not add up falls to the last."""
    left = booking.money.minor
    for one in ours[:-1]:
        files.single[one.reference].append(_part(booking, one, one.money.minor))
        left -= one.money.minor
    files.single[ours[-1].reference].append(_part(booking, ours[-1], left))


def _part(booking: Booking, one: Paid, minor: int) -> Booking:
    money = Money(minor, booking.money.currency)
    return Booking(
        booking.on, booking.direction, money, (one.reference,), "", booking.bank_reference
    )


def _judge(outcome: Outcome, one: Paid, bookings: Sequence[Booking], covered: Spans) -> None:
    out = [booking for booking in bookings if booking.direction == "out"]
    back = [booking for booking in bookings if booking.direction == "back"]
    wrong = [
        Difference(
            Kind.DUPLICATED, one.reference, twin.bank_reference, one.state, "booked", twin.money
        )
        for twin in out[1 + len(back) :]
    ]
    wrong += [
        _other_amount(one, booking)
        for booking in (*out[:1], *back[:1])
        if booking.money != one.money
    ]
    if not back and not _stays_paid(one, out, covered):
        wrong.append(_state(one, "booked"))
    if back and one.state not in (Line.RETURNED, Line.REFUSED):
        wrong.append(_state(one, "returned"))
    outcome.differences += wrong
    outcome.returned += bool(back) and not wrong
    outcome.matched += not back and not wrong


def _stays_paid(one: Paid, out: Sequence[Booking], covered: Spans) -> bool:
    """Whether our books agree that the money is gone: we gave nothing back that left for good."""
    if one.state not in (Line.REFUSED, Line.RETURNED):
        return True
    return not out or not _is_told(covered, out[0].on)


def _judge_whole(
    outcome: Outcome, message_id: str, members: Sequence[Paid], bookings: Sequence[Booking]
) -> None:
    """Judge a file that was booked in one sum; what the bank refused is in that sum or is not."""
    out = [booking for booking in bookings if booking.direction == "out"]
    currency = members[0].money.currency if members else bookings[0].money.currency
    everything = sum(one.money.minor for one in members)
    refused = sum(one.money.minor for one in members if one.state == Line.REFUSED)
    fits = {everything, everything - refused}
    wrong = [
        Difference(Kind.DUPLICATED, message_id, twin.bank_reference, "sent", "booked", twin.money)
        for twin in out[1:]
    ]
    wrong += [
        Difference(
            Kind.AMOUNT_DIFFERS,
            message_id,
            booking.bank_reference,
            str(Money(everything - refused, currency)),
            str(booking.money),
            booking.money,
        )
        for booking in out[:1]
        if booking.money.minor not in fits
    ]
    if len(out) < len(bookings) and not all(
        one.state in (Line.RETURNED, Line.REFUSED) for one in members
    ):
        back = next(booking for booking in bookings if booking.direction == "back")
        wrong.append(
            Difference(
                Kind.STATE_DIFFERS, message_id, back.bank_reference, "sent", "returned", back.money
            )
        )
    outcome.differences += wrong
    if not wrong:
        came_back = [one for one in members if one.state == Line.RETURNED]
        outcome.returned += len(came_back)
        outcome.matched += len(members) - len(came_back)


def _is_missing(one: Paid, covered: Spans) -> bool:
    return one.state in (Line.WAITING, Line.SETTLED) and _is_told(covered, one.due_on)


def _is_told(covered: Spans, day: date) -> bool:
    """Whether the statements tell all that the bank did from a day on, as long as it may take."""
    return any(first <= day and day + BANK_TAKES <= last for first, last in covered)


def spans_of(statements: Iterable[tuple[date, date]]) -> Spans:
    """Return the days that statements speak of without a hole; a weekend or a holiday is none."""
    spans: list[tuple[date, date]] = []
    for first, last in sorted(statements):
        if spans and first <= spans[-1][1] + BANK_RESTS:
            spans[-1] = (spans[-1][0], max(spans[-1][1], last))
        else:
            spans.append((first, last))
    return spans


def _missing(one: Paid) -> Difference:
    return Difference(Kind.OURS_ONLY, one.reference, "", one.state, GONE, one.money)


def _other_amount(one: Paid, booking: Booking) -> Difference:
    return Difference(
        Kind.AMOUNT_DIFFERS,
        one.reference,
        booking.bank_reference,
        str(one.money),
        str(booking.money),
        booking.money,
    )


def _state(one: Paid, theirs: str) -> Difference:
    return Difference(Kind.STATE_DIFFERS, one.reference, "", one.state, theirs, one.money)


def _unknown(booking: Booking) -> Difference:
    key = next(iter(booking.references), "") or booking.message_id
    theirs = "booked" if booking.direction == "out" else "returned"
    reference = booking.bank_reference or booking.on.isoformat()
    return Difference(Kind.THEIRS_ONLY, key, reference, GONE, theirs, booking.money)
