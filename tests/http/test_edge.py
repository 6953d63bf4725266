from __future__ import annotations

from flask import Flask


def test_the_api_answers_an_unknown_address_with_a_problem(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/nothing-here")

    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["code"] == "not_found"


def test_alive_needs_nothing_else(app: Flask) -> None:
    assert app.test_client().get("/healthz").get_json() == {"status": "alive"}


def test_ready_names_what_is_missing(app: Flask) -> None:
    answer = app.test_client().get("/readyz")

    checks = answer.get_json()["checks"]
    assert checks["database"] is True
    assert checks["migrations"] is True
    assert checks["bus"] is True
    assert answer.status_code == (200 if checks["worker"] else 503)


def test_every_answer_carries_the_security_headers(app: Flask) -> None:
    for path in ("/healthz", "/api/v1/none", "/api/openapi.json", "/api/docs"):
        headers = app.test_client().get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_answers_of_the_socket_server_carry_the_security_headers_too(app: Flask) -> None:
    answer = app.test_client().get("/socket.io/?EIO=4&transport=polling")

    assert answer.status_code == 400
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_openapi_document_is_served_and_can_be_read_as_a_page(app: Flask) -> None:
    assert app.test_client().get("/api/openapi.json").get_json()["openapi"] == "3.1.0"
    assert app.test_client().get("/api/docs").status_code == 200


def test_a_page_may_have_a_dot_in_its_address_and_a_missing_file_may_not(app: Flask) -> None:
    client = app.test_client()

    page = client.get("/join/0192.j_u4Cq1")

    assert "URL was not found" not in page.get_data(as_text=True)
    assert client.get("/assets/gone.js").status_code == 404
