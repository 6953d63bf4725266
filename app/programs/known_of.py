"""What is known of payees beyond their person: attributes that formulas, gates and groups ask about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of
from app.engine.document import AttributeGroup
from app.http.principal import Principal
from app.kernel.errors import Invalid, Problem
from app.kernel.ids import new_id
from app.kernel.pages import Page, decode_cursor, page_of
from app.people import queries as people
from app.people.core import fold
from app.programs import queries, recalculation
from app.programs.earnings import Cause
from app.programs.models import PayeeAttribute
from app.programs.plan_schemas import AttributeIn
from app.programs.queries import Published


@dataclass(frozen=True, slots=True)
class AttributeSet:
    """An attribute of a person as it shall be; no value means that nothing is known any more."""

    person_id: UUID
    name: str
    value: str | None


def changes_of(
    db: Session, principal: Principal, items: Sequence[AttributeIn]
) -> list[AttributeSet]:
    """Return what `items` ask for; raise Invalid with every item that names nobody visible."""
    numbers = people.person_index(db) if any(item.employee_number for item in items) else {}
    visible = set(db.scalars(people.visible_people(db, principal, people.today(db))))
    named = [item.person_id or numbers.get(fold(item.employee_number or "")) for item in items]
    problems = [
        Problem(f"/items/{index}", "unknown_person", "This person is not known here.")
        for index, person_id in enumerate(named)
        if person_id not in visible
    ]
    if problems:
        raise Invalid("Some attributes need a correction.", problems=problems, count=len(problems))
    return [
        AttributeSet(person_id, item.name, item.value)
        for person_id, item in zip(named, items, strict=True)
        if person_id is not None
    ]


_FORGET = text(
    """
    DELETE FROM payee_attributes a
     USING unnest(CAST(:people AS uuid[]), CAST(:names AS text[])) AS given(person_id, name)
     WHERE a.tenant_id = :tenant AND a.person_id = given.person_id AND a.name = given.name
    """
)
_SET = text(
    """
    INSERT INTO payee_attributes (tenant_id, person_id, name, value)
    SELECT :tenant, person_id, name, value
      FROM unnest(CAST(:people AS uuid[]), CAST(:names AS text[]), CAST(:values AS text[]))
           AS given(person_id, name, value)
     WHERE value IS NOT NULL
    """
)


def set_attributes(db: Session, *, changes: Sequence[AttributeSet]) -> int:
    """Set attributes of people, the last of the same name; what depends on them is paid anew."""
    given = {(each.person_id, each.name): each for each in changes}.values()
    named = {
        "tenant": tenant_of(db),
        "people": [each.person_id for each in given],
        "names": [each.name for each in given],
    }
    db.execute(_FORGET, named)
    db.execute(_SET, named | {"values": [each.value for each in given]})
    audit.record(
        db,
        action="payee_attributes.set",
        object_kind="payee_attributes",
        object_id=tenant_of(db),
        after={"count": len(given), "names": sorted({each.name for each in given})},
    )
    payees = sorted({each.person_id for each in given})
    for program in queries.published(db):
        _pay_anew(db, program, payees)
    return len(given)


def _pay_anew(db: Session, program: Published, payees: Sequence[UUID]) -> None:
    """Settle these payees; where attributes say who belongs to a group, all that the program credits."""
    cause = Cause("attributes", new_id())
    groups = (program.document.groups or {}).values()
    if any(isinstance(group, AttributeGroup) for group in groups):
        recalculation.recalculate(db, program.program_id, cause)
    elif program.settles:
        recalculation.resettle(db, program, payees, cause)


def attributes(
    db: Session, *, person_id: UUID | None, cursor: str | None, limit: int
) -> Page[PayeeAttribute]:
    """Return what is known of everybody, or of one person, by person and name."""
    key = PayeeAttribute.person_id, PayeeAttribute.name
    query = select(PayeeAttribute).where(PayeeAttribute.tenant_id == tenant_of(db))
    if person_id is not None:
        query = query.where(PayeeAttribute.person_id == person_id)
    if cursor is not None:
        query = query.where(tuple_(*key) > _place_in(cursor))
    found = list(db.scalars(query.order_by(*key).limit(limit + 1)))
    return page_of(found, limit, lambda each: (str(each.person_id), each.name))


def _place_in(cursor: str) -> tuple[UUID, str]:
    try:
        person, name = decode_cursor(cursor, str, str)
        return UUID(person), name
    except ValueError:
        raise Invalid("This page marker is not valid.") from None
