"""Setting up an account: named fields, what is missing, a first call that keeps and spends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.http.principal import Role
from app.kernel import clock
from app.people.service import grant_role
from app.providers import accounts, wire
from app.providers.models import ProviderAccount
from app.rewards.account_routes import is_low
from tests.conftest import Work
from tests.people.builders import give_person, give_tenant, sign_in
from tests.people.phone import API
from tests.sandboxes import base, cashfree, plum, razorpayx, tremendous, xendit

TYPED: dict[str, tuple[Any, str, dict[str, str], dict[str, str]]] = {
    "plum": (
        plum,
        "/chef/v1/oauth",
        {},
        {
            "client_id": plum.CLIENT_ID,
            "client_secret": plum.CLIENT_SECRET,
            "access_token": plum.FIRST_ACCESS,
            "refresh_token": plum.FIRST_REFRESH,
        },
    ),
    "tremendous": (tremendous, tremendous.PREFIX, {}, {"api_key": tremendous.API_KEY}),
    "razorpayx": (
        razorpayx,
        "",
        {"account_number": razorpayx.ACCOUNT},
        {"key_id": razorpayx.KEY_ID, "key_secret": razorpayx.KEY_SECRET},
    ),
    "cashfree": (
        cashfree,
        "",
        {},
        {"client_id": cashfree.CLIENT_ID, "client_secret": cashfree.CLIENT_SECRET},
    ),
    "xendit": (xendit, "", {}, {"api_key": xendit.API_KEY}),
}


@dataclass
class Office:
    """Somebody who sets accounts up."""

    client: FlaskClient
    headers: dict[str, str]
    work: Work

    def send(self, path: str, body: dict[str, Any]) -> Any:
        return self.client.post(f"{API}{path}", json=body, headers=self.headers)

    def try_out(self, provider: str, url: str, **changes: Any) -> Any:
        _, path, settings, secrets = TYPED[provider]
        body = {
            "provider": provider,
            "base_url": url + path,
            "settings": settings,
            "secrets": secrets,
        }
        return self.send("/provider-setup/trial", body | changes)


@pytest.fixture
def office(app: Flask, work: Work) -> Office:
    wire.connect(allows_loopback=True)
    with work(now=clock.utc_now()) as db:
        give_tenant(db)
        admin = give_person(db)
        grant_role(db, admin.id, Role.TENANT_ADMIN)
        grant_role(db, admin.id, Role.FINANCE)
        client = app.test_client()
        headers = sign_in(client, db, admin)
    return Office(client, headers, work)


@pytest.fixture(params=TYPED)
def vendor(request: pytest.FixtureRequest) -> Iterator[tuple[str, base.Remote]]:
    """Each vendor on this machine, by name."""
    with base.running(TYPED[request.param][0].make_sandbox()) as url:
        yield request.param, base.Remote(url)


def problems(answer: Any) -> set[tuple[str, str]]:
    assert answer.status_code == 422, answer.get_json()
    return {(one["pointer"], one["code"]) for one in answer.get_json()["errors"]}


def test_right_particulars_are_let_in_and_nothing_is_kept(
    office: Office, vendor: tuple[str, base.Remote]
) -> None:
    name, there = vendor

    answer = office.try_out(name, there.url)

    assert answer.status_code == 200, answer.get_json()
    assert answer.get_json()["outcome"] == "reached"
    assert bool(answer.get_json()["balance"]) is (name != "cashfree")
    with office.work() as db:
        assert accounts.all_of(db) == []


def test_wrong_particulars_are_turned_away(office: Office, vendor: tuple[str, base.Remote]) -> None:
    name, there = vendor
    wrong = dict.fromkeys(TYPED[name][3], "wrong")

    answer = office.try_out(name, there.url, secrets=wrong)

    assert (answer.get_json()["outcome"], answer.get_json()["balance"]) == ("turned_away", [])


@pytest.mark.parametrize(
    ("mode", "outcome", "detail"),
    [
        ("down", "silent", "connection_lost"),
        ("error", "odd", "http_500"),
        ("html", "odd", "http_200"),
    ],
)
def test_a_provider_that_does_not_answer_well_is_told_apart(
    office: Office, vendor: tuple[str, base.Remote], mode: str, outcome: str, detail: str
) -> None:
    name, there = vendor
    there.mode(mode)

    said = office.try_out(name, there.url).get_json()

    if name == "cashfree" and mode == "html":
        assert said["outcome"] == "reached"  # the keys were accepted, and nothing else was asked
    else:
        assert (said["outcome"], said["detail"]) == (outcome, detail)


def test_trying_out_spends_no_refresh_token(office: Office) -> None:
    with base.running(plum.make_sandbox()) as url:
        there = base.Remote(url)
        office.try_out("plum", url)
        there.mode("unauthorized", times=1)
        office.try_out("plum", url)

        assert there.books()["refreshes"] == 0


def test_what_is_missing_or_means_nothing_is_named_field_by_field(office: Office) -> None:
    answer = office.try_out(
        "razorpayx",
        "https://10.0.0.1",
        settings={"colour": "red"},
        secrets={"key_id": "x", "key_secret": ""},
    )

    assert problems(answer) == {
        ("/settings/account_number", "missing"),
        ("/secrets/key_secret", "missing"),
        ("/settings/colour", "unfit"),
        ("/base_url", "address_not_allowed"),
    }


def test_a_provider_that_is_none_is_refused(office: Office) -> None:
    body = {"provider": "paypal", "base_url": "https://api.example.com"}

    assert problems(office.send("/provider-setup/trial", body)) == {
        ("/provider", "unknown_provider")
    }


def give_account(office: Office, url: str, **settings: str) -> ProviderAccount:
    with office.work() as db:
        return accounts.add(
            db,
            provider="tremendous",
            label="Tremendous",
            base_url=url + tremendous.PREFIX,
            settings=settings,
            secrets={"api_key": tremendous.API_KEY},
        )


@pytest.mark.parametrize(("warn_below", "low"), [("", False), ("99999", False), ("100001", True)])
def test_the_balance_is_asked_for_now_and_called_low_where_somebody_said_so(
    office: Office, warn_below: str, low: bool
) -> None:
    with base.running(tremendous.make_sandbox()) as url:
        row = give_account(office, url, warn_below=warn_below)

        said = office.send(f"/provider-accounts/{row.id}/balance", {}).get_json()

    assert said["balance"] == [{"amount": "100000.00", "currency": "USD"}]
    assert said["is_low"] is low


def test_the_setup_says_what_accounts_that_are_there_still_need(office: Office) -> None:
    with office.work() as db:
        accounts.add(
            db, provider="plum", label="Plum", base_url="https://x.example", settings={},
            secrets={"client_id": "x"},
        )  # fmt: skip

    answer = office.client.get(f"{API}/provider-setup").get_json()

    (standing,) = answer["accounts"]
    assert standing["missing"] == ["client_secret", "access_token", "refresh_token"]
    assert {form["provider"] for form in answer["forms"]} == set(TYPED)


def test_an_amount_that_cannot_be_read_warns_of_nothing() -> None:
    assert not is_low({"EUR": 0}, {"warn_below": "much"})
    assert is_low({"EUR": 4_999}, {"warn_below": "50"})
    assert not is_low({"EUR": 5_000}, {"warn_below": "50.00"})
