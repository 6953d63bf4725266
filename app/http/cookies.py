"""The session cookie: bound to the host wherever TLS allows it."""

from __future__ import annotations

from datetime import timedelta

from flask import Request, Response

from app.http.context import ctx


def _name() -> str:
    return "__Host-sid" if ctx.settings.is_https else "sid"


def read(request: Request) -> str | None:
    """Return the session token that the browser sent, or None."""
    return request.cookies.get(_name())


def give(response: Response, token: str, lifetime: timedelta) -> None:
    """Hand `token` to the browser; scripts cannot read it and other sites cannot send it."""
    response.set_cookie(
        _name(),
        token,
        max_age=lifetime,
        secure=ctx.settings.is_https,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def take_back(response: Response) -> None:
    """Remove the cookie and what the site keeps in the browser."""
    response.delete_cookie(
        _name(), path="/", secure=ctx.settings.is_https, httponly=True, samesite="Lax"
    )
    response.headers["Clear-Site-Data"] = '"cookies", "storage"'
