from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import queries as audit
from app.http.principal import Role, Scope
from app.kernel.clock import utc_now
from app.kernel.pages import encode_cursor
from app.ledger import queries as ledger
from app.programs import release
from app.programs.models import Earning
from tests.activities.builders import give_sale, give_sales, sale
from tests.conftest import NOON, Work
from tests.people.builders import give_key, give_person, give_tenant, sign_in
from tests.programs.builders import component, document, five_percent, give_program, give_quota

SPIF = {
    "kind": "per_unit",
    "amount": "18.00",
    "tiers": {
        "mode": "marginal",
        "boundary": "inclusive",
        "steps": [{"from": "3", "multiplier": "1.25"}],
    },
}
API = "/api/v1"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def admin(work: Work, client: FlaskClient) -> dict[str, str]:
    with work(now=utc_now()) as db:  # a session of an admin that rested would have ended
        give_tenant(db)
        person = give_person(db, "Admin", [Role.PROGRAM_ADMIN])
        return sign_in(client, db, person)


def test_a_program_is_stated_checked_changed_and_published(
    client: FlaskClient, admin: dict[str, str]
) -> None:
    body = {"document": document(component(SPIF))}

    made = client.post(f"{API}/programs", json=body, headers=admin)
    path = f"{API}/programs/{made.json['id']}"
    checked = client.post(f"{path}/validate", json=body, headers=admin)
    changed = client.put(
        f"{path}/draft", json={"document": document(five_percent())}, headers=admin
    )
    published = client.post(f"{path}/publish", headers=admin)
    again = client.post(f"{path}/publish", headers=admin)

    assert (made.status_code, made.json["state"], made.json["has_draft"]) == (201, "draft", True)
    assert "18.00 EUR" in checked.json["english"]
    assert changed.json["document"]["components"][0]["payout"]["kind"] == "rate"
    assert (published.json["state"], published.json["version"]) == ("published", 1)
    assert len(published.json["versions"][0]["sha256"]) == 64
    assert (again.status_code, again.json["code"]) == (409, "nothing_to_publish")
    assert client.get(f"{API}/programs").json["items"][0]["id"] == made.json["id"]


def test_a_document_with_problems_is_refused_with_every_place(
    client: FlaskClient, admin: dict[str, str]
) -> None:
    wrong = document(component(SPIF | {"amount": "18,5"}), currency="euro")

    answer = client.post(f"{API}/programs", json={"document": wrong}, headers=admin)

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [
        "/currency",
        "/components/0/payout/amount",
    ]


def test_the_schema_of_documents_is_served(client: FlaskClient, admin: dict[str, str]) -> None:
    assert "RatePayout" in client.get(f"{API}/programs/schema", headers=admin).json["$defs"]


def give_rep(work: Work, client: FlaskClient, *, sales: int = 4) -> UUID:
    """Give a tenant with a program and a rep who is signed in and has sold."""
    with work() as db:
        give_tenant(db)
        rep = give_person(db, "Ann")
        program = give_program(db, component(SPIF, clawback_days=30))
        give_quota(db, program, rep.id, 6)
        give_sales(db, *[sale(rep.id, customer_reference=f"Via {n}") for n in range(sales)])
        sign_in(client, db, rep)
        return rep.id


def statement(client: FlaskClient, **query: Any) -> Any:
    return client.get(f"{API}/me/earnings", query_string={"period": "2026-11"} | query).json


def test_a_rep_sees_every_line_newest_first(work: Work, client: FlaskClient) -> None:
    give_rep(work, client)

    found = statement(client)

    assert sorted(line["money"]["amount"] for line in found["lines"]) == [
        "18.00",
        "18.00",
        "22.50",
        "22.50",
    ]
    assert found["states"]["available"] == {"amount": "81.00", "currency": "EUR"}
    assert {line["state"] for line in found["lines"]} == {"available"}


def test_lines_come_in_pages(work: Work, client: FlaskClient) -> None:
    give_rep(work, client)

    first = statement(client, limit=3)
    rest = statement(client, limit=3, cursor=first["next_cursor"])

    ids = [line["id"] for page in (first, rest) for line in page["lines"]]
    assert (len(first["lines"]), len(rest["lines"]), len(set(ids))) == (3, 1, 4)
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("parts", [("x", "y", "z"), ("2026-11-19T00:00:00", "y", "z")])
def test_a_page_marker_that_names_no_place_is_refused(
    work: Work, client: FlaskClient, parts: tuple[str, ...]
) -> None:
    give_rep(work, client, sales=0)

    assert statement(client, cursor=encode_cursor(*parts))["code"] == "invalid"


