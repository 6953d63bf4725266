from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.http.principal import Role
from app.kernel import clock
from app.kernel.ids import new_id
from app.people import invitations, passkeys
from app.people.errors import LastPasskey
from app.people.models import Passkey, Person, SignInSession
from tests.conftest import Work
from tests.people.authenticator import BE, BS, UP, UV, Authenticator, unb64
from tests.people.builders import give_person
from tests.people.phone import Phone

Phones = Callable[[], Phone]
pytestmark = pytest.mark.usefixtures("tenant")


def invite(work: Work, name: str = "Ada Ferri", *roles: Role) -> str:
    """Add somebody and return the token of their invitation."""
    with work(now=clock.utc_now()) as db:
        person = give_person(db, name, roles or (Role.REP,), email=None)
        return invitations.invite(db, person.id)


def code_of(answer: TestResponse) -> str:
    assert answer.json is not None
    return str(answer.json["code"])


def enrolled(work: Work, phone: Phones, passkey: Authenticator | None = None) -> Phone:
    """Return the browser of somebody who has just made a passkey."""
    browser = phone()
    if passkey is not None:
        browser.passkey = passkey
    assert browser.accept(invite(work)).status_code == 200
    return browser


@pytest.mark.parametrize("algorithm", [-7, -257, -8])
def test_an_invitation_ends_in_a_passkey_that_signs_in_elsewhere(
    work: Work, phone: Phones, algorithm: int
) -> None:
    browser = enrolled(work, phone, Authenticator(algorithm))
    elsewhere = phone()
    elsewhere.passkey = browser.passkey

    answer = elsewhere.sign_in()

    assert answer.status_code == 200, answer.json
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("sid=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert answer.json is not None
    assert answer.json["person"]["name"] == "Ada Ferri"
    assert answer.json["has_passkey"] is True
    assert elsewhere.get("/me").status_code == 200


def test_options_ask_for_a_discoverable_passkey_with_verification_and_our_algorithms(
    work: Work, phone: Phones
) -> None:
    token = invite(work)

    asked = phone().post(f"/invitations/{token}/options").json

    assert asked is not None
    options = asked["options"]
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["attestation"] == "none"
    assert [entry["alg"] for entry in options["pubKeyCredParams"]] == [-7, -257, -8]
    assert len(unb64(options["challenge"])) == 32
    assert len(unb64(options["user"]["id"])) == 64


def test_the_handle_says_nothing_about_person_or_tenant(
    work: Work, tenant_id: UUID, phone: Phones
) -> None:
    browser = enrolled(work, phone)

    assert browser.passkey.user_handle is not None
    assert tenant_id.bytes not in browser.passkey.user_handle
    assert b"Ada" not in browser.passkey.user_handle


def test_an_algorithm_that_is_not_ours_is_refused(work: Work, phone: Phones) -> None:
    browser = phone()
    browser.passkey = Authenticator(-35)

    answer = browser.accept(invite(work))

    assert (answer.status_code, code_of(answer)) == (401, "passkey_refused")


@pytest.mark.parametrize(
    "change",
    [
        {"client_data": {"crossOrigin": True}},
        {"client_data": {"crossOrigin": "false"}},
        {"client_data": {"topOrigin": "https://evil.example"}},
        {"client_data": {"type": "webauthn.create"}},
        {"client_data": {"challenge": "AAAA"}},
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"flags": UP},
        {"flags": UV},
        {"flags": UP | UV | BS},
        {"flags": UP | UV | BE},
        {"user_handle": bytes(64)},
        {"user_handle": None},
        {"credential_id": bytes(32)},
    ],
    ids=str,
)
def test_a_ceremony_that_is_not_ours_proves_nothing(
    work: Work, phone: Phones, change: dict[str, object]
) -> None:
    browser = enrolled(work, phone)
    stranger = phone()
    stranger.passkey = browser.passkey
    for name, value in change.items():
        setattr(stranger.passkey, name, value)

    answer = stranger.sign_in()

    assert (answer.status_code, code_of(answer)) == (401, "passkey_refused")
    assert stranger.token == ""


@pytest.mark.parametrize(
    "change",
    [
        {"client_data": {"crossOrigin": True}},
        {"client_data": {"topOrigin": "http://localhost:8000"}},
        {"flags": UP},
        {"flags": UP | UV | BS},
        {"origin": "https://evil.example"},
    ],
    ids=str,
)
def test_a_passkey_made_elsewhere_is_not_kept(
    work: Work, phone: Phones, change: dict[str, object]
) -> None:
    browser = phone()
    for name, value in change.items():
        setattr(browser.passkey, name, value)

    answer = browser.accept(invite(work))

    assert (answer.status_code, code_of(answer)) == (401, "passkey_refused")


def test_a_challenge_is_answered_once_even_when_the_answer_was_wrong(
    work: Work, phone: Phones
) -> None:
    browser = enrolled(work, phone)
    asked = browser.post("/sign-in/passkey/options").json
    assert asked is not None
    right = {
        "challenge_id": asked["challenge_id"],
        "credential": browser.passkey.get(asked["options"]),
    }
    browser.passkey.origin = "https://evil.example"
    wrong = {**right, "credential": browser.passkey.get(asked["options"])}

    first = browser.post("/sign-in/passkey/verify", wrong)
    second = browser.post("/sign-in/passkey/verify", right)

    assert (first.status_code, second.status_code) == (401, 401)


