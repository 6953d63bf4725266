"""The front end as it is served: squeezed where the browser can take it, inline parts allowed by hash."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db.engine import make_engine
from app.http import pages
from app.kernel import clock
from app.kernel.ids import new_id
from tests.conftest import Work
from tests.people.builders import give_person, give_session, give_tenant

PAGE = "<head><script>go()</script><style>a{}</style></head>"


@pytest.fixture
def client(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A browser at a site that was built into a folder of its own."""
    monkeypatch.setattr(pages, "DIST", tmp_path)
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "a.js").write_bytes(b"plain")
    (tmp_path / "assets" / "a.js.br").write_bytes(b"brotli")
    (tmp_path / "assets" / "a.js.gz").write_bytes(b"gzip")
    return app.test_client()


def test_the_page_allows_its_own_inline_parts_by_hash_and_no_others(client: FlaskClient) -> None:
    policy = client.get("/ranks").headers["Content-Security-Policy"]

    assert f"script-src 'self' {_hash('go()')}; " in policy
    assert f"style-src 'self' {_hash('a{}')}; " in policy
    assert "unsafe" not in policy


def test_a_page_that_was_built_anew_gets_the_hash_of_its_new_script(
    client: FlaskClient, tmp_path: Path
) -> None:
    client.get("/")
    (tmp_path / "index.html").write_text("<script>gone()</script>")

    assert _hash("gone()") in client.get("/").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("accepted", "coding", "body"),
    [
        ("gzip, deflate, br", "br", b"brotli"),
        ("gzip", "gzip", b"gzip"),
        ("identity", None, b"plain"),
    ],
)
def test_a_file_comes_in_the_smallest_form_the_browser_takes(
    client: FlaskClient, accepted: str, coding: str | None, body: bytes
) -> None:
    answer = client.get("/assets/a.js", headers={"Accept-Encoding": accepted})

    assert answer.headers.get("Content-Encoding") == coding
    assert answer.data == body
    assert answer.content_type == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_file_with_no_other_form_is_sent_as_it_is(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Accept-Encoding": "br"})

    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-cache"


def test_the_page_says_in_what_language_somebody_is_signed_in_and_nothing_to_others(
    client: FlaskClient, work: Work
) -> None:
    with work(now=clock.utc_now()) as db:
        give_tenant(db)
        session = give_session(db, give_person(db, language="it"))

    assert "Server-Timing" not in client.get("/").headers
    client.set_cookie("sid", session)
    answer = client.get("/")

    assert answer.headers["Server-Timing"] == 'in;desc="it"'
    assert "Cookie" in answer.headers["Vary"]
    assert "Server-Timing" not in client.get("/assets/a.js").headers


def test_the_page_opens_without_a_database(
    app: Flask, client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = make_engine(f"postgresql+psycopg://nobody@/none?host={tmp_path}")
    monkeypatch.setattr(app.extensions["laurel"], "engine", away)
    client.set_cookie("sid", f"{new_id().hex}.{'x' * 43}")

    answer = client.get("/")

    assert answer.status_code == 200
    assert "Server-Timing" not in answer.headers


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