def test_the_receipt_of_a_line_names_rule_tier_inputs_and_source(
    work: Work, client: FlaskClient
) -> None:
    give_rep(work, client)
    line = next(each for each in statement(client)["lines"] if each["money"]["amount"] == "22.50")

    receipt = client.get(f"{API}/me/receipts/{line['id']}").json

    assert receipt["money"] == {"amount": "22.50", "currency": "EUR"}
    assert [step["code"] for step in receipt["steps"]["children"]] == ["unit_base", "unit_more"]
    assert receipt["steps"]["children"][1]["rule"] == {"component": "main", "tier": 1}
    assert receipt["source"]["source"] == "api"
    assert receipt["source"]["title"] == line["title"]
    assert (receipt["program"]["version"], len(receipt["program"]["sha256"])) == (1, 64)


def test_every_movement_of_pay_in_the_wallet_has_a_receipt_of_its_own(
    work: Work, client: FlaskClient
) -> None:
    with work() as db:
        give_tenant(db)
        rep = give_person(db, "Ann")
        give_program(db)
        give_sales(db, sale(rep.id, "1000.00"))
        sign_in(client, db, rep)
    with work() as db:
        give_sales(db, sale(rep.id, "600.00"))

    entries = client.get(f"{API}/me/wallet/entries").json["items"]
    receipts = [
        client.get(f"{API}/me/receipts/{entry['transaction_id']}").json for entry in entries
    ]

    assert [entry["money"]["amount"] for entry in entries] == ["30.00", "50.00"]
    assert [receipt["money"] for receipt in receipts] == [entry["money"] for entry in entries]
    assert [receipt["headline"]["code"] for receipt in receipts] == ["changed", "payout"]


def test_what_became_available_has_a_receipt_that_says_of_which_earning(
    work: Work, client: FlaskClient
) -> None:
    with work() as db:
        give_tenant(db)
        rep = give_person(db, "Ann")
        give_program(db, five_percent(release={"on": "weekday", "weekday": 5}))
        give_sales(db, sale(rep.id, "1000.00"))
        sign_in(client, db, rep)
    with work(now=NOON + timedelta(days=7)) as db:
        release.release_due(db)

    (entry, *_) = client.get(f"{API}/me/wallet/entries").json["items"]
    receipt = client.get(f"{API}/me/receipts/{entry['transaction_id']}").json

    assert (entry["kind"], receipt["money"]["amount"]) == ("release", "50.00")
    assert (receipt["headline"]["code"], receipt["state"]) == ("released", "available")
    assert [one["state"] for one in receipt["timeline"]] == ["done", "done"]


def test_the_receipt_of_a_movement_is_not_for_others(work: Work, client: FlaskClient) -> None:
    with work() as db:
        give_tenant(db)
        rep, other = give_person(db, "Ann"), give_person(db, "Bob")
        give_program(db)
        give_sales(db, sale(rep.id))
        sign_in(client, db, other)
    with work() as db:
        (entry, *_) = ledger.entries_of(db, rep.id).items

    assert client.get(f"{API}/me/receipts/{entry.transaction_id}").status_code == 404


@pytest.mark.parametrize(
    "line_id", ["nonsense", "a.b", str(UUID(int=1)), f"{UUID(int=1)}.{UUID(int=2)}"]
)
def test_there_is_no_receipt_of_what_is_not_ones_own(
    work: Work, client: FlaskClient, line_id: str
) -> None:
    give_rep(work, client)

    assert client.get(f"{API}/me/receipts/{line_id}").status_code == 404


def test_progress_says_what_comes_next(work: Work, client: FlaskClient) -> None:
    with work() as db:
        give_tenant(db)
        rep = give_person(db, "Ann")
        marks = {"kind": "bonus", "milestones": [{"at": "14", "amount": "60.00"}]}
        effective = {"effective": {"from": "2026-01-01"}, "period": {"kind": "window"}}
        give_program(db, component(marks, measure={"kind": "count"}, **effective))
        give_sales(db, *[sale(rep.id) for _ in range(11)])
        sign_in(client, db, rep)

    found = client.get(f"{API}/me/progress").json

    assert (found["items"][0]["done"], found["items"][0]["goal"]) == ("11", "14")
    assert found["nearest"]["kind"] == "bonus"
    assert found["nearest"]["distance"] == "3"
    assert found["nearest"]["worth"] == {"amount": "60.00", "currency": "EUR"}


