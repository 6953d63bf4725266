"""What a person or a machine can do with sources, products and activities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.activities import mapping as maps
from app.activities import queries, recording
from app.activities.core import Ready, Written
from app.activities.events import Cause
from app.activities.models import Product, Source
from app.audit import service as audit
from app.db.unit_of_work import after_commit, tenant_of, work_of
from app.kernel.errors import Invalid, Problem

_LONGEST_NAME: Final = 200

_known_sources: dict[tuple[UUID, str], UUID] = {}
"""Sources that stand: they are never removed or renamed."""


def source_name(given: str) -> str:
    """Return the name of a source as it is kept; raise Invalid when it cannot be one."""
    name = given.strip()
    if not name:
        problem = Problem("/source", "missing", "Say where the file comes from.")
    elif len(name) > _LONGEST_NAME:
        problem = Problem(
            "/source",
            "too_long",
            f"The name of a source has {_LONGEST_NAME} characters at most.",
            {"limit": _LONGEST_NAME},
        )
    elif not name.isprintable():
        problem = Problem(
            "/source",
            "control_character",
            "The name of a source is text, without control characters.",
        )
    else:
        return name
    raise Invalid(problem.detail, problems=[problem], count=1)


def ensure_source(db: Session, *, name: str, kind: str = "api") -> UUID:
    """Return the id of the source called `name`, made when it is missing."""
    key = (tenant_of(db), name)
    if (known := _known_sources.get(key)) is not None:
        return known
    found = queries.find_source(db, name) or _make_source(db, name, kind)
    after_commit(db, lambda: _known_sources.update({key: found.id}))
    return found.id


def _make_source(db: Session, name: str, kind: str) -> Source:
    now = work_of(db).now
    db.execute(
        insert(Source)
        .values(
            tenant_id=tenant_of(db),
            name=name,
            kind=kind,
            mapping={},
            rules={},
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "name"])
    )
    made = queries.find_source(db, name)
    assert made is not None
    return made


def record_activities(
    db: Session, *, source: str, rows: Sequence[Ready], cause: Cause = "api"
) -> list[Written]:
    """Write clean activities of one source; repeating them changes nothing."""
    source_id = ensure_source(db, name=source)
    return recording.write(db, source_id=source_id, rows=rows, cause=cause)


def keep_products(db: Session, products: Sequence[dict[str, Any]]) -> None:
    """Add or change products, each known by its sku; a name belongs to one product."""
    values = [{"tenant_id": tenant_of(db), **product} for product in products]
    doubled = [sku for sku, times in Counter(p["sku"] for p in products).items() if times > 1]
    if doubled:
        raise Invalid(f"The sku {doubled[0]} comes twice.", sku=doubled[0])
    statement = insert(Product).values(values)
    taken = statement.excluded
    try:
        with db.begin_nested():
            db.execute(
                statement.on_conflict_do_update(
                    index_elements=["tenant_id", "sku"],
                    set_={
                        "name": taken.name,
                        "product_group": taken.product_group,
                        "active": taken.active,
                    },
                )
            )
    except IntegrityError:
        raise Invalid("Two products may not share a name.") from None
    audit.record(
        db,
        action="products.kept",
        object_kind="tenant",
        object_id=tenant_of(db),
        after={"products": len(products)},
    )


def set_source(db: Session, *, name: str, mapping: maps.Mapping) -> Source:
    """Keep how files of a source are read."""
    source = queries.get_source(db, ensure_source(db, name=name, kind="file"))
    before = {"mapping": source.mapping, "rules": source.rules}
    stored = mapping.stored()
    source.rules = {"rules": stored.pop("rules", [])}
    source.mapping = stored
    source.updated_at = work_of(db).now
    audit.record(
        db,
        action="source.changed",
        object_kind="source",
        object_id=source.id,
        before=before,
        after={"mapping": source.mapping, "rules": source.rules},
    )
    return source
