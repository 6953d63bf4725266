"""The built front end: hashed files for ever, everything else asked for again each time."""

from __future__ import annotations

import mimetypes
import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import flask
from flask import Blueprint, Response
from flask.globals import request_ctx
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.security import safe_join

from app.http.context import ctx
from app.http.headers import policy
from app.http.problems import http_problem

DIST: Final = Path(__file__).resolve().parents[2] / "frontend" / "dist"
SHELL: Final = "index.html"
_SQUEEZED: Final = {"br": ".br", "gzip": ".gz"}
"""How a file that the build squeezed is called, the smallest first."""
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
    coding, squeezed = _choose(path)
    response = Response(
        _read(squeezed, squeezed.stat().st_mtime_ns),
        content_type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
    )
    if coding:
        response.headers["Content-Encoding"] = coding
    if path.name == SHELL:
        inline = _inline(path, path.stat().st_mtime_ns)
        response.headers["Content-Security-Policy"] = policy(
            scripts=inline["script"], styles=inline["style"]
        )
        _say_who_is_in(response)
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = _FOR_EVER if lasting else "no-cache"
    response.add_etag()
    response.make_conditional(flask.request)
    return response


def _say_who_is_in(response: Response) -> None:
    """Let a page that opens for somebody who is signed in ask for everything at once, in their language."""
    response.vary.add("Cookie")
    try:
        principal = ctx.find_principal()
    except SQLAlchemyError:  # the page opens without a database, too
        return
    if principal is not None and principal.session_id is not None:
        response.headers["Server-Timing"] = f'in;desc="{principal.language}"'


def _choose(path: Path) -> tuple[str, Path]:
    """Return the smallest form of a file that the build wrote and the browser takes, with its coding."""
    for coding, ending in _SQUEEZED.items():
        squeezed = path.with_name(path.name + ending)
        if flask.request.accept_encodings[coding] and squeezed.is_file():
            return coding, squeezed
    return "", path


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> bytes:
    return path.read_bytes()


@lru_cache(maxsize=4)
def _inline(path: Path, _changed: int) -> dict[str, list[str]]:
    """Return the hashes of the scripts and styles inside a page, as the security policy names them."""
    page = path.read_text("utf-8")
    return {
        tag: [_hash(text) for text in re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)]
        for tag in ("script", "style")
    }


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