def test_what_if_answers_by_the_code_that_pays(work: Work, client: FlaskClient) -> None:
    with work() as db:
        give_tenant(db)
        rep = give_person(db, "Ann")
        open_ended = {"effective": {"from": "2026-01-01"}, "period": {"kind": "window"}}
        give_program(db, component(SPIF, **open_ended), five_percent(id="five", **open_ended))
        give_sales(db, *[sale(rep.id) for _ in range(2)])
        sign_in(client, db, rep)

    spif = client.get(f"{API}/me/what-if?component=main&units=2").json
    five = client.get(f"{API}/me/what-if?component=five&amount=250.00").json
    none = client.get(f"{API}/me/what-if?component=other")

    assert spif["money"]["amount"] == "45.00"
    assert five["money"]["amount"] == "12.50"
    assert none.status_code == 404


def test_quotas_are_set_by_employee_number_all_or_none(
    work: Work, client: FlaskClient, admin: dict[str, str]
) -> None:
    with work() as db:
        give_person(db, "Ann", employee_number="E1")
        program = give_program(db)
    good = {
        "employee_number": "e1",
        "program": str(program.id),
        "component": "main",
        "period_start": "2026-11-05",
        "period_end": "2027-02-04",
        "amount": "400.00",
    }
    unknown = good | {"employee_number": "E9"}
    overlapping = good | {"period_start": "2026-12-01"}

    refused = client.put(f"{API}/quotas", json={"items": [good, unknown]}, headers=admin)
    made = client.put(f"{API}/quotas", json={"items": [good]}, headers=admin)
    same = client.put(f"{API}/quotas", json={"items": [good | {"amount": "500"}]}, headers=admin)
    overlap = client.put(f"{API}/quotas", json={"items": [overlapping]}, headers=admin)
    component_wrong = client.put(
        f"{API}/quotas", json={"items": [good | {"component": "none"}]}, headers=admin
    )

    assert [each["pointer"] for each in refused.json["errors"]] == ["/items/1"]
    assert (made.json, same.json) == ({"set": 1}, {"set": 1})
    assert (overlap.status_code, overlap.json["code"]) == (409, "quota_overlap")
    assert component_wrong.json["code"] == "unknown_component"
    listed = client.get(f"{API}/quotas").json["items"]
    assert [(each["target"], each["period_end"]) for each in listed] == [("500", "2027-02-04")]


def test_a_manager_sets_the_quotas_of_others_and_not_the_own(app: Flask, work: Work) -> None:
    client = app.test_client()
    with work(now=utc_now()) as db:
        give_tenant(db)
        boss = give_person(db, "Boss", [Role.MANAGER, Role.REP])
        rep = give_person(db, "Ann", manager=boss)
        program = give_program(db)
        headers = sign_in(client, db, boss)
    quota = {
        "program": str(program.id),
        "component": "main",
        "period_start": "2026-11-01",
        "period_end": "2026-11-30",
        "amount": "1.00",
    }
    others, own = quota | {"person_id": str(rep.id)}, quota | {"person_id": str(boss.id)}

    refused = client.put(f"{API}/quotas", json={"items": [others, own]}, headers=headers)
    made = client.put(f"{API}/quotas", json={"items": [others]}, headers=headers)

    assert refused.status_code == 422
    assert [(e["pointer"], e["code"]) for e in refused.json["errors"]] == [
        ("/items/1", "own_quota")
    ]
    assert made.json == {"set": 1}


def noted(db: Session, action: str) -> list[tuple[Any, Any]]:
    """What the journal says of `action`, oldest first: before and after."""
    page = audit.page(db, action=action)
    return [(line.before, line.after) for line in reversed(page.items)]


def test_the_journal_says_whose_quota_and_whose_days_became_what(
    work: Work, client: FlaskClient, admin: dict[str, str]
) -> None:
    with work() as db:
        ann = give_person(db, "Ann")
        program = give_program(db)
    place = {
        "person_id": str(ann.id),
        "component": "main",
        "period_start": "2026-11-01",
        "period_end": "2026-11-30",
    }
    rule = {"kind": "person", "person_id": str(ann.id), "first": "2026-01-01", "last": "2026-06-30"}

    for amount in ("1000.00", "10.00"):
        quota = place | {"program": str(program.id), "amount": amount}
        client.put(f"{API}/quotas", json={"items": [quota]}, headers=admin)
    client.put(f"{API}/programs/{program.id}/enrolments", json={"rules": [rule]}, headers=admin)

    known = place | {"program_id": str(program.id)}
    first, second = ({"quotas": [known | {"target": target}]} for target in ("1000", "10"))
    everybody = {"kind": "everybody", "person_id": None, "first": None, "last": None}
    with work() as db:
        assert noted(db, "quotas.set") == [({"quotas": []}, first), (first, second)]
        assert noted(db, "program.enrolled")[-1] == ({"rules": [everybody]}, {"rules": [rule]})


