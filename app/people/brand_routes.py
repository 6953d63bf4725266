"""The company's face at the desk, and where the signed-in person can be reached."""

from __future__ import annotations

from contextlib import closing
from typing import Any, Final

import flask
from flask import Response

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import CONSOLE, EVERYONE, Role
from app.kernel.errors import Invalid, NotFound, Problem
from app.people import branding, contacts, logo_image, logos, queries
from app.people.brand_schemas import LOGOS, BrandIn, BrandOut, ContactsOut
from app.people.errors import LogoRefused
from app.people.models import Tenant

PNG: Final = "image/png"
FOR_EVER: Final = "private, max-age=31536000, immutable"

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


@blueprint.put("/brand/logo")
@endpoint(
    allow=[Role.TENANT_ADMIN],
    upload=True,
    returns=BrandOut,
    limit="20/min",
    refuses=[Invalid, LogoRefused],
)
def change_logo() -> Tenant:
    """Give the company a logo (form field: file): PNG, JPEG or WebP; it is drawn anew as a small PNG."""
    flask.request.max_content_length = 2 * logo_image.MOST_BYTES
    file = flask.request.files.get("file")
    if file is None:
        problem = Problem("/file", "missing", "Choose a picture.")
        raise Invalid(problem.detail, problems=[problem])
    with closing(file):
        return logos.keep(ctx.db, file.read())


@blueprint.delete("/brand/logo")
@endpoint(allow=[Role.TENANT_ADMIN], returns=BrandOut)
def remove_logo() -> Tenant:
    """Leave the company without a logo; its name stands alone again."""
    return logos.remove(ctx.db)


@blueprint.get(f"{LOGOS}<digest>")
@endpoint(allow=EVERYONE, media_type=PNG, refuses=[NotFound])
def show_logo(digest: str) -> Response:
    """Return a logo of the company; what is at its address never changes."""
    response = Response(logos.get(ctx.db, digest).png, content_type=PNG)
    response.headers["Cache-Control"] = FOR_EVER
    response.set_etag(digest)
    response.make_conditional(flask.request)
    return response


@blueprint.get("/me/contacts")
@endpoint(allow=EVERYONE, returns=ContactsOut)
def my_contacts() -> dict[str, Any]:
    """Return where the signed-in person can be reached outside the app."""
    return {"items": contacts.contacts_of(ctx.db, queries.get_person(ctx.db, ctx.person_id))}
