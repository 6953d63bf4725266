"""Reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    Uuid,
    and_,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session

from app.activities.models import Activity, Import, Product, Source
from app.db.unit_of_work import tenant_of
from app.http.principal import CONSOLE, Principal, Role
from app.kernel.errors import Invalid, NotFound
from app.kernel.money import micros_to_decimal
from app.kernel.pages import Page, decode_cursor, page_of
from app.people import queries as people


@cache
def activities_table() -> Subquery:
    """Return every revision of every activity, for set-based SQL of higher rooms.

    Columns: those of the table, and `source_name`. Only rows with status 'counted' count.
    """
    return (
        select(*Activity.__table__.columns, Source.name.label("source_name"))
        .outerjoin(
            Source,
            and_(Source.tenant_id == Activity.tenant_id, Source.id == Activity.source_id),
        )
        .subquery("activities_table")
    )


def given_activities(ids: ColumnElement[Any]) -> tuple[FromClause, FromClause]:
    """Return the activities of an array of ids, and where they are selected from.

    LATERAL with LIMIT keeps the plan at one index lookup an id, however little the planner knows.
    """
    table = activities_table()
    given = func.unnest(ids).table_valued(column("id", Uuid())).render_derived()
    found = select(table).where(table.c.id == given.c.id).limit(1).lateral("activity")
    return found, given.join(found, literal(True))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an activity came from, for its receipt."""

    source: str
    file: str | None
    row: int | None
    external_id: str
    received_at: datetime


def find_activity(db: Session, activity_id: UUID) -> Activity | None:
    """Return one revision of an activity."""
    return db.get(Activity, (tenant_of(db), activity_id))


def source_row(db: Session, activity_id: UUID) -> Origin | None:
    """Return where the activity came from: source, file and row."""
    row = db.execute(
        select(
            Source.name,
            Import.file_name,
            Activity.row_number,
            Activity.external_id,
            Activity.received_at,
        )
        .join(
            Source,
            and_(Source.tenant_id == Activity.tenant_id, Source.id == Activity.source_id),
        )
        .outerjoin(
            Import,
            and_(Import.tenant_id == Activity.tenant_id, Import.id == Activity.import_id),
        )
        .where(Activity.tenant_id == tenant_of(db), Activity.id == activity_id)
    ).one_or_none()
    return Origin(*row) if row else None


def find_source(db: Session, name: str) -> Source | None:
    """Return the source called `name`."""
    return db.scalar(select(Source).where(Source.tenant_id == tenant_of(db), Source.name == name))


def get_source(db: Session, source_id: UUID) -> Source:
    """Return the source; raise NotFound when it is not there."""
    if (found := db.get(Source, (tenant_of(db), source_id))) is None:
        raise NotFound("There is no such source.")
    return found


def get_import(db: Session, import_id: UUID, *, lock: bool = False) -> Import:
    """Return the import, locked for this transaction when asked; raise NotFound when it is not there."""
    found = db.get(Import, (tenant_of(db), import_id), with_for_update=lock)
    if found is None:
        raise NotFound("There is no such import.")
    return found


def plain(micros: int) -> str:
    """Return a number of millionths as people write it: "3", "2.5"."""
    number = Decimal(micros).scaleb(-6).normalize()
    return format(number, "f")


def within(
    query: Select[Any],
    table: Subquery,
    *,
    since: datetime | None,
    until: datetime | None,
    source: str | None,
) -> Select[Any]:
    """Narrow a query of activities to a span of time, its end left out, and to one source."""
    if since is not None:
        query = query.where(table.c.occurred_at >= since)
    if until is not None:
        query = query.where(table.c.occurred_at < until)
    if source is not None:
        query = query.where(table.c.source_name == source)
    return query


def seen_by(query: Select[Any], table: Subquery, db: Session, principal: Principal) -> Select[Any]:
    """Narrow a query of activities to those of people whom `principal` may see."""
    if principal.person_id is None or principal.has(*(CONSOLE - {Role.MANAGER})):
        return query
    return query.where(
        table.c.person_id.in_(people.visible_people(db, principal, people.today(db)))
    )


def page(
    db: Session,
    principal: Principal,
    *,
    cursor: str | None,
    limit: int,
    person: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    source: str | None = None,
) -> Page[dict[str, Any]]:
    """Return the current activities that `principal` may see, newest first by arrival."""
    table = activities_table()
    query = select(table).where(table.c.status != "superseded")
    query = within(query, table, since=since, until=until, source=source)
    query = seen_by(query, table, db, principal)
    if person is not None:
        query = query.where(table.c.person_id == person)
    if cursor is not None:
        query = query.where(table.c.id < as_uuid(decode_cursor(cursor, str)[0]))
    rows = db.execute(query.order_by(table.c.id.desc()).limit(limit + 1)).all()
    cut = page_of(rows, limit, lambda row: (str(row.id),))
    names = people.names(db, {row.person_id for row in cut.items if row.person_id})
    return Page([_activity(row, names) for row in cut.items], cut.next_cursor)


def as_uuid(text: str) -> UUID:
    """Return the id in a page marker; raise Invalid when it is none."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("This page marker is not valid.") from None


def _activity(row: Any, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        **row._asdict(),
        "source": row.source_name,
        "person_name": names.get(row.person_id),
        "amount": amount(row.amount_micros, row.currency),
        "units": plain(row.units_micros),
    }


def amount(micros: int, currency: str | None) -> dict[str, str] | None:
    """Return an exact amount as it is shown, None without a currency."""
    if currency is None:
        return None
    return {"amount": str(micros_to_decimal(micros)), "currency": currency}


def all_products(db: Session) -> list[Product]:
    """Return every product by name."""
    return list(
        db.scalars(select(Product).where(Product.tenant_id == tenant_of(db)).order_by(Product.name))
    )


def sources(db: Session) -> list[Source]:
    """Return every source by name."""
    return list(
        db.scalars(select(Source).where(Source.tenant_id == tenant_of(db)).order_by(Source.name))
    )


def imports(db: Session, *, cursor: str | None, limit: int) -> Page[Import]:
    """Return imports, newest first."""
    query = select(Import).where(Import.tenant_id == tenant_of(db))
    if cursor is not None:
        query = query.where(Import.id < as_uuid(decode_cursor(cursor, str)[0]))
    rows = list(db.scalars(query.order_by(Import.id.desc()).limit(limit + 1)))
    return page_of(rows, limit, lambda entry: (str(entry.id),))
