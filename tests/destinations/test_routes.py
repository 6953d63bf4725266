"""Bank accounts over HTTP: a passkey for exactly this number, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.http.principal import Role
from app.kernel import clock
from app.people import sessions
from app.people.challenges import hash_binding
from app.people.models import Person
from app.people.step_up import grant
from app.providers.contract import Verified
from tests.destinations.builders import NUMBERS, Bank, Purse
from tests.people.builders import give_person, give_session
from tests.people.phone import Phone

IBAN = {"kind": "iban", "holder": "Ada Ferri", "fields": NUMBERS["iban"]}


def phone_of(app: Flask, purse: Purse, person: Person) -> Phone:
    with purse.work(now=clock.utc_now()) as db:
        token = give_session(db, person)
    phone = Phone(app.test_client())
    phone.take(token)
    return phone


@pytest.fixture
def rep(app: Flask, purse: Purse) -> Phone:
    return phone_of(app, purse, purse.person)


@pytest.fixture
def finance(app: Flask, purse: Purse) -> Phone:
    with purse.work() as db:
        person = give_person(db, name="Fi Nance", roles=[Role.FINANCE])
    return phone_of(app, purse, person)


def confirmed(purse: Purse, refused: TestResponse, person: Person) -> dict[str, str]:
    """Return the proof of a passkey for what a refusal asks for."""
    assert refused.json is not None
    assert refused.json["code"] == "step_up_needed", refused.json
    asked = refused.json["params"]
    with purse.work(now=clock.utc_now()) as db:
        (session,) = sessions.open_sessions(db, person.id)
        granted = grant(
            db,
            session_id=session.id,
            binding_hash=hash_binding(asked["action"], asked["binding"]),
        )
    return {"X-Step-Up": granted.token}


def add(purse: Purse, rep: Phone, body: dict[str, Any] = IBAN) -> Any:
    proof = confirmed(purse, rep.post("/me/accounts", body), purse.person)
    answer = rep.post("/me/accounts", body, **proof)
    assert answer.status_code == 201, answer.json
    return answer.json


def test_adding_an_account_asks_for_a_passkey_that_binds_the_number(
    purse: Purse, rep: Phone
) -> None:
    refused = rep.post("/me/accounts", IBAN)
    proof = confirmed(purse, refused, purse.person)
    other = rep.post(
        "/me/accounts", {**IBAN, "kind": "us_ach", "fields": NUMBERS["us_ach"]}, **proof
    )
    added = rep.post("/me/accounts", IBAN, **proof)

    assert refused.json is not None
    assert refused.json["params"]["binding"]["account"] == "IT •••• 3456"
    assert NUMBERS["iban"]["iban"] not in refused.get_data(as_text=True)
    assert other.status_code == 403
    assert added.status_code == 201
    assert added.json is not None
    assert (added.json["label"], added.json["state"]) == ("IT •••• 3456", "new")
    assert NUMBERS["iban"]["iban"] not in added.get_data(as_text=True)


def test_a_wrong_number_is_told_before_the_passkey_is_asked_for(rep: Phone) -> None:
    answer = rep.post("/me/accounts", {**IBAN, "fields": {"iban": "IT60X0542811101000000123457"}})

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (422, "bad_account")
    assert answer.json["errors"][0]["pointer"] == "/fields/iban"
    assert answer.json["errors"][0]["code"] == "iban_check_digits"


def test_a_rep_adds_has_it_checked_and_confirms(
    purse: Purse, rep: Phone, bank: Bank, run_jobs: Callable[[], None]
) -> None:
    added = add(purse, rep, {**IBAN, "kind": "ifsc", "fields": NUMBERS["ifsc"]})
    bank.says = [Verified("ref-1", "match", "A** F****")]

    asked = rep.post(f"/me/accounts/{added['id']}/verify").json
    run_jobs()
    seen = rep.get(f"/me/accounts/{added['id']}").json
    confirmed_one = rep.post(f"/me/accounts/{added['id']}/confirm").json
    listed = rep.get("/me/accounts").json

    assert asked is not None
    assert seen is not None
    assert confirmed_one is not None
    assert listed is not None
    assert (asked["state"], seen["state"], confirmed_one["state"]) == (
        "checking",
        "matched",
        "active",
    )
    assert seen["masked_name"] == "A** F****"
    assert (listed["checks_left"], listed["hold_hours"]) == (2, 24)
    assert [item["id"] for item in listed["items"]] == [added["id"]]


def test_checks_used_up_say_when_to_come_back(
    purse: Purse, rep: Phone, run_jobs: Callable[[], None]
) -> None:
    for account in ("123456781", "123456782", "123456783"):
        fields = {**NUMBERS["us_ach"], "account": account}
        added = add(purse, rep, {**IBAN, "kind": "us_ach", "fields": fields})
        rep.post(f"/me/accounts/{added['id']}/verify")
    run_jobs()
    another = add(purse, rep)

    answer = rep.post(f"/me/accounts/{another['id']}/verify")

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (429, "checks_used_up")
    assert 86_000 < int(answer.headers["Retry-After"]) <= 86_401


def test_removing_asks_for_a_passkey_for_that_account(purse: Purse, rep: Phone) -> None:
    added, other = (
        add(purse, rep),
        add(purse, rep, {**IBAN, "kind": "us_ach", "fields": NUMBERS["us_ach"]}),
    )
    path = f"/me/accounts/{added['id']}"
    proof = confirmed(purse, rep.send("DELETE", path), purse.person)

    wrong = rep.send("DELETE", f"/me/accounts/{other['id']}", **proof)
    removed = rep.send("DELETE", path, **proof)

    assert (wrong.status_code, removed.status_code) == (403, 204)
    assert rep.get(path).status_code == 404


def test_an_account_of_somebody_else_is_not_there(app: Flask, purse: Purse, rep: Phone) -> None:
    added = add(purse, rep)
    with purse.work() as db:
        other = give_person(db, name="Bo Lind")
    stranger = phone_of(app, purse, other)

    assert stranger.get(f"/me/accounts/{added['id']}").status_code == 404
    assert stranger.post(f"/me/accounts/{added['id']}/verify").status_code == 404
    assert stranger.send("DELETE", f"/me/accounts/{added['id']}").status_code == 404


def test_finance_compares_names_and_decides(
    purse: Purse, rep: Phone, finance: Phone, run_jobs: Callable[[], None]
) -> None:
    added = add(purse, rep, {**IBAN, "holder": "A. Ferri"})
    rep.post(f"/me/accounts/{added['id']}/verify")
    run_jobs()

    waiting = finance.get("/accounts/review").json
    decided = finance.post(
        f"/accounts/{added['id']}/decide", {"approve": False, "reason": "Not the same person."}
    )

    assert waiting is not None
    (line,) = waiting["items"]
    assert (line["person_name"], line["holder"], line["label"]) == (
        "Ada Ferri",
        "A. Ferri",
        "IT •••• 3456",
    )
    assert decided.json is not None
    assert (decided.json["state"], decided.json["reason"]) == ("refused", "name_refused")
    again = finance.post(f"/accounts/{added['id']}/decide", {"approve": True, "reason": "Again."})
    assert again.json is not None
    assert (again.status_code, again.json["code"]) == (409, "not_in_review")


def test_the_hold_is_set_between_one_and_three_days(finance: Phone) -> None:
    assert finance.send("PUT", "/accounts/hold", {"hold_hours": 48}).json == {"hold_hours": 48}
    assert finance.send("PUT", "/accounts/hold", {"hold_hours": 12}).status_code == 422


def test_the_banks_to_choose_from_are_listed(rep: Phone) -> None:
    banks = rep.get("/banks").json

    assert banks is not None
    assert {"code": "014", "name": "BCA", "lengths": [10]} in banks["items"]