def test_a_figure_may_have_quotas_of_its_own(
    work: Work, client: FlaskClient, admin: dict[str, str]
) -> None:
    margin = {"kind": "sum", "of": "attributes.margin", "unit": "money"}
    half = {
        "if": {"value": {"figure": "margin"}, "is": "ge", "than": {"quota": "margin"}},
        "then": "70",
    }
    with work() as db:
        ann = give_person(db, "Ann", employee_number="E1")
        program = give_program(
            db, component({"kind": "fixed", "amount": half}, figures={"margin": margin})
        )
        give_sale(db, ann.id, "100", attributes={"margin": "30"})
        ann_id = ann.id
    quota = {
        "employee_number": "E1",
        "program": str(program.id),
        "component": "main.margin",
        "period_start": "2026-11-01",
        "period_end": "2026-11-30",
        "amount": "40",
    }

    made = client.put(f"{API}/quotas", json={"items": [quota]}, headers=admin)
    wrong = client.put(
        f"{API}/quotas", json={"items": [quota | {"component": "main.units"}]}, headers=admin
    )

    assert (made.json, wrong.json["code"]) == ({"set": 1}, "unknown_component")
    assert november(work, ann_id) == 0
    client.put(f"{API}/quotas", json={"items": [quota | {"amount": "30"}]}, headers=admin)
    assert november(work, ann_id) == 7000


def november(work: Work, person_id: UUID) -> int:
    with work() as db:
        of_november = Earning.payee_id == person_id, Earning.period_start == date(2026, 11, 1)
        return db.scalar(select(Earning.amount_minor).where(*of_november)) or 0


def test_who_takes_part_is_said_anew(
    work: Work, client: FlaskClient, admin: dict[str, str]
) -> None:
    with work() as db:
        ann = give_person(db, "Ann")
        program = give_program(db)
    rules = [{"kind": "person", "person_id": str(ann.id), "first": "2026-11-01"}]

    answer = client.put(
        f"{API}/programs/{program.id}/enrolments", json={"rules": rules}, headers=admin
    )

    assert answer.json["enrolments"][0]["first"] == "2026-11-01"
    assert answer.json["enrolments"][0]["last"] is None


def test_a_manager_sees_the_pay_of_the_own_people_and_of_nobody_else(
    work: Work, client: FlaskClient
) -> None:
    with work() as db:
        give_tenant(db)
        boss = give_person(db, "Boss", [Role.MANAGER])
        mine = give_person(db, "Ann", manager=boss)
        foreign = give_person(db, "Bob")
        give_program(db)
        for person in (mine, foreign):
            give_sale(db, person.id)
        sign_in(client, db, boss)

    own = client.get(f"{API}/people/{mine.id}/earnings?period=2026-11").json
    hidden = client.get(f"{API}/people/{foreign.id}/earnings?period=2026-11")
    receipt = client.get(f"{API}/people/{mine.id}/receipts/{own['lines'][0]['id']}").json
    totals = client.get(f"{API}/earnings/totals").json["items"]

    assert own["lines"][0]["money"]["amount"] == "5.00"
    assert hidden.status_code == 404
    assert receipt["money"]["amount"] == "5.00"
    assert [row["person_id"] for row in totals] == [str(mine.id)]


@pytest.mark.parametrize(
    ("group_by", "rows"), [("person", 2), ("component", 1), ("period", 2), ("person_period", 3)]
)
def test_totals_are_added_up_as_asked(
    work: Work, client: FlaskClient, group_by: str, rows: int
) -> None:
    with work() as db:
        give_tenant(db)
        ann, bob = give_person(db, "Ann", employee_number="E1"), give_person(db, "Bob")
        give_program(db)
        give_sale(db, ann.id, "100.00")
        give_sale(db, ann.id, "100.00", at=NOON.replace(month=10))
        give_sale(db, bob.id, "60.00")
        key = give_key(db, Scope.EARNINGS_READ)

    found = client.get(f"{API}/earnings/totals?group_by={group_by}", headers=key).json["items"]

    assert len(found) == rows
    assert sum(round(float(row["money"]["amount"]) * 100) for row in found) == 13_00
    assert sum(row["credits"] for row in found) == 3


def test_totals_can_be_cut_to_days(work: Work, client: FlaskClient) -> None:
    with work() as db:
        give_tenant(db)
        ann = give_person(db, "Ann")
        program = give_program(db)
        give_sale(db, ann.id, "100.00")
        give_sale(db, ann.id, "100.00", at=NOON.replace(month=10))
        key = give_key(db, Scope.EARNINGS_READ)
    query = f"program={program.id}&from={date(2026, 11, 1)}&to={date(2026, 11, 30)}"

    (row,) = client.get(f"{API}/earnings/totals?{query}", headers=key).json["items"]

    assert row["money"] == {"amount": "5.00", "currency": "EUR"}
