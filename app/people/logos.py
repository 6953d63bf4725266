"""The company's logo: taken in, found again, taken away."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.errors import NotFound
from app.people import logo_image, queries
from app.people.logo_image import Picture
from app.people.models import Logo, Tenant


def keep(db: Session, raw: bytes) -> Tenant:
    """Make the picture in a file the company's logo; raise LogoRefused when it cannot be."""
    drawn = logo_image.draw(raw)
    digest = sha256(drawn.png).hexdigest()
    db.execute(
        insert(Logo)
        .values(
            tenant_id=tenant_of(db),
            digest=digest,
            png=drawn.png,
            width=drawn.width,
            height=drawn.height,
            made_at=work_of(db).now,
        )
        .on_conflict_do_nothing()
    )
    return _wear(db, digest)


def remove(db: Session) -> Tenant:
    """Leave the company without a logo; when it has none, nothing changes."""
    return _wear(db, None)


def _wear(db: Session, digest: str | None) -> Tenant:
    tenant = db.get_one(Tenant, tenant_of(db), with_for_update=True)
    before, tenant.logo = tenant.logo, digest
    db.flush()
    db.execute(delete(Logo).where(Logo.tenant_id == tenant_of(db), Logo.digest != (digest or "")))
    if before != digest:
        audit.record(
            db,
            action="brand.logo_changed",
            object_kind="tenant",
            object_id=tenant.tenant_id,
            before={"logo": before},
            after={"logo": digest},
        )
    return tenant


def find(db: Session) -> Picture | None:
    """Return the company's logo, if it has one."""
    digest = queries.get_tenant(db).logo
    return None if digest is None else get(db, digest)


def get(db: Session, digest: str) -> Picture:
    """Return the logo of this digest; raise NotFound when it is not the company's."""
    row = db.get(Logo, (tenant_of(db), digest))
    if row is None:
        raise NotFound("There is no such logo.")
    return Picture(row.png, row.width, row.height)
