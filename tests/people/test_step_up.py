from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from app.http.principal import Role
from app.kernel import clock
from app.people import api_keys, invitations
from tests.conftest import Work
from tests.people.authenticator import Authenticator
from tests.people.builders import give_person
from tests.people.phone import Phone

Phones = Callable[[], Phone]
pytestmark = pytest.mark.usefixtures("tenant")

KEY = {"name": "HR", "scopes": ["people:write"]}


@pytest.fixture
def admin(work: Work, phone: Phones) -> Phone:
    """The browser of an administrator with a passkey."""
    with work(now=clock.utc_now()) as db:
        token = invitations.invite(db, give_person(db, roles=(Role.TENANT_ADMIN,)).id)
    browser = phone()
    assert browser.accept(token).status_code == 200
    return browser


def confirmed(browser: Phone, action: str, binding: dict[str, Any]) -> dict[str, str]:
    answer = browser.step_up(action, binding)
    assert answer.json is not None
    assert answer.status_code == 200, answer.json
    return {"X-Step-Up": answer.json["token"]}


def test_an_action_that_needs_a_passkey_says_which_action_it_is(admin: Phone) -> None:
    answer = admin.post("/api-keys", KEY)

    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["code"] == "step_up_needed"
    assert answer.json["params"] == {"action": "api_key.create", "binding": KEY}


def test_a_confirmation_serves_its_action_once(admin: Phone, work: Work) -> None:
    proof = confirmed(admin, "api_key.create", KEY)

    first = admin.post("/api-keys", KEY, **proof)
    second = admin.post("/api-keys", KEY, **proof)

    assert (first.status_code, second.status_code) == (201, 403)
    with work() as db:
        assert len(api_keys.api_keys(db)) == 1


def test_a_confirmation_serves_no_other_action(admin: Phone) -> None:
    proof = confirmed(admin, "api_key.create", KEY)

    answer = admin.post("/api-keys", {**KEY, "scopes": ["activities:write"]}, **proof)

    assert answer.status_code == 403


def test_a_confirmation_lives_two_minutes(admin: Phone) -> None:
    proof = confirmed(admin, "api_key.create", KEY)

    with time_machine.travel(clock.utc_now() + timedelta(minutes=2, seconds=1), tick=True):
        answer = admin.post("/api-keys", KEY, **proof)

    assert answer.status_code == 403


def test_a_confirmation_serves_no_other_session(admin: Phone, phone: Phones) -> None:
    proof = confirmed(admin, "api_key.create", KEY)
    other = phone()
    other.passkey = admin.passkey
    assert other.sign_in().status_code == 200

    assert other.post("/api-keys", KEY, **proof).status_code == 403


def test_stepping_up_changes_the_token_and_kills_the_old_one(admin: Phone, phone: Phones) -> None:
    thief = phone()
    thief.take(admin.token)

    confirmed(admin, "api_key.create", KEY)

    assert thief.get("/me").status_code == 401
    assert admin.get("/me").status_code == 200


def test_signing_in_again_kills_the_session_before(admin: Phone, phone: Phones) -> None:
    thief = phone()
    thief.take(admin.token)

    assert admin.sign_in().status_code == 200

    assert thief.get("/me").status_code == 401


def test_a_counter_that_went_back_confirms_nothing_and_is_remembered(
    work: Work, phone: Phones
) -> None:
    with work(now=clock.utc_now()) as db:
        token = invitations.invite(db, give_person(db, roles=(Role.TENANT_ADMIN,)).id)
    browser = phone()
    browser.passkey = Authenticator(counter=9)
    browser.accept(token)
    browser.passkey.counter = 1

    answer = browser.step_up("api_key.create", KEY)

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (403, "passkey_suspect")
    again = browser.post("/step-up/options", {"action": "api_key.create", "binding": KEY})
    assert (again.status_code, again.json and again.json["code"]) == (409, "no_passkey")
    me = browser.get("/me").json
    assert me is not None
    assert me["has_passkey"] is False


def test_a_number_that_fits_nowhere_is_refused(admin: Phone) -> None:
    answer = admin.post("/step-up/options", {"action": "x", "binding": {"a": 10**26}})

    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "malformed_json")


def test_another_passkey_of_the_same_person_needs_the_first_one(admin: Phone) -> None:
    second = Authenticator()

    def add(**headers: str) -> tuple[int, Any]:
        asked = admin.post("/me/passkeys/options").json
        assert asked is not None
        answer = admin.post(
            "/me/passkeys",
            {
                "challenge_id": asked["challenge_id"],
                "credential": second.create(asked["options"]),
                "label": "Key ring",
            },
            **headers,
        )
        return answer.status_code, answer.json

    refused, _ = add()
    status, made = add(**confirmed(admin, "passkey.add", {}))

    assert (refused, status, made["label"]) == (403, 201, "Key ring")


def test_known_passkeys_are_excluded_when_another_is_made(admin: Phone) -> None:
    from tests.people.authenticator import b64

    asked = admin.post("/me/passkeys/options").json

    assert asked is not None
    assert [entry["id"] for entry in asked["options"]["excludeCredentials"]] == [
        b64(admin.passkey.credential_id)
    ]


def test_the_last_passkey_stays(admin: Phone) -> None:
    listed = admin.get("/me/passkeys").json
    assert listed is not None
    only = listed["items"][0]["id"]

    answer = admin.send(
        "DELETE",
        f"/me/passkeys/{only}",
        **confirmed(admin, "passkey.remove", {"passkey_id": only}),
    )

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (409, "last_passkey")
