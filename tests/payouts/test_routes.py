"""Payouts over HTTP: a passkey for exactly this file, a person's answer, and what a machine may do."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.http.principal import Role, Scope
from app.kernel import clock
from app.people import sessions
from app.people.challenges import hash_binding
from app.people.models import Person
from app.people.step_up import grant
from tests.payouts.desk import SETTINGS, Desk
from tests.people.builders import WRITE, give_key, give_person, give_session
from tests.people.phone import API, Phone

TODAY = clock.utc_now().date().isoformat()


class Seat:
    """Somebody at the finance desk, with a browser and a passkey."""

    def __init__(self, app: Flask, desk: Desk, role: Role = Role.FINANCE) -> None:
        self.desk = desk
        with desk.work(now=clock.utc_now()) as db:
            self.person: Person = give_person(db, name=f"{role} person", roles=[role])
            token = give_session(db, self.person)
        self.phone = Phone(app.test_client())
        self.phone.take(token)

    def do(self, method: str, path: str, body: Any = None) -> TestResponse:
        """Do something, with the passkey where it is asked for."""
        answer = self.phone.send(method.upper(), path, body)
        asked = answer.json if answer.status_code == 403 else None
        if asked and asked["code"] == "step_up_needed":
            answer = self.phone.send(method.upper(), path, body, **self.proof(asked["params"]))
        return answer

    def proof(self, asked: dict[str, Any]) -> dict[str, str]:
        """Return the proof of a passkey for what was asked."""
        with self.desk.work(now=clock.utc_now()) as db:
            (session,) = sessions.open_sessions(db, self.person.id)
            wanted = hash_binding(asked["action"], asked["binding"])
            return {"X-Step-Up": grant(db, session_id=session.id, binding_hash=wanted).token}

    def batch(self) -> Any:
        """Return the newest batch as the screen gets it."""
        found = read(self.phone.get("/payouts/batches"))["items"][0]
        return read(self.phone.get(f"/payouts/batches/{found['id']}"))

    def prepared(self) -> Any:
        """Prepare the newest batch for today."""
        batch_id = self.batch()["batch"]["id"]
        return read(self.do("post", f"/payouts/batches/{batch_id}/prepare", {"pay_on": TODAY}))


def read(answer: TestResponse, status: int = 200) -> Any:
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.json


@pytest.fixture
def first(app: Flask, desk: Desk) -> Seat:
    return Seat(app, desk)


@pytest.fixture
def second(app: Flask, desk: Desk) -> Seat:
    return Seat(app, desk)


def machine(app: Flask, desk: Desk, *scopes: Scope) -> FlaskClient:
    client = app.test_client()
    with desk.work(now=clock.utc_now()) as db:
        headers = {**WRITE, **give_key(db, *scopes)}
    client.environ_base |= {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()
    }
    return client


def approved(desk: Desk, first: Seat, second: Seat) -> Any:
    desk.order()
    batch = first.prepared()
    return read(second.do("post", f"/payouts/batches/{batch['batch']['id']}/approve"))


def test_a_file_from_order_to_download_over_http(desk: Desk, first: Seat, second: Seat) -> None:
    batch = approved(desk, first, second)
    batch_id = batch["batch"]["id"]

    files = [second.do("post", f"/payouts/batches/{batch_id}/download") for _ in range(2)]

    assert batch["batch"]["state"] == "approved"
    assert batch["approved_by"][0]["name"] == "finance person"
    assert files[0].data == files[1].data
    assert hashlib.sha256(files[0].data).hexdigest() == batch["sha256"]
    assert batch["file_name"] in files[0].headers["Content-Disposition"]
    assert second.batch()["batch"]["state"] == "downloaded"


def test_a_screen_shows_accounts_masked_and_what_the_file_says_otherwise(
    desk: Desk, first: Seat
) -> None:
    desk.order()
    shown = first.prepared()

    assert shown["payments"][0]["masked"] == "DE •••• 3000"
    assert "370400440532013000" not in str(shown)
    assert shown["may_approve"] is False
    assert shown["batch"]["total"] == {"amount": "100.00", "currency": "EUR"}


def test_approval_asks_for_a_passkey_bound_to_total_and_bytes(
    desk: Desk, first: Seat, second: Seat
) -> None:
    desk.order()
    batch = first.prepared()
    path = f"/payouts/batches/{batch['batch']['id']}/approve"

    asked = read(second.phone.post(path), 403)["params"]
    other = second.proof({**asked, "binding": {**asked["binding"], "total": "1.00 EUR"}})

    assert asked["binding"]["sha256"] == batch["sha256"]
    assert asked["binding"]["total"] == "100.00 EUR"
    assert read(second.phone.post(path, **other), 403)["code"] == "step_up_needed"
    assert read(second.phone.post(path, **second.proof(asked)))["batch"]["state"] == "approved"


def test_who_prepared_is_told_that_somebody_else_approves(desk: Desk, first: Seat) -> None:
    desk.order()
    batch = first.prepared()

    refused = first.do("post", f"/payouts/batches/{batch['batch']['id']}/approve")

    assert read(refused, 403)["code"] == "may_not_approve"


def test_every_problem_of_a_file_is_answered_at_once(desk: Desk, first: Seat) -> None:
    from tests.payouts.builders import iban

    emoji = iban()
    desk.order(to=type(emoji)(emoji.kind, "🎉", emoji.country, emoji.currency, emoji.fields))
    batch_id = first.batch()["batch"]["id"]

    refused = first.do("post", f"/payouts/batches/{batch_id}/prepare", {"pay_on": TODAY})

    body = read(refused, 422)
    assert body["code"] == "unfit_for_file"
    assert [one["code"] for one in body["errors"]] == ["name_unwritable"]


def test_a_bank_file_is_uploaded_and_moves_the_orders(
    desk: Desk, first: Seat, second: Seat
) -> None:
    batch_id = approved(desk, first, second)["batch"]["id"]
    first.do("post", f"/payouts/batches/{batch_id}/download")
    first.do("post", f"/payouts/batches/{batch_id}/sent")
    table = f"reference,status\n{desk.orders[0].hex},paid\n".encode()

    answer = first.phone.client.post(
        f"{API}/payouts/batches/{batch_id}/answers",
        data={"file": (io.BytesIO(table), "answer.csv")},
        headers=WRITE,
    )

    assert read(answer) == {"kind": "csv", "matched": 1, "unmatched": 0, "is_repeated": False}
    assert first.batch()["batch"]["state"] == "settled"
    desk.run_jobs()
    assert desk.states() == ["captured"]


@pytest.mark.parametrize("raw", [b"", b"<a>", b"nonsense", b"\x00" * 50])
def test_what_is_no_answer_of_a_bank_is_refused(
    desk: Desk, first: Seat, second: Seat, raw: bytes
) -> None:
    batch_id = approved(desk, first, second)["batch"]["id"]
    first.do("post", f"/payouts/batches/{batch_id}/download")

    answer = first.phone.client.post(
        f"{API}/payouts/batches/{batch_id}/answers",
        data={"file": (io.BytesIO(raw), "answer.xml")},
        headers=WRITE,
    )

    assert read(answer, 422)["code"] == "unreadable_answer"


def test_a_voided_file_gives_its_payments_to_the_open_batch(
    desk: Desk, first: Seat, second: Seat
) -> None:
    batch_id = approved(desk, first, second)["batch"]["id"]

    new = read(first.do("post", f"/payouts/batches/{batch_id}/void", {"reason": "Wrong day."}))

    assert (new["batch"]["state"], new["replaces_id"]) == ("open", batch_id)
    assert len(new["payments"]) == 1


def test_paying_accounts_are_set_with_a_passkey(first: Seat) -> None:
    body = {"label": "Second", "settings": SETTINGS}

    assert first.phone.post("/payouts/accounts", body).status_code == 403
    made = read(first.do("post", "/payouts/accounts", body), 201)
    wrong = first.do("put", f"/payouts/accounts/{made['id']}", {"settings": {"format": "fax"}})

    assert made["fields"]["iban"] == SETTINGS["iban"]
    assert read(wrong, 422)["code"] == "payout_settings_wrong"
    listed = read(first.phone.get("/payouts/accounts"))
    assert [one["label"] for one in listed["items"]] == ["Main account", "Second"]
    assert {"nacha", "pain.001.001.09"} <= {one["code"] for one in listed["formats"]}


def test_only_the_tenant_admin_says_how_many_approve(app: Flask, desk: Desk, first: Seat) -> None:
    steps = {"steps": [{"from_total": {"amount": "1000.00", "currency": "EUR"}, "approvals": 2}]}

    assert first.do("put", "/payouts/routes", steps).status_code == 403
    assert read(Seat(app, desk, Role.TENANT_ADMIN).do("put", "/payouts/routes", steps)) == steps


def test_another_system_reads_the_batch_and_says_what_became_of_it(
    app: Flask, desk: Desk, first: Seat, second: Seat
) -> None:
    batch = approved(desk, first, second)
    path = f"{API}/payouts/batches/{batch['batch']['id']}"
    system = machine(app, desk, Scope.PAYOUTS_READ, Scope.PAYOUTS_WRITE)

    data = read(system.get(f"{path}/payments"))
    said = [{"reference": data["payments"][0]["reference"], "outcome": "settled"}]
    confirmed = system.post(
        f"{path}/confirmation", json={"sha256": batch["sha256"], "payments": said}
    )
    again = system.post(f"{path}/confirmation", json={"sha256": batch["sha256"], "payments": said})

    assert data["payments"][0]["destination"]["fields"]["iban"] == "DE89370400440532013000"
    assert read(confirmed)["state"] == read(again)["state"] == "settled"
    wrong = system.post(f"{path}/confirmation", json={"sha256": "0" * 64})
    assert read(wrong, 409)["code"] == "batch_not_there"


def test_an_open_batch_is_not_given_to_another_system(app: Flask, desk: Desk, first: Seat) -> None:
    desk.order()
    batch_id = first.batch()["batch"]["id"]
    system = machine(app, desk, Scope.PAYOUTS_READ)

    assert system.get(f"{API}/payouts/batches/{batch_id}/payments").status_code == 409


def test_discrepancies_are_listed_and_closed_with_a_word(
    desk: Desk, first: Seat, second: Seat
) -> None:
    batch_id = approved(desk, first, second)["batch"]["id"]
    first.do("post", f"/payouts/batches/{batch_id}/download")
    table = f"reference,status,amount\n{desk.orders[0].hex},paid,101.00\n".encode()
    first.phone.client.post(
        f"{API}/payouts/batches/{batch_id}/answers",
        data={"file": (io.BytesIO(table), "answer.csv")},
        headers=WRITE,
    )

    (found,) = read(first.phone.get("/payouts/queues"))["discrepancies"]
    closed = first.do(
        "post", f"/payouts/discrepancies/{found['id']}/close", {"note": "Asked back."}
    )

    assert (found["kind"], found["said"]["amount"]) == ("overpaid", "101.00")
    assert closed.status_code == 204
    assert read(first.phone.get("/payouts/queues"))["discrepancies"] == []
