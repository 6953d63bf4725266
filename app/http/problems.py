"""Errors as RFC 9457 problem details."""

from __future__ import annotations

import errno
from typing import Any, Final

import flask
import structlog
from flask import Flask, Response
from psycopg import errors
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, NotFound

from app.http.json import dumps
from app.kernel.errors import AppError

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"


class ProblemItem(BaseModel):
    """One place of the request that is wrong."""

    pointer: str = Field(description="JSON pointer into the body, or /query/name, /header/name")
    code: str
    detail: str
    params: dict[str, Any] = {}


class ProblemDetails(BaseModel):
    """An error as RFC 9457 has it, with a stable code."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    params: dict[str, Any] = {}
    errors: list[ProblemItem] = []


def problem_response(error: AppError) -> Response:
    """Return `error` as the answer to the request."""
    body = {
        "type": f"urn:laurel:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "params": error.params,
        "errors": [
            {"pointer": p.pointer, "code": p.code, "detail": p.detail, "params": p.params}
            for p in error.problems
        ],
    }
    response = Response(dumps(body), status=error.status, content_type=MEDIA_TYPE)
    if "retry_after" in error.params:
        response.headers["Retry-After"] = str(error.params["retry_after"])
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def http_problem(error: HTTPException) -> Response:
    """Return what Werkzeug refused as the answer to the request."""
    response = problem_response(_HttpRefusal(error))
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


HTTP_CODES: Final = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
OTHER_HTTP_CODE: Final = "http_error"


class _HttpRefusal(AppError):
    """What Werkzeug refused, in our shape."""

    def __init__(self, error: HTTPException) -> None:
        super().__init__(_words_of(error))
        # One instance speaks for one HTTP status.
        self.code = HTTP_CODES.get(error.code or 500, OTHER_HTTP_CODE)  # type: ignore[misc]  # of this instance
        self.status = error.code or 500  # type: ignore[misc]  # as above
        self.title = error.name  # type: ignore[misc]  # as above


def _words_of(error: HTTPException) -> str:
    """Return what happened; Werkzeug's own sentence for a 404 speaks to people who type addresses."""
    if isinstance(error, NotFound) and error.description == NotFound.description:
        return "There is nothing at this address."
    return error.description or error.name


class _Away(AppError):
    """The database does not answer, or cannot do it now."""

    code = "unavailable"
    status = 503
    title = "Not available now"


class _OutOfRange(AppError):
    """A number or text that the database cannot hold."""

    code = "out_of_range"
    status = 422
    title = "Out of range"


class _Bug(AppError):
    """We made a mistake; the reference finds it in the log."""

    code = "internal"
    status = 500
    title = "Something went wrong here"


NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
CROSSED: Final = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)
"""What ends one of two transactions that stood in each other's way; the next try finds the way free."""


def _away_because(reason: BaseException | None) -> _Away:
    if isinstance(reason, CROSSED):
        return _Away("Somebody changed the same thing. Nothing was changed here.", retry_after=1)
    if isinstance(reason, errors.DiskFull):
        return _Away("The disk of the database is full. Nothing was changed.", retry_after=60)
    return _Away("The database does not answer. Nothing was changed.", retry_after=5)


def install(app: Flask) -> None:
    """Answer every error of `app` with problem details."""

    @app.errorhandler(AppError)
    def _refused(error: AppError) -> Response:
        return problem_response(error)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        return http_problem(error)

    @app.errorhandler(OperationalError)
    @app.errorhandler(PoolTimeout)
    def _away(error: Exception) -> Response:
        log.error("database_away", error=str(error))
        return problem_response(_away_because(getattr(error, "orig", None)))

    @app.errorhandler(OSError)
    def _no_room(error: OSError) -> Response:
        if error.errno not in NO_ROOM:
            return _bug(error)
        log.error("disk_full", error=str(error))
        return problem_response(_Away("The disk is full. Nothing was changed.", retry_after=60))

    @app.errorhandler(DataError)
    def _range(error: DataError) -> Response:
        log.warning("data_error", error=str(error.orig))
        return problem_response(_OutOfRange("A value is out of range."))

    @app.errorhandler(Exception)
    def _bug(error: Exception) -> Response:
        log.error("bug", path=flask.request.path, exc_info=error)
        return problem_response(_Bug("This is our mistake. Nothing was changed."))
