"""Security headers on every answer, errors and static files included."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import flask
from flask import Flask, Response

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
    """Put the policy of our pages on whatever may be one, or be run by one."""

    @app.after_request
    def _policy(response: Response) -> Response:
        if not flask.request.path.startswith("/api/"):
            response.headers.setdefault("Content-Security-Policy", policy())
        return response


def surround(app: Flask, settings: Settings) -> None:
    """Put the other headers on every answer, also of what answers before Flask is asked: the socket server."""
    inner = app.wsgi_app
    fixed = list((_ALWAYS | (_HTTPS if settings.is_https else {})).items())

    def surrounded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[..., Any]:
            more = dict(headers)
            unsaid = [header for header in _NO_PAGE.items() if header[0] not in more]
            return start_response(status, [*headers, *fixed, *unsaid], *error)

        return inner(environ, start)

    app.wsgi_app = surrounded  # type: ignore[method-assign]  # as Flask's documentation has it
