"""A row that was set aside once waits once, however often its file comes; every run still adds up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.activities import importing
from app.activities.models import ImportRow
from app.http.principal import Role
from app.kernel import clock
from tests.activities.conftest import RunImport
from tests.activities.test_imports import FILE, MAPPING
from tests.activities.test_recording import counted_micros
from tests.conftest import Work
from tests.people.builders import give_person, give_tenant, sign_in

COUNTED = {
    **MAPPING,
    "fields": {
        **MAPPING["fields"],
        "external_id": {"column": "Contract", "repeats": "count"},
    },
}


@pytest.fixture
def client(app: Flask, work: Work) -> FlaskClient:
    client = app.test_client()
    with work(now=clock.utc_now()) as db:
        give_tenant(db)
        give_person(db, "Giulia Ferrante", employee_number="MI-0474")
        admin = give_person(db, "Ada Admin", [Role.PROGRAM_ADMIN])
        client.environ_base |= {
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in sign_in(client, db, admin).items()
        }
    return client


@pytest.fixture
def thrice(client: FlaskClient, run_import: RunImport) -> list[UUID]:
    return [run_import(FILE, MAPPING)["id"] for _ in range(3)]


def figures(client: FlaskClient, import_id: UUID) -> tuple[int, int, int, int, int]:
    shown = client.get(f"/api/v1/imports/{import_id}").json
    names = ("accepted", "fixed", "quarantined", "dismissed", "unchanged")
    outcomes = ("accepted", "fixed", "quarantined", "dismissed", "refused")
    assert sum(shown[name] for name in outcomes) == shown["done"]
    assert sum(reason["count"] for reason in shown["by_reason"]) == shown["quarantined"]
    a, f, q, d, u = (shown[name] for name in names)
    return a, f, q, d, u


def rows(client: FlaskClient, import_id: UUID, state: str = "open") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(
        f"/api/v1/imports/{import_id}/rows?state={state}"
    ).json["items"]
    return found


def open_rows(db: Session) -> int:
    """Return how many rows wait in all imports."""
    return db.query(ImportRow).filter(ImportRow.state == "open").count()


def test_three_imports_leave_the_open_rows_of_one(
    client: FlaskClient, thrice: list[UUID], work: Work
) -> None:
    with work() as db:
        assert open_rows(db) == 6
    for import_id in thrice:
        assert figures(client, import_id)[2] == 6
        assert [row["row"] for row in rows(client, import_id)] == [3, 4, 5, 6, 7, 8]
        download = client.get(f"/api/v1/imports/{import_id}/quarantine.csv").text
        assert len(download.splitlines()) == 7
        assert "unknown_person" in download
    first, _, last = thrice
    assert [row["same_as"] for row in rows(client, first)] == [None] * 6
    assert rows(client, last)[0]["same_as"] == {"import_id": str(first), "row": 3}


def test_a_repair_in_any_run_settles_the_row_for_all(
    client: FlaskClient, thrice: list[UUID], run_import: RunImport, work: Work
) -> None:
    path = f"/api/v1/imports/{thrice[1]}/rows/5"

    right = client.put(path, json={"values": {"Signed": "30/11/2026"}})
    fourth = run_import(FILE, MAPPING)["id"]

    assert (right.status_code, right.json["row"], right.json["state"]) == (200, 5, "repaired")
    assert [figures(client, one) for one in (*thrice, fourth)] == [
        (1, 1, 5, 0, 0),
        (1, 1, 5, 0, 2),
        (1, 1, 5, 0, 2),
        (1, 1, 5, 0, 2),
    ]
    again = client.put(
        f"/api/v1/imports/{thrice[2]}/rows/5", json={"values": {"Signed": "29/11/2026"}}
    )
    assert again.json["code"] == "wrong_state"
    with work() as db:
        assert counted_micros(db) == 1_384_500_000


def test_a_row_that_was_dismissed_stays_so_in_every_run(
    client: FlaskClient, thrice: list[UUID], run_import: RunImport
) -> None:
    client.post(f"/api/v1/imports/{thrice[2]}/rows/8/dismiss")
    fourth = run_import(FILE, MAPPING)["id"]

    for import_id in (*thrice, fourth):
        assert figures(client, import_id)[2:4] == (5, 1)
        assert [row["row"] for row in rows(client, import_id, "dismissed")] == [8]
    listed = client.get("/api/v1/imports").json["items"]
    assert [entry["dismissed"] for entry in listed] == [1, 1, 1, 1]


def test_one_repair_of_many_rows_reaches_the_first_ones(
    client: FlaskClient, thrice: list[UUID]
) -> None:
    path = f"/api/v1/imports/{thrice[2]}"
    [suggestion] = client.get(path).json["suggestions"]

    answer = client.post(
        f"{path}/repairs", json={key: suggestion[key] for key in ("reason", "column", "from", "to")}
    )

    assert answer.json["repaired"] == 2
    assert [figures(client, one)[1:3] for one in thrice] == [(2, 4)] * 3


def test_checking_again_in_a_later_run_settles_the_first_with_the_later_mapping(
    client: FlaskClient, run_import: RunImport, work: Work
) -> None:
    first = run_import(FILE, MAPPING)["id"]
    nobody = {**MAPPING, "rules": [{"rule": "required", "field": "person"}]}
    later = run_import(FILE, nobody)["id"]
    with work() as db:
        give_person(db, "Newly Known", employee_number="MI-0447")

    checked = client.post(f"/api/v1/imports/{later}/check-again")

    assert checked.json["repaired"] == 2
    assert [figures(client, one)[1:3] for one in (first, later)] == [(2, 4), (2, 4)]


def test_a_row_that_one_file_holds_twice_is_set_aside_twice(
    client: FlaskClient, run_import: RunImport, work: Work
) -> None:
    line = 'C-2,MI-0447,19/11/2026,"100,00"\n'
    content = "Contract,Rep,Signed,Value\n" + line * 2
    first = run_import(content, COUNTED)["id"]
    later = run_import(content + line, COUNTED)["id"]

    assert [row["external_id"] for row in rows(client, later)] == ["C-2#1", "C-2#2", "C-2#3"]
    assert [row["same_as"] is None for row in rows(client, later)] == [False, False, True]
    with work() as db:
        assert open_rows(db) == 3
        give_person(db, "Newly Known", employee_number="MI-0447")
    assert client.post(f"/api/v1/imports/{later}/check-again").json["repaired"] == 3
    with work() as db:
        assert counted_micros(db) == 300_000_000
    assert figures(client, first)[1:3] == (2, 0)
    assert figures(client, later)[1:3] == (3, 0)


def test_the_same_row_of_another_source_or_under_other_names_is_another(
    client: FlaskClient, run_import: RunImport, work: Work
) -> None:
    run_import(FILE, MAPPING)
    run_import(FILE, MAPPING, source="web")
    run_import(FILE.replace("Value\n", "Value,Note\n", 1).replace('"\n', '",\n'), MAPPING)

    with work() as db:
        assert open_rows(db) == 18


def test_rows_that_are_alike_are_counted_through_every_batch_of_a_file(
    client: FlaskClient, run_import: RunImport, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    content = "Contract,Rep,Signed,Value\n" + 'C-2,MI-0447,19/11/2026,"100,00"\n' * 7

    run_import(content, COUNTED)
    later = run_import(content, COUNTED)["id"]

    assert [row["same_as"]["row"] for row in rows(client, later)] == [2, 3, 4, 5, 6, 7, 8]
    with work() as db:
        assert open_rows(db) == 7
