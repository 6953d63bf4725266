"""The built front end: hashed files for ever, everything else asked for again each time."""

from __future__ import annotations

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import Final

import flask
from flask import Blueprint, Response
from flask.globals import request_ctx
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.security import safe_join

from app.http.problems import http_problem

DIST: Final = Path(__file__).resolve().parents[2] / "frontend" / "dist"
SHELL: Final = "index.html"
_SQUEEZED: Final = frozenset(
    {".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".txt", ".map"}
)
_FOR_EVER: Final = "public, max-age=31536000, immutable"

mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("text/javascript", ".js")

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
@blueprint.get("/<path:name>")
def page(name: str = SHELL) -> Response:
    """Serve a file of the front end, or its shell for an address that a page answers to."""
    if name.startswith("api/"):
        raise NotFound
    found = safe_join(str(DIST), name)
    if found is not None and Path(found).is_file():
        return _send(Path(found), lasting=name.startswith("assets/"))
    if mimetypes.guess_type(name)[0]:  # a file that is gone, not a page whose address has a dot
        raise NotFound
    shell = DIST / SHELL
    if not shell.is_file():
        raise NotFound("The front end has not been built yet: run make run, or make build.")
    return _send(shell, lasting=False)


@blueprint.app_errorhandler(MethodNotAllowed)
def refuse_method(error: MethodNotAllowed) -> Response:
    """Answer 404, not 405, where a write missed every endpoint and only a page has that address."""
    adapter = request_ctx.url_adapter
    assert adapter is not None
    found, _ = adapter.match(method="GET") if "GET" in (error.valid_methods or ()) else ("", {})
    return http_problem(NotFound() if found.startswith(f"{blueprint.name}.") else error)


def _send(path: Path, *, lasting: bool) -> Response:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    squeeze = path.suffix in _SQUEEZED and "gzip" in flask.request.headers.get(
        "Accept-Encoding", ""
    )
    raw = _read(path, path.stat().st_mtime_ns, squeezed=squeeze)
    response = Response(
        raw, content_type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    )
    if squeeze:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = _FOR_EVER if lasting else "no-cache"
    response.add_etag()
    response.make_conditional(flask.request)
    return response


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int, *, squeezed: bool) -> bytes:
    raw = path.read_bytes()
    return gzip.compress(raw, mtime=0) if squeezed else raw
