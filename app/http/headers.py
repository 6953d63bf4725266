"""Security headers on every answer, errors and static files included."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import flask
from flask import Flask, Response

from app.http.context import ctx
from app.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CSP: Final = (
    "default-src 'none'; "
    "script-src {scripts}; "
    "style-src {styles}; "
    "img-src 'self' data: blob:; "
    "font-src 'self'; "
    "connect-src 'self' {sockets}; "
    "manifest-src 'self'; "
    "worker-src 'self'; "
    "base-uri 'none'; "
    "form-action 'self'; "
    "frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; "
    "trusted-types laurel svelte-trusted-html"
)


def policy(*, scripts: Iterable[str] = (), styles: Iterable[str] = ()) -> str:
    """Return the security policy of an answer that holds inline scripts and styles of these hashes only."""
    host = flask.request.host
    return CSP.format(
        scripts=" ".join(("'self'", *scripts)),
        styles=" ".join(("'self'", *styles)),
        sockets=f"ws://{host} wss://{host}",
    )


_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), "
        "publickey-credentials-get=(self), publickey-credentials-create=(self)"
    ),
}
_HTTPS: Final = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
_NO_PAGE: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def install(app: Flask) -> None:
    """Put the headers on every response of `app`."""

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy())
        headers.update(_fixed(ctx.settings))
        if flask.request.path.startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
        return response


def surround(app: Flask, settings: Settings) -> None:
    """Put the headers also on what answers before Flask is asked: the socket server."""
    inner = app.wsgi_app
    more = list((_fixed(settings) | _NO_PAGE).items())

    def surrounded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[..., Any]:
            if not any(name == "Content-Security-Policy" for name, _ in headers):
                headers = [*headers, *more]
            return start_response(status, headers, *error)

        return inner(environ, start)

    app.wsgi_app = surrounded  # type: ignore[method-assign]  # as Flask's documentation has it


def _fixed(settings: Settings) -> dict[str, str]:
    return _ALWAYS | (_HTTPS if settings.is_https else {})
