"""What the cleaning of a file compares cells with, read once for a run."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sqlalchemy import ARRAY, Select, Text, Uuid, any_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from app.activities import mapping as maps
from app.activities.models import Import, Product
from app.activities.readers import Known
from app.db import driver
from app.db.unit_of_work import tenant_of
from app.people import queries as people_queries
from app.people.core import fold


def known(db: Session, mapping: maps.Mapping) -> Known:
    """Return the people by what the mapping calls them, the products, and the tenant's ways."""
    calendar = people_queries.calendar(db)
    person = mapping.fields.get("person")
    people = people_queries.person_index(db, by=person.by or "employee_number") if person else {}
    return Known(people, products(db), calendar.currency, calendar.zone)


def products(db: Session, wanted: Iterable[str] | None = None) -> dict[str, tuple[str, str | None]]:
    """Return the products by folded name and folded number: all, or those that are `wanted`."""
    keys = None if wanted is None else [fold(text) for text in wanted]
    if keys == []:
        return {}
    query = _all_products() if keys is None else _some_products()
    rows = driver.run(db, query, {"tenant": tenant_of(db), "keys": keys})
    by_number = {fold(sku): (name, group) for sku, name, group in rows}
    by_name = {fold(name): (name, group) for _, name, group in rows}
    return by_number | by_name


@cache
def _all_products() -> Select[str, str, str | None]:
    return select(Product.sku, Product.name, Product.product_group).where(
        Product.tenant_id == bindparam("tenant", type_=Uuid())
    )


@cache
def _some_products() -> Select[str, str, str | None]:
    keys = bindparam("keys", type_=ARRAY(Text()))
    return _all_products().where(
        or_(func.lower(Product.sku) == any_(keys), func.lower(Product.name) == any_(keys))
    )


def spelled(db: Session, entry: Import, reason: str, key: str) -> str:
    """Return what a folded key of a person or product is spelled like where it is kept."""
    if reason == "unknown_product":
        return products(db)[key][0]
    mapping = maps.read_mapping(entry.mapping)
    person = mapping.fields["person"]
    by = person.by or "employee_number"
    table = people_queries.people_table()
    column = table.c[by]
    found = db.scalar(
        select(column).where(table.c.id == people_queries.person_index(db, by=by)[key])
    )
    return str(found)
