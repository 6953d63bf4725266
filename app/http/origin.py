"""Writes with a cookie must come from our own pages (custom header, Sec-Fetch-Site and Origin)."""

from __future__ import annotations

import flask

from app.http.context import ctx
from app.http.principal import Principal
from app.kernel.errors import Forbidden

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class ForeignOrigin(Forbidden):
    """The request comes from another site, or does not say where it comes from."""

    code = "foreign_origin"
    title = "Not from here"


def check_session_write(principal: Principal) -> None:
    """Refuse a cookie-borne write that another site could have caused."""
    if flask.request.method in SAFE or principal.session_id is None:
        return
    _check()


def check_public_write() -> None:
    """Refuse a write without sign-in that another site could have caused."""
    if flask.request.method not in SAFE:
        _check()


def _check() -> None:
    headers = flask.request.headers
    origin = headers.get("Origin")
    foreign = (
        headers.get("X-Laurel") != "1"
        or headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
        or (origin is not None and origin not in ctx.settings.origins)
    )
    if foreign:
        raise ForeignOrigin("This request must come from a page of Laurel.")
