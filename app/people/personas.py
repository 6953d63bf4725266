"""Personas: who a visitor of the demo may be with one click. Demo and test installations only."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.kernel.errors import NotFound
from app.people.models import Person, Persona


@dataclass(frozen=True, slots=True)
class PersonaCard:
    """A persona as the sign-in page offers it."""

    key: str
    name: str
    role_title: str
    description: str


def give_persona(
    db: Session, *, key: str, person_id: UUID, role_title: str, description: str, sort: int = 0
) -> None:
    """Let visitors of the demo be `person_id`; repeating `key` replaces it."""
    values = {
        "person_id": person_id,
        "role_title": role_title,
        "description": description,
        "sort": sort,
    }
    db.execute(
        insert(Persona)
        .values(tenant_id=tenant_of(db), key=key, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "key"], set_=values)
    )


def personas(db: Session) -> list[PersonaCard]:
    """Return the personas of this tenant in their order."""
    rows = db.execute(
        select(Persona.key, Person.name, Persona.role_title, Persona.description)
        .join(Person, and_(Person.tenant_id == Persona.tenant_id, Person.id == Persona.person_id))
        .order_by(Persona.sort, Persona.key)
    )
    return [PersonaCard(*row) for row in rows]


def person_behind(db: Session, key: str) -> UUID:
    """Return who the persona `key` is; raise NotFound when there is none."""
    found = db.scalar(select(Persona.person_id).where(Persona.key == key))
    if found is None:
        raise NotFound("There is no such persona.")
    return found


def demo_tenant(db: Session, slug: str | None) -> UUID:
    """Return the tenant that visitors see: the one called `slug`, else the oldest with personas."""
    question = func.laurel_tenant_by_slug(slug) if slug else func.laurel_demo_tenant()
    tenant_id = db.scalar(select(question))
    if tenant_id is None:
        raise NotFound("There is no demo company here.")
    return UUID(str(tenant_id))
