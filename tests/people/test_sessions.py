from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from app.http.principal import Role
from app.kernel import clock
from app.people import service, sessions
from app.people.models import Person
from tests.conftest import Work
from tests.people.builders import ORIGIN, give_key, give_person, give_session
from tests.people.phone import Phone

Phones = Callable[[], Phone]
pytestmark = pytest.mark.usefixtures("tenant")


def signed_in(work: Work, phone: Phones, *roles: Role) -> tuple[Phone, Person]:
    browser = phone()
    with work(now=clock.utc_now()) as db:
        person = give_person(db, roles=roles or (Role.REP,))
        browser.take(give_session(db, person))
    return browser, person


def test_a_copied_cookie_is_dead_after_sign_out(work: Work, phone: Phones) -> None:
    browser, _ = signed_in(work, phone)
    thief = phone()
    thief.take(browser.token)
    assert thief.get("/me").status_code == 200

    answer = browser.post("/sign-out")

    assert answer.status_code == 204
    assert answer.headers["Clear-Site-Data"] == '"cookies", "storage"'
    assert browser.token == ""
    assert thief.get("/me").status_code == 401


def test_the_token_is_kept_nowhere_but_in_the_browser(work: Work, phone: Phones) -> None:
    browser, person = signed_in(work, phone)

    with work() as db:
        row = sessions.open_sessions(db, person.id)[0]

    _, secret = browser.token.split(".")
    assert len(secret) >= 43
    assert secret.encode() not in row.token_hash
    assert len(row.token_hash) == 32


@pytest.mark.parametrize(
    ("role", "idle", "life"),
    [
        (Role.REP, timedelta(days=14), timedelta(days=30)),
        (Role.MANAGER, timedelta(days=14), timedelta(days=30)),
        (Role.FINANCE, timedelta(minutes=30), timedelta(hours=12)),
        (Role.TENANT_ADMIN, timedelta(minutes=30), timedelta(hours=12)),
    ],
)
def test_a_session_rests_and_lives_as_long_as_its_role_allows(
    work: Work, phone: Phones, role: Role, idle: timedelta, life: timedelta
) -> None:
    begin = clock.utc_now()
    browser, _ = signed_in(work, phone, role)

    with time_machine.travel(begin + idle - timedelta(seconds=30), tick=False):
        assert browser.get("/me").status_code == 200
    with time_machine.travel(begin + 2 * idle, tick=False):
        assert browser.get("/me").status_code == 401

    used, _ = signed_in(work, phone, role)
    moment, step = begin, idle * 0.9
    while moment + step < begin + life:
        moment += step
        with time_machine.travel(moment, tick=False):
            assert used.get("/me").status_code == 200
    with time_machine.travel(begin + life + timedelta(minutes=1), tick=False):
        assert used.get("/me").status_code == 401


def test_a_device_can_be_ended_from_another(work: Work, phone: Phones) -> None:
    browser, person = signed_in(work, phone)
    lost = phone()
    with work(now=clock.utc_now()) as db:
        lost.take(give_session(db, person))
    listed = browser.get("/me/devices").json
    assert listed is not None
    assert [device["current"] for device in listed["items"]].count(True) == 1
    other = next(d for d in listed["items"] if not d["current"])

    answer = browser.send("DELETE", f"/me/devices/{other['id']}")

    assert answer.status_code == 204
    assert lost.get("/me").status_code == 401
    assert browser.get("/me").status_code == 200


def test_nobody_ends_the_device_of_another(work: Work, phone: Phones) -> None:
    browser, _ = signed_in(work, phone)
    _, other = signed_in(work, phone)
    with work() as db:
        theirs = sessions.open_sessions(db, other.id)[0].id

    assert browser.send("DELETE", f"/me/devices/{theirs}").status_code == 404


def test_who_has_left_is_out_at_once(work: Work, phone: Phones) -> None:
    browser, person = signed_in(work, phone)

    with work(now=clock.utc_now()) as db:
        service.leave(db, person.id, left_on=None)

    assert browser.get("/me").status_code == 401


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(work: Work, phone: Phones) -> None:
    browser, person = signed_in(work, phone, Role.AUDITOR)
    assert browser.get("/people").status_code == 200

    with work(now=clock.utc_now()) as db:
        service.revoke_role(db, person.id, Role.AUDITOR)

    assert browser.get("/people").status_code == 403


def test_a_write_from_another_site_is_refused(work: Work, phone: Phones) -> None:
    browser, _ = signed_in(work, phone)
    forged = [
        {},
        {"X-Laurel": "1", "Origin": "https://evil.example"},
        {"X-Laurel": "1", "Origin": "null"},
        {"X-Laurel": "1", "Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
        {"X-Laurel": "1", "Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
        {"Origin": ORIGIN},
    ]

    answers = [
        browser.client.patch("/api/v1/me", json={"theme": "dark"}, headers=headers)
        for headers in forged
    ]

    assert [a.status_code for a in answers] == [403] * len(forged)
    assert {a.json["code"] for a in answers if a.json} == {"foreign_origin"}


def test_a_key_does_what_its_scopes_say_and_nothing_once_revoked(work: Work, phone: Phones) -> None:
    from app.http.principal import Scope
    from app.people import api_keys

    with work(now=clock.utc_now()) as db:
        headers = give_key(db, Scope.PEOPLE_READ)
    client = phone().client
    assert client.get("/api/v1/people", headers=headers).status_code == 200
    assert client.put("/api/v1/people", json={"people": []}, headers=headers).status_code == 403
    assert client.get("/api/v1/me", headers=headers).status_code == 403

    with work(now=clock.utc_now()) as db:
        api_keys.revoke_api_key(db, api_keys.api_keys(db)[0].id)

    assert client.get("/api/v1/people", headers=headers).status_code == 401


def test_a_key_that_is_wrong_is_not_saved_by_a_cookie(work: Work, phone: Phones) -> None:
    browser, _ = signed_in(work, phone, Role.AUDITOR)

    answer = browser.client.get("/api/v1/people", headers={"Authorization": "Bearer lrl_nothing"})

    assert answer.status_code == 401
