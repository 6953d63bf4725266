"""What is no request is answered by gunicorn itself, before there is an application."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from app.runtime import site
from tests.conftest import ROOT

NOTHING = "flask:Flask('nothing')"
"""An application that is never asked."""


@pytest.fixture(scope="module")
def web() -> Iterator[int]:
    """The port of a gunicorn with our settings."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    asked = [*site.WEB.argv, NOTHING]
    environment = os.environ | {"PORT": str(port), "HOST": "127.0.0.1", "WEB_CONCURRENCY": "1"}
    running = subprocess.Popen(asked, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port
    finally:
        running.terminate()
        running.wait(timeout=30)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("gunicorn did not start.")


def answer_to(port: int, sent: bytes) -> tuple[int, dict[str, str], Any]:
    """Send bytes, and return status, headers and body of what comes back until the connection is closed."""
    with closing(socket.create_connection(("127.0.0.1", port), 30)) as line:
        line.sendall(sent)
        raw = b"".join(iter(lambda: line.recv(65_536), b""))
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    headers = dict(field.lower().split(": ", 1) for field in fields)
    assert int(headers["content-length"]) == len(body)
    return int(status.split()[1]), headers, json.loads(body)


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        (b"hello\r\n\r\n", 400, "no HTTP request"),
        (b"G\xe9T / HTTP/1.1\r\n\r\n", 400, "no HTTP request"),
        (b"GET / HTTP/1.1\r\nno header\r\n\r\n", 400, "no HTTP request"),
        (b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\n\r\n", 414, "address of the request is too long"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 9_000 + b"\r\n\r\n", 431, "headers"),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 200 + b"\r\n", 431, "headers"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: magic\r\n\r\n", 501, "no HTTP request"),
    ],
)
def test_what_is_no_request_is_answered_with_problem_details(
    web: int, sent: bytes, status: int, said: str
) -> None:
    answered, headers, problem = answer_to(web, sent)

    assert (answered, problem["status"], problem["code"]) == (status, status, "http_error")
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert said in problem["detail"]
    assert problem["errors"] == []
