"""Security headers on every answer, errors and static files included."""

from __future__ import annotations

from typing import Final

import flask
from flask import Flask, Response

from app.http.context import ctx

CSP: Final = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
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


def install(app: Flask) -> None:
    """Put the headers on every response of `app`."""

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        host = flask.request.host
        headers.setdefault(
            "Content-Security-Policy", CSP.format(sockets=f"ws://{host} wss://{host}")
        )
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = (
            "camera=(), microphone=(), geolocation=(), payment=(), "
            "publickey-credentials-get=(self), publickey-credentials-create=(self)"
        )
        if ctx.settings.is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if flask.request.path.startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
        return response
