"""The session cookie: bound to the host wherever TLS allows it."""

from __future__ import annotations

from datetime import timedelta

import flask
from flask import Request, Response

from app.http.context import ctx


def _name() -> str:
    return "__Host-sid" if ctx.settings.is_https else "sid"


def read(request: Request) -> str | None:
    """Return the session token that the browser sent, or None."""
    return request.cookies.get(_name())


def give(token: str, lifetime: timedelta) -> None:
    """Hand `token` to the browser with this answer, unless it turns out a refusal.

    Scripts cannot read it and other sites cannot send it.
    """

    @flask.after_this_request
    def _give(response: Response) -> Response:
        if response.status_code < 400:
            response.set_cookie(
                _name(),
                token,
                max_age=lifetime,
                secure=ctx.settings.is_https,
                httponly=True,
                samesite="Lax",
                path="/",
            )
        return response


def take_back() -> None:
    """Remove the cookie, and what the site keeps in the browser, with this answer."""

    @flask.after_this_request
    def _take_back(response: Response) -> Response:
        response.delete_cookie(
            _name(), path="/", secure=ctx.settings.is_https, httponly=True, samesite="Lax"
        )
        response.headers["Clear-Site-Data"] = '"cookies", "storage"'
        return response
