"""Two tenants, and two parts of one tree: what is not yours is not there.

The routes are asked in an order that matters.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import pypdf
import pytest
from werkzeug.test import TestResponse

from app.http.principal import Role, Scope
from app.kernel import clock
from tests.rights.house import House
from tests.rights.matrix import ROWS, Row
from tests.rights.objects import ELSEWHERE, Furniture, bodies, furnish
from tests.rights.rules import address, names_an_object

WORD = "Zanzibarquelle"
OTHER_WORD = "Okawangodelta"

NO_OBJECT_OF_A_TENANT = {
    "/api/v1/invitations/<token>": "the token is the right",
    "/api/v1/invitations/<token>/options": "the token is the right",
    "/api/v1/invitations/<token>/accept": "the token is the right",
    "/api/v1/hooks/<token>": "the path leads to a tenant, and the proof in the request is the right",
    "/api/v1/texts/<tenant_id>/<text_id>/status": "the gateway's signature of this address is the right",
    "/api/v1/certificates/<code>": "the code is the right",
    "/api/v1/demo/personas/<key>/sign-in": "open to everybody in the demo, absent elsewhere",
    "/api/v1/sources/<name>": "each tenant has its own source of a name; writing makes it",
}
WITH_ID = [
    row for row in ROWS if names_an_object(row.path) and row.path not in NO_OBJECT_OF_A_TENANT
]
LISTS = [
    row for row in ROWS if row.method == "GET" and row.path.startswith("/api/v1/") and row.roles
]


@pytest.fixture(scope="module")
def furniture(house: House) -> Furniture:
    """One of everything in the tenant."""
    return furnish(house, WORD)


@pytest.fixture(scope="module")
def other(next_door: House) -> Furniture:
    """One of everything next door."""
    return furnish(next_door, OTHER_WORD)


def asker(row: Row) -> Role:
    """Return the role that may do most of those that may call a route."""
    assert row.roles is not None
    order = (Role.TENANT_ADMIN, Role.PROGRAM_ADMIN, Role.FINANCE, Role.AUDITOR, Role.MANAGER)
    if row.path.startswith("/api/v1/me/"):
        return Role.REP
    return next((role for role in order if role in row.roles), Role.REP)


def ask(
    house: House, row: Row, furniture: Furniture, role: Role, ids: Mapping[str, str]
) -> TestResponse:
    key = (row.method, row.path)
    meant = {**ids, **{name: ids[real] for name, real in ELSEWHERE.get(key, {}).items()}}
    where = address(row.path, meant)
    if row.path.endswith("/stock"):
        return house.client(role).post(
            where, data={"file": (io.BytesIO(b"code\nX-1\n"), "x.csv"),
                         "amount": "50.00", "currency": "EUR"}
        )  # fmt: skip
    if row.path.endswith("/statements") and row.method == "POST":
        statement = io.BytesIO(b"date;amount\n2026-11-20;-1.00\n")
        return house.client(role).post(where, data={"file": (statement, "x.csv")})
    body = bodies(furniture).get(key, {}) if row.method != "GET" else None
    return house.client(role).open(where, method=row.method, json=body)


@pytest.mark.parametrize("row", WITH_ID, ids=str)
def test_what_belongs_to_another_tenant_is_not_there(
    house: House, next_door: House, furniture: Furniture, row: Row
) -> None:
    answer = ask(next_door, row, furniture, asker(row), furniture.ids)

    assert answer.status_code == 404, (answer.status_code, answer.data)


def turn(row: Row) -> tuple[bool, bool]:
    """Let what removes go first, but for a limit, which is changed before."""
    return row.path != "/api/v1/catalog/limits/<limit_id>" or row.method != "PUT", (
        row.method != "DELETE"
    )


@pytest.mark.parametrize("row", sorted(WITH_ID, key=turn), ids=str)
def test_what_belongs_to_the_own_tenant_is_there(
    next_door: House, other: Furniture, row: Row
) -> None:
    # Without this the test above could pass for a wrong address.
    answer = ask(next_door, row, other, asker(row), other.ids)

    assert answer.status_code not in (404, 405, 422, 500), (answer.status_code, answer.data)


def words_of(answer: TestResponse) -> str:
    """Return what can be read in an answer, on paper too."""
    if answer.mimetype.startswith("image/"):
        return ""
    if answer.content_type != "application/pdf":
        return answer.text
    pages = pypdf.PdfReader(io.BytesIO(answer.data)).pages
    return " ".join(page.extract_text() for page in pages)


@pytest.mark.parametrize("row", LISTS, ids=str)
def test_no_answer_holds_a_word_of_another_tenant(
    house: House, next_door: House, furniture: Furniture, other: Furniture, row: Row
) -> None:
    assert row.roles is not None
    clients = [next_door.client(role) for role in sorted(row.roles)]
    if row.scope is not None:
        clients.append(next_door.client(scopes=list(Scope)))

    for client in clients:
        answer = client.get(address(row.path, other.ids))
        assert WORD.lower() not in words_of(answer).lower()


PUBLIC_IN_THE_COMPANY = {
    "/api/v1/contests": "contests are announced to everybody",
    "/api/v1/contests/<contest_id>": "contests are announced to everybody",
    "/api/v1/contests/<contest_id>/board": "a board shows everybody who takes part",
    "/api/v1/contests/<contest_id>/standings": "a board shows everybody who takes part",
}
PUBLIC_PARTS = {"/api/v1/console/overview": "contest", "/api/v1/me/today": "contest"}
"""Parts of an answer that show the top of a board, which everybody may see."""
OF_PEOPLE = [
    row for row in LISTS
    if Role.MANAGER in (row.roles or ()) and row.path not in PUBLIC_IN_THE_COMPANY
]  # fmt: skip


def private_part(row: Row, answer: TestResponse) -> str:
    """Return the text of an answer without what everybody may see."""
    if row.path not in PUBLIC_PARTS:
        return words_of(answer)
    said = dict(answer.json or {})
    said.pop(PUBLIC_PARTS[row.path])
    return json.dumps(said, ensure_ascii=False)


@pytest.mark.parametrize("row", OF_PEOPLE, ids=str)
def test_a_manager_reads_nothing_of_people_outside_the_own_part_of_the_tree(
    house: House, furniture: Furniture, row: Row
) -> None:
    assert furniture.outsider is not None

    answer = house.client(Role.MANAGER).get(address(row.path, furniture.ids))

    assert answer.status_code < 500
    assert "outsider" not in private_part(row, answer).lower()
    assert str(furniture.outsider.id) not in private_part(row, answer)


@pytest.mark.parametrize(
    "row", [row for row in OF_PEOPLE if Role.REP in (row.roles or ())], ids=str
)
def test_a_rep_reads_nothing_of_others(house: House, furniture: Furniture, row: Row) -> None:
    assert furniture.outsider is not None

    answer = house.client(Role.REP).get(address(row.path, furniture.ids))

    assert "outsider" not in private_part(row, answer).lower()
    assert str(furniture.outsider.id) not in private_part(row, answer)


OF_A_PERSON = {"person_id", "claim_id", "redemption_id", "line_id", "wished_id"}
ABOUT_A_PERSON = [
    row
    for row in WITH_ID
    if Role.MANAGER in (row.roles or ())
    and not row.path.startswith("/api/v1/me/")
    and any(f"<{name}>" in row.path for name in OF_A_PERSON)
]


@pytest.mark.parametrize("row", ABOUT_A_PERSON, ids=str)
def test_a_person_outside_the_managers_part_of_the_tree_is_not_there(
    house: House, furniture: Furniture, row: Row
) -> None:
    outside = {name: furniture.ids[f"outsider_{name}"] for name in OF_A_PERSON}

    answer = ask(house, row, furniture, Role.MANAGER, {**furniture.ids, **outside})

    assert answer.status_code == 404, (answer.status_code, answer.data)


@pytest.mark.parametrize("row", ABOUT_A_PERSON, ids=str)
def test_a_person_in_the_managers_part_of_the_tree_is_there(
    house: House, furniture: Furniture, row: Row
) -> None:
    answer = ask(house, row, furniture, Role.MANAGER, furniture.ids)

    assert answer.status_code not in (403, 404, 405, 500), (answer.status_code, answer.data)


@pytest.mark.parametrize(
    "path",
    [
        "/people",
        "/claims",
        "/redemptions",
        "/activities",
        "/quotas",
        "/earnings/totals?group_by=person",
        "/activities/totals?group_by=person",
    ],
)
def test_whoever_may_read_everybody_reads_the_outsider(
    house: House, furniture: Furniture, path: str
) -> None:
    # Without this the tests above could pass because there was nothing to read.
    assert furniture.outsider is not None

    whole = house.client(Role.TENANT_ADMIN).get(f"/api/v1{path}")
    own_part = house.client(Role.MANAGER).get(f"/api/v1{path}")

    assert whole.status_code == own_part.status_code == 200
    marks = ("outsider", str(furniture.outsider.id), f"out-{WORD}".lower())
    assert any(mark in whole.text.lower() for mark in marks)
    assert not any(mark in own_part.text.lower() for mark in marks)


def test_a_manager_sets_no_quota_outside_the_own_part_of_the_tree(
    house: House, furniture: Furniture
) -> None:
    year = clock.utc_now().year

    def set_quota(person_id: str) -> int:
        quota = {
            "person_id": person_id,
            "program": furniture.ids["program_id"],
            "component": "main",
            "period_start": f"{year}-01-01",
            "period_end": f"{year}-12-31",
            "amount": "100.00",
        }
        return house.client(Role.MANAGER).put("/api/v1/quotas", json={"items": [quota]}).status_code

    assert set_quota(furniture.ids["outsider_person_id"]) in (403, 404, 422)
    assert set_quota(furniture.ids["person_id"]) < 300
