"""The API of recognition."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import flask

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import EVERYONE
from app.kernel.errors import NotFound
from app.people import logos
from app.recognition import certificates, paper, queries
from app.recognition.schemas import BadgesOut, CertificateOut

PDF: Final = "application/pdf"

blueprint = api_blueprint("recognition", __name__)


@blueprint.get("/me/badges")
@endpoint(allow=EVERYONE, returns=BadgesOut)
def my_badges() -> dict[str, Any]:
    """Return the badges of the signed-in person, with date and cause."""
    return queries.badges(ctx.db, ctx.person_id)


@blueprint.get("/me/badges/<uuid:award_id>/certificate")
@endpoint(allow=EVERYONE, media_type=PDF, refuses=[NotFound], limit="30/min")
def download_certificate(award_id: UUID) -> flask.Response:
    """Download the certificate of a badge that the signed-in person holds."""
    found = certificates.of_award(ctx.db, ctx.person_id, award_id)
    url = f"{ctx.settings.public_url}/certificates/{found.code}"
    response = flask.Response(paper.pdf(found, url, logos.find(ctx.db)), content_type=PDF)
    response.headers["Content-Disposition"] = 'attachment; filename="certificate.pdf"'
    return response


@blueprint.get("/certificates/<code>")
@endpoint(public=True, returns=CertificateOut, refuses=[NotFound], limit="60/min")
def check_certificate(code: str) -> certificates.Certificate:
    """Return what a certificate says and whether it still stands, to whoever has its code."""
    tenant_id, award_id = certificates.read(code)
    with ctx.aside(tenant_id) as db:
        return certificates.of_code(db, award_id)
