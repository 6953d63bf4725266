"""What is known of people: set and read over the API, and paid by at once; and who a document may name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.http.principal import Role
from app.kernel.clock import utc_now
from tests.activities.builders import give_sale
from tests.conftest import Work
from tests.people.builders import give_person, give_tenant, sign_in
from tests.programs.builders import component, document, earned, five_percent, give_program

API = "/api/v1"
SENIORS = {"seniors": {"where": {"field": "attributes.grade", "op": "eq", "value": "senior"}}}


@pytest.fixture
def client(app: Any) -> FlaskClient:
    return app.test_client()  # type: ignore[no-any-return]


@pytest.fixture
def admin(work: Work, client: FlaskClient) -> dict[str, str]:
    with work(now=utc_now()) as db:
        give_tenant(db)
        return sign_in(client, db, give_person(db, "Admin", roles=[Role.PROGRAM_ADMIN]))


def known(client: FlaskClient, admin: dict[str, str], *items: dict[str, Any]) -> Any:
    return client.put(f"{API}/payee-attributes", json={"items": [*items]}, headers=admin)


def paid(work: Work, person_id: UUID) -> int:
    with work() as db:
        return earned(db, person_id)


def test_an_attribute_is_paid_by_as_soon_as_it_is_set(
    work: Work, client: FlaskClient, admin: dict[str, str]
) -> None:
    with work() as db:
        ann = give_person(db, "Ann", employee_number="E1")
        give_program(db, component({"kind": "rate", "rate": {"person": "own_rate"}}))
        give_sale(db, ann.id, "100")
        ann_id = ann.id
    own = {"employee_number": "E1", "name": "own_rate"}

    made = known(client, admin, own | {"value": "0.2"})
    before = paid(work, ann_id)
    known(
        client,
        admin,
        own | {"value": "0.3"},
        {"person_id": str(ann_id), "name": "grade", "value": "a"},
    )

    assert (made.json, before, paid(work, ann_id)) == ({"set": 1}, 2000, 3000)
    page: Any = client.get(f"{API}/payee-attributes?person={ann_id}&limit=1").json
    rest: Any = client.get(f"{API}/payee-attributes?limit=1&cursor={page['next_cursor']}").json
    assert [(each["name"], each["value"]) for each in [*page["items"], *rest["items"]]] == [
        ("grade", "a"),
        ("own_rate", "0.3"),
    ]
    known(client, admin, own | {"value": None})
    assert paid(work, ann_id) == 0


@pytest.mark.parametrize("limits", [{}, {"limits": {"caps": [{"amount": "1000"}]}}])
def test_who_an_attribute_puts_into_a_group_is_credited(
    work: Work, client: FlaskClient, admin: dict[str, str], limits: dict[str, Any]
) -> None:
    with work() as db:
        ann, bob = give_person(db, "Ann"), give_person(db, "Bob")
        ids = ann.id, bob.id
        rule = five_percent(credit={"to": "group", "group": "seniors"}, **limits)
        give_program(db, rule, groups=SENIORS)
        give_sale(db, ann.id, "100")

    before = paid(work, ids[1])
    known(client, admin, {"person_id": str(ids[1]), "name": "grade", "value": "senior"})

    assert (before, paid(work, ids[0]), paid(work, ids[1])) == (0, 0, 500)


def test_attributes_of_nobody_are_refused_with_their_place(
    client: FlaskClient, admin: dict[str, str]
) -> None:
    answer = known(client, admin, {"employee_number": "E9", "name": "grade", "value": "a"})

    assert [each["pointer"] for each in answer.json["errors"]] == ["/items/0"]


def test_a_document_that_names_nobody_is_refused_with_each_place(
    client: FlaskClient, admin: dict[str, str]
) -> None:
    half = [{"role": "seller", "share": "0.5"}, {"person": "bob", "share": "0.5"}]
    stated = document(
        five_percent(credit={"to": "split", "default": half}),
        five_percent(id="more", credit={"to": "overlay", "people": ["eve"]}),
        groups={"north": {"team_of": "bob"}, "two": {"people": ["ann", "bob"]}},
    )

    answer: Any = client.post(f"{API}/programs", json={"document": stated}, headers=admin)

    assert {each["pointer"].removeprefix("/document") for each in answer.json["errors"]} == {
        "/components/0/credit/default/1/person",
        "/components/1/credit/people/0",
        "/groups/north/team_of",
        "/groups/two/people/0",
        "/groups/two/people/1",
    }
    assert "nobody's id" in answer.json["errors"][0]["detail"]