def test_a_challenge_lives_five_minutes(work: Work, phone: Phones) -> None:
    browser = enrolled(work, phone)
    asked = browser.post("/sign-in/passkey/options").json
    assert asked is not None

    with time_machine.travel(clock.utc_now() + timedelta(minutes=5, seconds=1), tick=True):
        answer = browser.post(
            "/sign-in/passkey/verify",
            {
                "challenge_id": asked["challenge_id"],
                "credential": browser.passkey.get(asked["options"]),
            },
        )

    assert answer.status_code == 401


def test_a_challenge_for_one_purpose_serves_no_other(work: Work, phone: Phones) -> None:
    browser = enrolled(work, phone)
    asked = browser.post("/step-up/options", {"action": "x", "binding": {}}).json
    assert asked is not None

    answer = browser.post(
        "/sign-in/passkey/verify",
        {
            "challenge_id": asked["challenge_id"],
            "credential": browser.passkey.get(asked["options"]),
        },
    )

    assert answer.status_code == 401


def test_an_invitation_works_once_and_a_new_one_replaces_it(work: Work, phone: Phones) -> None:
    token = invite(work)
    assert phone().accept(token).status_code == 200

    assert phone().get(f"/invitations/{token}").status_code == 404

    with work(now=clock.utc_now()) as db:
        person = give_person(db, "Bo")
        first = invitations.invite(db, person.id)
        second = invitations.invite(db, person.id)
    assert phone().get(f"/invitations/{first}").status_code == 404
    assert phone().get(f"/invitations/{second}").json == {
        "tenant_name": "Northwind Field",
        "name": "Bo",
        "language": "en",
    }


def test_the_same_passkey_cannot_belong_to_two_people(work: Work, phone: Phones) -> None:
    browser = enrolled(work, phone)
    other = phone()
    other.passkey = browser.passkey

    answer = other.accept(invite(work, "Mallory"))

    assert (answer.status_code, code_of(answer)) == (409, "already_taken")


def test_a_counter_that_goes_back_makes_the_session_a_risky_one(work: Work, phone: Phones) -> None:
    browser = enrolled(work, phone, Authenticator(counter=5))
    assert browser.sign_in().status_code == 200
    browser.passkey.counter = 3

    answer = browser.sign_in()

    assert answer.status_code == 200
    with work() as db:
        risks = [row.risk for row in db.query(SignInSession).order_by(SignInSession.id)]
        person = db.query(Person).one()
        assert risks == [False, False, True]
        assert passkeys.passkeys_of(db, person.id)[0].suspect_at is not None


def test_a_counter_that_stays_nought_is_a_synced_passkey(work: Work, phone: Phones) -> None:
    browser = enrolled(work, phone, Authenticator(flags=UP | UV | BE | BS))

    answers = [browser.sign_in().status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    with work() as db:
        assert not any(row.risk for row in db.query(SignInSession))


def test_whether_a_passkey_is_backed_up_may_change_what_it_is_may_not(
    work: Work, phone: Phones
) -> None:
    browser = enrolled(work, phone, Authenticator(flags=UP | UV | BE))
    browser.passkey.flags = UP | UV | BE | BS
    assert browser.sign_in().status_code == 200

    browser.passkey.flags = UP | UV

    assert browser.sign_in().status_code == 401


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signature", "AAAA"),
        ("authenticatorData", ""),
        ("authenticatorData", "A" * 4_000),
        ("clientDataJSON", "W10"),
        ("clientDataJSON", "_"),
    ],
)
def test_a_malformed_answer_is_a_refusal_and_no_accident(
    work: Work, phone: Phones, name: str, value: str
) -> None:
    browser = enrolled(work, phone)
    asked = browser.post("/sign-in/passkey/options").json
    assert asked is not None
    credential = browser.passkey.get(asked["options"])
    credential["response"][name] = value

    answer = browser.post(
        "/sign-in/passkey/verify",
        {"challenge_id": asked["challenge_id"], "credential": credential},
    )

    assert (answer.status_code, code_of(answer)) == (401, "passkey_refused")


def give_passkey(db: Session, person: Person) -> UUID:
    """Keep a passkey of `person` that was never made, and return its id."""
    key = Passkey(
        tenant_id=person.tenant_id,
        id=new_id(),
        person_id=person.id,
        credential_id=new_id().bytes,
        public_key=b"key",
        sign_count=0,
        transports=[],
        aaguid="0",
        backup_eligible=True,
        backed_up=True,
        label="Key",
        created_at=clock.utc_now(),
    )
    db.add(key)
    return key.id


def test_two_removals_at_once_leave_a_passkey(work: Work) -> None:
    with work() as db:
        person = give_person(db)
        one, other = give_passkey(db, person), give_passkey(db, person)

    def remove_the_other() -> None:
        with work() as db:
            passkeys.remove(db, person_id=person.id, passkey_id=other)

    with ThreadPoolExecutor(1) as beside:
        with work() as db:
            passkeys.remove(db, person_id=person.id, passkey_id=one)
            removal = beside.submit(remove_the_other)
            wait([removal], timeout=1)
        with pytest.raises(LastPasskey):
            removal.result(timeout=10)

    with work() as db:
        assert [passkey.id for passkey in passkeys.passkeys_of(db, person.id)] == [other]
