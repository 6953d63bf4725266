"""The company's own face: what the store is called, in which colour, and what its mails end with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.people import queries
from app.people.models import Tenant

FIELDS: Final = ("store_name", "brand_hue", "mail_footer", "mail_reply_to")


@dataclass(frozen=True, slots=True)
class Brand:
    """What a mail to somebody of the company wears. `reply_to`: None, and an answer goes to the sender."""

    name: str
    hue: int
    chroma: float
    footer: str = ""
    reply_to: str | None = None


def brand_of(tenant: Tenant) -> Brand:
    """Return the face of a company; a store without a name has the company's."""
    return Brand(
        name=tenant.store_name or tenant.name,
        hue=tenant.brand_hue,
        chroma=float(tenant.brand_chroma),
        footer=tenant.mail_footer,
        reply_to=tenant.mail_reply_to,
    )


def change(db: Session, wanted: dict[str, Any]) -> Tenant:
    """Give the company another face; phones wear it from their next look at who is signed in."""
    tenant = queries.get_tenant(db)
    before = {name: getattr(tenant, name) for name in FIELDS}
    for name in FIELDS:
        setattr(tenant, name, wanted[name])
    db.flush()
    audit.record(
        db,
        action="brand.changed",
        object_kind="tenant",
        object_id=tenant.tenant_id,
        before=before,
        after={name: wanted[name] for name in FIELDS},
    )
    return tenant
