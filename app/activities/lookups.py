"""What the cleaning of a file compares cells with, read once for a run."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities import mapping as maps
from app.activities.cleaning import Known
from app.activities.models import Product
from app.db.unit_of_work import tenant_of
from app.people import queries as people_queries
from app.people.core import fold


def known(db: Session, mapping: maps.Mapping) -> Known:
    """Return the people by what the mapping calls them, the products, and the tenant's ways."""
    calendar = people_queries.calendar(db)
    person = mapping.fields.get("person")
    people = people_queries.person_index(db, by=person.by or "employee_number") if person else {}
    return Known(people, products(db), calendar.currency, calendar.zone)


def products(db: Session) -> dict[str, tuple[str, str | None]]:
    """Return every product by its folded name and its folded number."""
    found: dict[str, tuple[str, str | None]] = {}
    rows = db.execute(
        select(Product.sku, Product.name, Product.product_group).where(
            Product.tenant_id == tenant_of(db)
        )
    ).all()
    for row in rows:
        found[fold(row.sku)] = (row.name, row.product_group)
    for row in rows:
        found[fold(row.name)] = (row.name, row.product_group)
    return found
