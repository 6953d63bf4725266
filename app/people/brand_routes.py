"""The company's face at the desk, and where the signed-in person can be reached."""

from __future__ import annotations

from typing import Any

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import CONSOLE, EVERYONE, Role
from app.people import branding, contacts, queries
from app.people.brand_schemas import BrandIn, BrandOut, ContactsOut
from app.people.models import Tenant

blueprint = api_blueprint("brand", __name__)


@blueprint.get("/brand")
@endpoint(allow=CONSOLE, returns=BrandOut)
def show_brand() -> Tenant:
    """Return what the store is called, its colour, and what mails end with."""
    return queries.get_tenant(ctx.db)


@blueprint.put("/brand")
@endpoint(allow=[Role.TENANT_ADMIN], accepts=BrandIn, returns=BrandOut)
def change_brand(body: BrandIn) -> Tenant:
    """Give the store and its mails another name, colour, ending and address for answers."""
    return branding.change(ctx.db, body.model_dump())


@blueprint.get("/me/contacts")
@endpoint(allow=EVERYONE, returns=ContactsOut)
def my_contacts() -> dict[str, Any]:
    """Return where the signed-in person can be reached outside the app."""
    return {"items": contacts.contacts_of(queries.get_person(ctx.db, ctx.person_id))}
