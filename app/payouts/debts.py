"""Who was paid more than is earned now, and how that is settled: one person says how, another agrees."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import core as books
from app.ledger import periods
from app.ledger import queries as ledger_queries
from app.ledger import service as ledger
from app.live import rooms
from app.live.bus import publish
from app.live.events import TodayChanged
from app.payouts.errors import NotOwed, OwnDebt
from app.payouts.models import DebtSettlement
from app.people import queries as people
from app.rewards.errors import SameEyes, VerdictWaits

Way = Literal["from_wallet", "paid_back", "written_off"]


@dataclass(frozen=True, slots=True)
class Debt:
    """A person who owes: what was earned was taken back after it had been spent or paid out."""

    person_id: UUID
    person_name: str
    owed: Money
    available: Money
    """What the person could settle it from now."""
    settlement: DebtSettlement | None
    """What somebody has said of it, and nobody has answered yet."""


def overpaid(db: Session) -> list[Debt]:
    """Return who was paid more than is earned now, the largest debt first."""
    owed = periods.debts(db)
    people_ids = {person for person, _ in owed}
    names = people.names(db, people_ids)
    spendable = ledger_queries.balances(db, [books.available(*key) for key in owed])
    said = _open(db, people_ids)
    found = [
        Debt(
            person,
            names.get(person, ""),
            Money(minor, currency),
            Money(spendable[books.available(person, currency)], currency),
            said.get((person, currency)),
        )
        for (person, currency), minor in owed.items()
    ]
    return sorted(found, key=lambda one: (-one.owed.minor, one.person_name, one.owed.currency))


def propose(
    db: Session, person_id: UUID, *, money: Money, way: Way, note: str, by: UUID
) -> DebtSettlement:
    """Say how a debt is settled, and why; nothing moves until somebody else agrees."""
    _not_own(person_id, by)
    debt = books.owed(person_id, money.currency)
    # Of two who say it at once the second finds what the first has said.
    ledger.hold(db, [debt])
    owed = -ledger_queries.balance(db, debt)
    if not 0 < money.minor <= owed:
        raise NotOwed("This is not what the person owes now. Look again.")
    if _open(db, {person_id}, currency=money.currency):
        raise VerdictWaits("Somebody has said how it is settled; answer that first.")
    row = DebtSettlement(
        tenant_id=tenant_of(db),
        id=new_id(),
        person_id=person_id,
        minor=money.minor,
        currency=money.currency,
        way=way,
        note=note,
        proposed_by=by,
        proposed_at=work_of(db).now,
        was_dropped=False,
    )
    db.add(row)
    db.flush()
    _write_down(db, "proposed", row)
    return row


def agree(db: Session, settlement_id: UUID, *, by: UUID) -> DebtSettlement:
    """Agree with how somebody else settles a debt; the books follow in the same transaction."""
    row = get(db, settlement_id, lock=True)
    _not_own(row.person_id, by)
    if row.proposed_by == by:
        raise SameEyes("Somebody else must agree.")
    row.approved_by, row.decided_at = by, work_of(db).now
    ledger.post(
        db,
        books.Entry(
            key=f"debt:{row.id}",
            kind=f"debt_{row.way}",
            cause_kind="debt",
            cause_id=row.id,
            legs=(
                books.Leg(books.owed(row.person_id, row.currency), row.minor),
                books.Leg(_source(row), -row.minor),
            ),
        ),
    )
    _write_down(db, "agreed", row)
    publish(db, rooms.person(tenant_of(db), row.person_id), TodayChanged(cause="release"))
    return row


def _source(row: DebtSettlement) -> books.AccountRef:
    if row.way == "from_wallet":
        return books.available(row.person_id, row.currency)
    return books.AccountRef(books.AccountKind.HOUSE_ADJUSTMENT, None, row.currency)


def drop(db: Session, settlement_id: UUID) -> DebtSettlement:
    """Take back, or disagree with, how a debt was to be settled; nothing moves."""
    row = get(db, settlement_id, lock=True)
    row.decided_at, row.was_dropped = work_of(db).now, True
    _write_down(db, "dropped", row)
    return row


def get(db: Session, settlement_id: UUID, *, lock: bool = False) -> DebtSettlement:
    """Return what waits for somebody else to agree; raise NotFound when nothing does."""
    wanted = _waiting(db).where(DebtSettlement.id == settlement_id)
    found = db.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is None:
        raise NotFound("There is nothing to agree with.")
    return found


def _open(
    db: Session, person_ids: Collection[UUID], *, currency: str | None = None
) -> dict[tuple[UUID, str], DebtSettlement]:
    wanted = _waiting(db).where(DebtSettlement.person_id.in_(person_ids))
    if currency is not None:
        wanted = wanted.where(DebtSettlement.currency == currency)
    return {(row.person_id, row.currency): row for row in db.scalars(wanted)}


def _waiting(db: Session) -> Select[DebtSettlement]:
    return select(DebtSettlement).where(
        DebtSettlement.tenant_id == tenant_of(db), DebtSettlement.decided_at.is_(None)
    )


def _not_own(person_id: UUID, by: UUID) -> None:
    if person_id == by:
        raise OwnDebt("Somebody else must settle what you owe.")


def _write_down(db: Session, what: str, row: DebtSettlement) -> None:
    audit.record(
        db,
        action=f"debt_settlement.{what}",
        object_kind="person",
        object_id=row.person_id,
        after={"amount": str(Money(row.minor, row.currency)), "way": row.way, "note": row.note},
    )
