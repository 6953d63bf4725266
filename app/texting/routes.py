"""Where the gateway tells what became of a text."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

import flask
from flask import Response
from werkzeug.exceptions import RequestEntityTooLarge

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.kernel.errors import NotFound
from app.providers.hooks import NotGenuine
from app.texting import service

blueprint = api_blueprint("texts", __name__)

BODY_LIMIT: Final = 16_000
FIELDS: Final = 100


@blueprint.post("/texts/<uuid:tenant_id>/<uuid:text_id>/status")
@endpoint(public=True, proven=True, limit="6000/min", status=204, refuses=[NotFound, NotGenuine])
def take_news(tenant_id: UUID, text_id: UUID) -> Response:
    """Take in what became of a text; the signature covers the address, so no other text is meant."""
    headers = {name.lower(): value for name, value in flask.request.headers.items()}
    form = _form()
    with ctx.aside(tenant_id) as db:
        service.hear(db, text_id, headers, form)
    return Response(status=204)


def _form() -> list[tuple[str, str]]:
    flask.request.max_content_length = BODY_LIMIT
    if (flask.request.content_length or 0) > BODY_LIMIT:
        raise RequestEntityTooLarge(f"The body may have {BODY_LIMIT} bytes at most.")
    raw = flask.request.get_data(cache=False).decode("utf-8", "replace")
    try:
        return parse_qsl(raw, keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        return []
