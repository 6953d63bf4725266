"""What holds on every route, whoever asks: headers on every answer, strict JSON in every body."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.http import headers, problems
from app.http.endpoint import EndpointSpec
from app.settings import Settings
from tests.people.builders import give_person, give_session
from tests.rights.house import House
from tests.rights.matrix import ROWS, Row
from tests.rights.rules import address, spelled

WRITES = [row for row in ROWS if row.method != "GET" and row.path.startswith("/api/")]

HOSTILE = {
    "NaN": (b'{"a": NaN}', "application/json"),
    "Infinity": (b'{"a": -Infinity}', "application/json"),
    "1e400": (b'{"a": 1e400}', "application/json"),
    "100,000 brackets": (b"[" * 100_000, "application/json"),
    "deep objects": (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "application/json"),
    "a name twice": (b'{"a": 1, "a": 2}', "application/json"),
    "a lone surrogate": (b'{"a": "\\ud800"}', "application/json"),
    "no UTF-8": (b'{"a": "\xff"}', "application/json"),
    "U+0000": (b'{"a": "\\u0000"}', "application/json"),
    "text behind": (b"{} {}", "application/json"),
    "nothing": (b"", "application/json"),
    "a list": (b"[[]]", "application/json"),
    "an unknown name": (b'{"no such name": 1}', "application/json"),
    "text/plain": (b"{}", "text/plain"),
    "a form": (b"a=1", "application/x-www-form-urlencoded"),
}


def spec_of(app: Flask, row: Row) -> EndpointSpec | None:
    for rule in app.url_map.iter_rules():
        if spelled(rule.rule) == row.path and row.method in (rule.methods or ()):
            spec: EndpointSpec | None = getattr(app.view_functions[rule.endpoint], "spec", None)
            return spec
    return None


def assert_headers(answer: TestResponse) -> None:
    said = answer.headers
    assert "default-src 'none'" in said["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in said["Content-Security-Policy"]
    assert said["X-Content-Type-Options"] == "nosniff"
    assert said["Referrer-Policy"] == "no-referrer"
    assert said["Cross-Origin-Opener-Policy"] == "same-origin"
    assert said["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in said["Permissions-Policy"]
    assert "Server" not in said or "Python" not in said["Server"]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_answer_carries_the_security_headers(app: Flask, row: Row) -> None:
    answer = app.test_client().open(address(row.path), method=row.method)

    assert_headers(answer)
    if row.path.startswith("/api/v1/"):
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/there-is-no-such-thing", 404),
        ("GET", "/nothing.js", 404),
        ("DELETE", "/api/v1/people", 405),
        ("TRACE", "/api/v1/people", 405),
    ],
)
def test_what_is_not_there_carries_them_too(
    app: Flask, method: str, path: str, status: int
) -> None:
    answer = app.test_client().open(path, method=method)

    assert answer.status_code == status
    assert_headers(answer)
    assert answer.content_type == "application/problem+json"


def test_an_accident_of_ours_carries_them_too_and_tells_nothing(
    app: Flask, settings: Settings
) -> None:
    broken = Flask("broken")
    broken.extensions["laurel"] = app.extensions["laurel"]
    problems.install(broken)
    headers.install(broken)
    headers.surround(broken, settings)

    @broken.get("/api/v1/broken")
    def explode() -> str:
        raise RuntimeError("postgresql://secret@host")

    answer = broken.test_client().get("/api/v1/broken")

    assert answer.status_code == 500
    assert_headers(answer)
    assert b"secret" not in answer.data
    assert answer.json is not None
    assert answer.json["code"] == "internal"


@pytest.mark.parametrize("row", WRITES, ids=str)
def test_a_hostile_body_is_refused_and_no_accident(app: Flask, house: House, row: Row) -> None:
    spec = spec_of(app, row)
    assert spec is not None

    one = None if spec.limit else signed_in(house, row)
    answers = {
        name: send(one or signed_in(house, row), row, body, kind)
        for name, (body, kind) in HOSTILE.items()
    }

    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert {name for name, status in statuses.items() if status >= 500} == set()
    if spec.upload:
        assert {name for name, status in statuses.items() if status < 400} == set()
    if spec.accepts is not None:
        assert {name: statuses.pop(name) for name in OTHERWISE} == OTHERWISE
        assert {statuses.pop(name) for name in ("100,000 brackets", "deep objects")} <= {400, 413}
        assert set(statuses.values()) == {400}


OTHERWISE = {"text/plain": 415, "a form": 415, "an unknown name": 422, "a list": 422}


def signed_in(house: House, row: Row) -> FlaskClient:
    """Return the browser of somebody new who may call the route: no limit has counted them yet."""
    client = house.client()
    if row.roles:
        with house.work() as db:
            person = give_person(db, "Somebody", (min(row.roles),))
            client.set_cookie("sid", give_session(db, person), domain="localhost")
    return client


def send(client: FlaskClient, row: Row, body: bytes, kind: str) -> TestResponse:
    return client.open(
        address(row.path),
        method=row.method,
        data=body,
        content_type=kind,
        headers={"Idempotency-Key": "k"},
    )
