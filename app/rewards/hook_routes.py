"""Where providers send their webhooks. What comes in is kept, checked, answered at once, and looked up later."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final

import flask
from flask import Response
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.kernel.errors import NotFound
from app.providers import accounts, hooks
from app.providers.hooks import NotGenuine

blueprint = api_blueprint("hooks", __name__)

BODY_LIMIT: Final = 256_000


@blueprint.post("/hooks/<token>")
@endpoint(public=True, proven=True, limit="6000/min", status=204, refuses=[NotFound, NotGenuine])
def take_in(token: str) -> Response:
    """Take in the webhook of a provider; the path says whose, the signature whether it is genuine."""
    body, tenant_id = _raw_body(), accounts.tenant_of_path(token)
    if tenant_id is None:
        raise NotFound("There is nothing here.")
    headers = {name.lower(): value for name, value in flask.request.headers.items()}

    def open_work() -> AbstractContextManager[Session]:
        return ctx.aside(tenant_id)

    with open_work() as db:
        account_id = hooks.find_account(db, token).id
        hook_id = hooks.keep(db, account_id, headers, body)
    with open_work() as db:
        hooks.check(db, open_work, hook_id, headers, body)
        is_forged = hooks.is_forged(db, hook_id)
    if is_forged:
        raise NotGenuine("This does not carry the proof that it is genuine.")
    return Response(status=204)


def _raw_body() -> bytes:
    flask.request.max_content_length = BODY_LIMIT
    if (flask.request.content_length or 0) > BODY_LIMIT:
        raise RequestEntityTooLarge(f"The body may have {BODY_LIMIT} bytes at most.")
    return flask.request.get_data(cache=False)
