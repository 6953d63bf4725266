"""Freezing the months of people, and finding what was frozen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.contests import queries as contests
from app.db import keys
from app.db.unit_of_work import tenant_of, work_of
from app.finance import core, paper
from app.finance.core import Head, Line, Month
from app.finance.errors import LaterMonthFrozen, MonthIsOpen
from app.finance.models import Statement
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.ledger import periods
from app.ledger.core import AccountKind
from app.ledger.periods import Movement
from app.people import logos
from app.people import queries as people
from app.programs import earned as earnings
from app.programs.earned import Earned
from app.rewards import breakage as orders

QUIET: Final = timedelta(hours=6)
"""How long after a month has ended it is left alone, for what was still being written."""

BATCH: Final = 100

_PLACE: Final = {
    AccountKind.PERSON_EARNED: "earned",
    AccountKind.PERSON_AVAILABLE: "available",
    AccountKind.PERSON_RESERVED: "reserved",
    AccountKind.PERSON_OWED: "owed",
}


def month_of(db: Session, first: date) -> Month:
    """Return the month of the company's books that begins on `first`; raise MonthIsOpen before it is over."""
    month = Month(first.replace(day=1), people.calendar(db).zone)
    if work_of(db).now < month.until + QUIET:
        raise MonthIsOpen("A month is frozen six hours after it has ended.")
    return month


def check_order(db: Session, month: Month) -> None:
    """Raise LaterMonthFrozen when somebody has a statement of a later month."""
    latest = db.scalar(
        select(func.max(Statement.first_on)).where(Statement.tenant_id == tenant_of(db))
    )
    if latest is not None and latest > month.first:
        raise LaterMonthFrozen("Statements follow one another; a later month is frozen.")


def waiting(db: Session, month: Month) -> list[UUID]:
    """Return who had money before the month ended and has no statement of it."""
    done = set(
        db.scalars(
            select(Statement.person_id).where(
                Statement.tenant_id == tenant_of(db), Statement.first_on == month.first
            )
        )
    )
    return [person for person in periods.people_with_money(db, month.until) if person not in done]


def freeze_some(db: Session, month: Month) -> bool:
    """Freeze the month for the next people; return whether others wait."""
    people_waiting = waiting(db, month)
    for person_id in people_waiting[:BATCH]:
        freeze(db, person_id, month)
    return len(people_waiting) > BATCH


def freeze(db: Session, person_id: UUID, month: Month) -> Statement:
    """Write the month of one person down for good; a second time returns the first."""
    if (found := find(db, person_id, month.first)) is not None:
        return found
    person = people.get_person(db, person_id)
    head = Head(
        people.get_tenant(db).name,
        person.name,
        person.employee_number or "",
        person_id,
        work_of(db).now,
        _last_hash(db, person_id),
    )
    document = core.compose(
        head, month, _opening(db, person_id, month.since), _lines(db, person_id, month)
    )
    signed = core.sign(document, keys.signing_key())
    statement_id = new_id()
    db.execute(
        insert(Statement)
        .values(
            tenant_id=tenant_of(db),
            id=statement_id,
            person_id=person_id,
            first_on=month.first,
            last_on=month.last,
            body=signed.body,
            sha256=signed.sha256,
            signature=signed.signature,
            pdf=paper.statement(document, signed, person.language, logos.find(db)),
            frozen_at=head.frozen_at,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "person_id", "first_on"])
    )
    audit.record(
        db,
        action="statement.frozen",
        object_kind="statement",
        object_id=statement_id,
        after={"first": month.first.isoformat(), "sha256": signed.sha256.hex()},
    )
    frozen = find(db, person_id, month.first)
    assert frozen is not None
    return frozen


def find(db: Session, person_id: UUID, first: date) -> Statement | None:
    """Return a person's statement of the month that begins on `first`."""
    return db.scalars(_mine(db, person_id).where(Statement.first_on == first)).one_or_none()


def get(db: Session, person_id: UUID, statement_id: UUID) -> Statement:
    """Return a person's own statement; raise NotFound for anybody else's."""
    found = db.scalars(_mine(db, person_id).where(Statement.id == statement_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such statement.")
    return found


def of_person(
    db: Session, person_id: UUID, *, first: date = date.min, last: date = date.max
) -> Sequence[Statement]:
    """Return a person's statements of months within two days, the newest first."""
    wanted = _mine(db, person_id).where(Statement.first_on >= first, Statement.last_on <= last)
    return db.scalars(wanted.order_by(Statement.first_on.desc())).all()


def _mine(db: Session, person_id: UUID) -> Select[Statement]:
    return select(Statement).where(
        Statement.tenant_id == tenant_of(db), Statement.person_id == person_id
    )


def _last_hash(db: Session, person_id: UUID) -> bytes | None:
    last = of_person(db, person_id)
    return last[0].sha256 if last else None


def _opening(db: Session, person_id: UUID, at: datetime) -> dict[str, dict[str, int]]:
    opening: dict[str, dict[str, int]] = {}
    for (currency, kind), minor in periods.balances_before(db, person_id, at).items():
        opening.setdefault(currency, {})[_PLACE[kind]] = minor
    return opening


def _lines(db: Session, person_id: UUID, month: Month) -> list[Line]:
    movements = periods.movements(db, person_id, month.since, month.until)
    causes = {movement.cause_id for movement in movements}
    earned = earnings.earned(db, causes)
    ordered = orders.orders(db, list(causes))
    played = contests.names(db, causes)
    return [_line(movement, earned, ordered, played, month) for movement in movements]


def _line(
    movement: Movement,
    earned: dict[UUID, Earned],
    ordered: dict[UUID, orders.Ordered],
    played: dict[UUID, str],
    month: Month,
) -> Line:
    pay, order = earned.get(movement.cause_id), ordered.get(movement.cause_id)
    title = " ".join(_words(pay, order, played.get(movement.cause_id)))
    is_paid = movement.kind in ("captured", "provider_return") and order is not None
    return Line(
        at=movement.posted_at,
        kind=movement.kind,
        title=title,
        currency=movement.currency,
        moved={_PLACE[kind]: minor for kind, minor in movement.moved.items()},
        transaction_id=movement.transaction_id,
        period=(pay.period_start, pay.period_end) if pay else None,
        is_correction=_is_correction(movement, pay, month),
        parts={"fee": order.fee_minor, "withheld": order.withheld_minor}
        if is_paid and order is not None
        else None,
    )


def _is_correction(movement: Movement, pay: Earned | None, month: Month) -> bool:
    """Whether pay changed for a period that was over before this month began."""
    return (
        movement.kind == "earning"
        and pay is not None
        and pay.period_end is not None
        and pay.period_end < month.first
    )


def _words(pay: Earned | None, order: orders.Ordered | None, contest: str | None) -> Iterable[str]:
    if pay is not None:
        yield f"{pay.program}: {pay.component}"
    if order is not None:
        yield order.brand
    if contest is not None:
        yield contest
