"""What other systems send is answered item by item, and counts once however often it is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.activities import queries
from app.http.principal import Role, Scope
from app.people import api_keys
from tests.activities.builders import give_sales, sale
from tests.conftest import Work
from tests.people.builders import give_key, give_person, give_tenant, sign_in

Post = Callable[[Any], Any]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def rep(work: Work) -> UUID:
    with work() as db:
        give_tenant(db)
        return give_person(db, "Giulia Ferrante", employee_number="MI-0474").id


@pytest.fixture
def key(work: Work, rep: UUID) -> dict[str, str]:
    with work() as db:
        return give_key(db, Scope.ACTIVITIES_WRITE, Scope.ACTIVITIES_READ)


@pytest.fixture
def post(client: FlaskClient, key: dict[str, str]) -> Post:
    return lambda body: client.post("/api/v1/activities", json=body, headers=key)


def item(external_id: str = "A-1", amount: str = "12.34", **more: Any) -> dict[str, Any]:
    return {
        "external_id": external_id,
        "person": {"employee_number": "mi-0474"},
        "occurred_at": "2026-11-19T10:00:00+01:00",
        "amount": {"amount": amount, "currency": "EUR"},
        **more,
    }


def test_a_key_that_has_ended_writes_nothing_from_that_moment_on(post: Post, work: Work) -> None:
    assert post(item("A-1")).status_code == 200  # the key is known from now on

    with work() as db:
        [mine] = api_keys.api_keys(db)
        api_keys.revoke_api_key(db, mine.id)
    refused = post(item("A-2"))

    assert (refused.status_code, refused.json["code"]) == (401, "sign_in_needed")
    with work() as db:
        table = queries.activities_table()
        assert db.scalars(select(table.c.external_id)).all() == ["A-1"]


def test_one_sale_is_recorded_and_repeating_it_changes_nothing(post: Post) -> None:
    first, second = post(item()), post(item())

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json["items"][0]["outcome"] == "accepted"
    assert second.json["items"][0]["outcome"] == "unchanged"
    assert first.json["items"][0]["activity_id"] == second.json["items"][0]["activity_id"]


def test_a_bad_item_does_not_hurt_its_neighbours(post: Post) -> None:
    unknown = item("A-2", person={"employee_number": "nobody"})
    broken = item("A-3", amount="much")

    answer = post({"items": [item("A-1"), unknown, broken, item("A-4")]}).json

    outcomes = [one["outcome"] for one in answer["items"]]
    assert outcomes == ["accepted", "refused", "refused", "accepted"]
    assert answer["counts"]["accepted"] == answer["counts"]["refused"] == 2
    assert answer["items"][1]["problems"][0]["pointer"] == "/items/1/person/employee_number"
    assert answer["items"][1]["problems"][0]["code"] == "unknown_person"
    assert answer["items"][2]["problems"][0]["pointer"] == "/items/2/amount/amount"


@pytest.mark.parametrize("field", ["amount", "units"])
def test_what_no_sale_can_bring_is_refused_for_itself(post: Post, field: str) -> None:
    most, beyond = "999999999999.999999", "-1000000000000"
    big, great = item("A-1", amount=most, units=most), item("A-2")
    great[field] = {"amount": beyond, "currency": "EUR"} if field == "amount" else beyond

    answer = post({"items": [big, great, item("A-3")]}).json

    assert [one["outcome"] for one in answer["items"]] == ["accepted", "refused", "accepted"]
    assert answer["items"][1]["problems"][0]["pointer"].startswith(f"/items/1/{field}")


def test_a_batch_without_one_readable_item_is_refused_whole(post: Post) -> None:
    answer = post({"items": [{"external_id": 7}, "no"]})

    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"].startswith("/items/0")


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        ("1" + "0" * 26, 400, "malformed_json"),
        ("1e26", 422, "invalid"),
        (str(2**63 - 1), 200, None),
    ],
)
def test_a_number_of_an_attribute_has_64_bits(
    client: FlaskClient, key: dict[str, str], number: str, status: int, code: str | None
) -> None:
    raw = json.dumps(item(attributes={"n": 0})).replace('{"n": 0}', f'{{"n": {number}}}')

    answer = client.post(
        "/api/v1/activities", data=raw, headers=key, content_type="application/json"
    )

    assert (answer.status_code, answer.json.get("code")) == (status, code)


def test_what_is_missing_is_told_beside_what_is_wrong(post: Post) -> None:
    whole = post({"external_id": "A-1", "amount": {"amount": "x", "currency": "EUR"}})
    [_, of_many] = post({"items": [item(), {"external_id": "A-1", "person": None}]}).json["items"]
    of_a_wrong_kind = post({"external_id": "A-1", "void": "perhaps"})

    assert [(each["pointer"], each["code"]) for each in whole.json["errors"]] == [
        ("/person", "missing"),
        ("/occurred_at", "missing"),
        ("/amount/amount", "string_pattern_mismatch"),
    ]
    assert [(each["pointer"], each["code"]) for each in of_many["problems"]] == [
        ("/items/1/person", "missing"),
        ("/items/1/occurred_at", "missing"),
    ]
    assert [each["pointer"] for each in of_a_wrong_kind.json["errors"]] == ["/void"]


def test_other_content_is_a_correction_and_a_void_takes_it_back(
    post: Post, client: FlaskClient, key: dict[str, str]
) -> None:
    post(item(amount="10.00"))
    post(item(amount="8.5001"))
    totals = client.get("/api/v1/activities/totals", headers=key).json["items"]

    post({"external_id": "A-1", "void": True})

    assert [total["amount"] for total in totals] == ["8.5001"]
    assert client.get("/api/v1/activities/totals", headers=key).json["items"] == []


def test_nobody_writes_to_the_source_of_claims(post: Post) -> None:
    [one] = post({"items": [item(source="claims"), item("B")]}).json["items"][:1]

    assert one["problems"][0]["code"] == "reserved_source"


def test_many_posts_at_once_are_each_answered_for_themselves(
    app: Flask, key: dict[str, str]
) -> None:
    def send(number: int) -> Any:
        good = item(f"P-{number}")
        bad = item(f"P-{number}", person={"employee_number": "nobody"})
        body = good if number % 5 else bad
        return app.test_client().post("/api/v1/activities", json=body, headers=key).json

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(40)))

    outcomes = [answer["items"][0]["outcome"] for answer in answers]
    assert outcomes == ["accepted" if number % 5 else "refused" for number in range(40)]
    assert [answer["items"][0]["external_id"] for answer in answers] == [
        f"P-{number}" for number in range(40)
    ]


def test_a_key_without_the_scope_may_not_write(client: FlaskClient, work: Work, rep: UUID) -> None:
    with work() as db:
        key = give_key(db, Scope.ACTIVITIES_READ)

    answer = client.post("/api/v1/activities", json=item(), headers=key)

    assert answer.status_code == 403


def test_the_list_shows_a_manager_only_the_own_people(client: FlaskClient, work: Work) -> None:
    with work() as db:
        give_tenant(db)
        boss = give_person(db, "Paola Neri", [Role.MANAGER])
        mine = give_person(db, "Giulia Ferrante", manager=boss)
        other = give_person(db, "Someone Else")
        give_sales(db, sale(mine.id, external_id="M"), sale(other.id, external_id="O"))
        sign_in(client, db, boss)

    listed = client.get("/api/v1/activities").json["items"]

    assert [one["external_id"] for one in listed] == ["M"]
    assert listed[0]["person_name"] == "Giulia Ferrante"


def test_products_are_known_by_sku_and_give_sales_their_group(
    post: Post, client: FlaskClient, key: dict[str, str]
) -> None:
    products = {"items": [{"sku": "GTX", "name": "GTX Pro", "group": "GTX"}]}
    kept = client.put("/api/v1/products", json=products, headers=key)

    post(item(product="gtx"))
    [listed] = client.get("/api/v1/activities", headers=key).json["items"]

    assert kept.status_code == 200
    assert (listed["product"], listed["product_group"]) == ("GTX Pro", "GTX")
