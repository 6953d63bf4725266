from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import Message as Mail
from uuid import UUID

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from app.kernel import clock
from app.people import codes, mail
from app.settings import Mode, Settings
from tests.conftest import Work
from tests.people.builders import give_person, give_tenant
from tests.people.phone import Phone

Phones = Callable[[], Phone]
Run = Callable[[], None]
pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def email(work: Work, tenant_id: UUID) -> str:
    """The address of a person whom nobody else shares."""
    address = f"Ada.{tenant_id.hex}@example.test"
    with work(now=clock.utc_now()) as db:
        give_person(db, "Ada Ferri", email=address)
    return address


def mailed(phone: Phones, tenant_id: UUID) -> list[str]:
    """Return the codes in the demo's mailbox, latest first."""
    found = phone().get(f"/demo/mailbox?tenant={tenant_id.hex}").json
    assert found is not None
    return [re.findall(r"\b\d{6}\b", item["text"])[0] for item in found["items"]]


def test_a_mailed_code_signs_in_once(
    phone: Phones, email: str, tenant_id: UUID, run_jobs: Run
) -> None:
    browser = phone()
    assert browser.post("/sign-in/code/request", {"email": email.upper()}).status_code == 204
    run_jobs()
    [code] = mailed(phone, tenant_id)

    first = browser.post("/sign-in/code/verify", {"email": email, "code": code})
    second = phone().post("/sign-in/code/verify", {"email": email, "code": code})

    assert first.status_code == 200
    assert browser.get("/me").status_code == 200
    assert second.status_code == 401


def test_known_and_unknown_addresses_get_the_same_answers(
    phone: Phones, email: str, run_jobs: Run
) -> None:
    answers = []
    for address in (email, "nobody@example.test"):
        asked = phone().post("/sign-in/code/request", {"email": address})
        run_jobs()
        tried = phone().post("/sign-in/code/verify", {"email": address, "code": "000000"})
        answers.append((asked.status_code, asked.data, tried.status_code, tried.data))

    assert answers[0] == answers[1]


def test_the_fifth_wrong_attempt_is_the_last(
    phone: Phones, email: str, tenant_id: UUID, run_jobs: Run
) -> None:
    phone().post("/sign-in/code/request", {"email": email})
    run_jobs()
    [code] = mailed(phone, tenant_id)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert (
            phone().post("/sign-in/code/verify", {"email": email, "code": wrong}).status_code == 401
        )

    answer = phone().post("/sign-in/code/verify", {"email": email, "code": code})

    assert answer.status_code == 401


def test_a_code_lives_ten_minutes(
    phone: Phones, email: str, tenant_id: UUID, run_jobs: Run
) -> None:
    phone().post("/sign-in/code/request", {"email": email})
    run_jobs()
    [code] = mailed(phone, tenant_id)

    with time_machine.travel(clock.utc_now() + timedelta(minutes=10, seconds=1), tick=True):
        answer = phone().post("/sign-in/code/verify", {"email": email, "code": code})

    assert answer.status_code == 401


def test_a_new_code_replaces_the_one_before(
    phone: Phones, email: str, tenant_id: UUID, run_jobs: Run
) -> None:
    for _ in range(2):
        phone().post("/sign-in/code/request", {"email": email})
        run_jobs()
    new, old = mailed(phone, tenant_id)

    assert phone().post("/sign-in/code/verify", {"email": email, "code": old}).status_code == 401
    assert phone().post("/sign-in/code/verify", {"email": email, "code": new}).status_code == 200


def test_nobody_is_mailed_more_than_five_codes_an_hour(work: Work, email: str) -> None:
    now = clock.utc_now()
    with work(now=now) as db:
        made = [codes.make_code(db, email) for _ in range(6)]
    assert [code is not None for code in made] == [True] * 5 + [False]

    with work(now=now + timedelta(hours=1, seconds=1)) as db:
        assert codes.make_code(db, email) is not None


def test_a_code_is_kept_as_a_slow_hash(work: Work, email: str) -> None:
    from app.people.models import EmailCode

    with work(now=clock.utc_now()) as db:
        made = codes.make_code(db, email)
        assert made is not None
        row = db.query(EmailCode).one()
        assert made[1].encode() not in row.code_hash
        assert len(row.salt) == 16


def test_the_same_address_in_two_tenants_gets_a_code_for_each(
    work: Work, phone: Phones, email: str, run_jobs: Run
) -> None:
    from app.kernel.ids import new_id

    other = new_id()
    with work(tenant=other, now=clock.utc_now()) as db:
        give_tenant(db, name="Elsewhere")
        give_person(db, "Ada Elsewhere", email=email)
    phone().post("/sign-in/code/request", {"email": email})
    run_jobs()
    [code] = mailed(phone, other)

    answer = phone().post("/sign-in/code/verify", {"email": email, "code": code})

    assert answer.json is not None
    assert answer.json["tenant"]["name"] == "Elsewhere"


class _Kept(Message):
    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Mail] = []

    def handle_message(self, message: Mail) -> None:
        self.mails.append(message)


@pytest.fixture
def smtp() -> Iterator[tuple[str, list[Mail]]]:
    """A mail server on a free port, and what it received."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    handler = _Kept()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield f"smtp://127.0.0.1:{port}", handler.mails
    controller.stop()


@pytest.fixture
def sent(smtp: tuple[str, list[Mail]], settings: Settings) -> Iterator[list[Mail]]:
    """What an installation with a mail server sends."""
    url, mails = smtp
    mail.connect(replace(settings, mode=Mode.PRODUCTION, smtp_url=url))
    yield mails
    mail.connect(settings)


def test_with_a_mail_server_the_code_is_sent_and_kept_nowhere(
    phone: Phones, email: str, tenant_id: UUID, run_jobs: Run, sent: list[Mail]
) -> None:
    phone().post("/sign-in/code/request", {"email": email})
    run_jobs()

    mails = sent
    assert [message["To"] for message in mails] == [email]
    assert mailed(phone, tenant_id) == []
    [code] = re.findall(r"^(\d{6}) ", mails[0]["Subject"])
    assert phone().post("/sign-in/code/verify", {"email": email, "code": code}).status_code == 200
