"""What gunicorn answers by itself, before there is a request: problem details, as everywhere else."""

from __future__ import annotations

import socket
from typing import Final

from gunicorn import util  # type: ignore[import-untyped]  # gunicorn comes without types
from werkzeug.exceptions import default_exceptions

from app.http.problems import http_problem

_SAID: Final = {
    414: "The address of the request is too long.",
    431: "The headers of the request are too long, or too many.",
    500: "This is our mistake.",
}
_OTHERWISE: Final = "This is no HTTP request that we can read."


def install() -> None:
    """Let this process answer so; gunicorn writes HTML, and has no setting for it."""
    util.write_error = _write_problem


def _write_problem(client: socket.socket, status: int, _reason: str, _why: str) -> None:
    """Answer `client`; why gunicorn refused stands in the log, and may repeat what was sent."""
    answer = http_problem(default_exceptions[status](_SAID.get(status, _OTHERWISE)))
    answer.headers["Connection"] = "close"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    head = f"HTTP/1.1 {answer.status}\r\n{answer.headers}"
    util.write_nonblock(client, head.encode("latin-1") + answer.get_data())
