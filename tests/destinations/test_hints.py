"""News of checks: Cashfree's webhooks, signed by its rule, lead to a question and are believed in nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.destinations import queries, service
from app.kernel import clock
from app.notifications.models import Message
from app.providers import accounts, wire
from app.providers.models import ProviderHook
from tests.conftest import NOON, Work
from tests.destinations.builders import Purse
from tests.people.builders import give_person, give_tenant
from tests.people.phone import API
from tests.sandboxes import base, cashfree

PENDS = {"account": "00224412311300", "ifsc": "YESB0000001"}
PENDS_AND_FAILS = {"account": "7766666351000", "ifsc": "HDFC0000001"}
COMES_BACK = {"account": "02014457596969", "ifsc": "CITI0000001"}
A_DAY = 90_000.0


@dataclass
class Bank:
    """Cashfree on this machine, and the way its news take to us."""

    sandbox: cashfree.Cashfree
    remote: base.Remote
    purse: Purse
    app: Flask
    hook_path: str

    def begin(self, **fields: str) -> UUID:
        account_id = self.purse.add("ifsc", "John Doe", **fields)
        self.purse.verify(account_id, now=clock.utc_now())
        return account_id

    def news(self, *, secret: str = cashfree.CLIENT_SECRET) -> list[int]:
        """Deliver what the bank has to tell; return how each of it was answered."""
        bodies, self.sandbox.held = self.sandbox.held, []
        return [self.post(body, self.sandbox.signed(body, secret)) for body in bodies]

    def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        path = f"{API}/hooks/{self.hook_path}"
        return self.app.test_client().post(path, data=body, headers=dict(headers)).status_code

    def hooks(self) -> dict[str, int]:
        with self.purse.work() as db:
            mine = ProviderHook.tenant_id == self.purse.person.tenant_id
            return dict(Counter(db.scalars(select(ProviderHook.state).where(mine))))

    def told(self) -> list[str]:
        with self.purse.work() as db:
            return list(
                db.scalars(select(Message.code).where(Message.person_id == self.purse.person.id))
            )


@pytest.fixture
def bank(app: Flask, work: Work) -> Iterator[Bank]:
    """A bank that keeps its news until they are asked for, and John Doe, who has an account there."""
    wire.connect(allows_loopback=True)
    sandbox = cashfree.make_sandbox()
    sandbox.hooks = base.HookSettings(is_held=True)
    with base.running(sandbox) as url:
        with work() as db:
            give_tenant(db)
            person = give_person(db, name="John Doe", email=f"john-{sandbox!r}@example.test")
            path = accounts.add(
                db,
                provider="cashfree",
                label="Cashfree",
                base_url=url,
                settings={},
                secrets={
                    "client_id": cashfree.CLIENT_ID,
                    "client_secret": cashfree.CLIENT_SECRET,
                },
            ).hook_path
        yield Bank(sandbox, base.Remote(url), Purse(work, person), app, path)


def test_a_check_that_was_pending_ends_when_the_bank_has_news(
    bank: Bank, run_jobs: Callable[[], None]
) -> None:
    account_id = bank.begin(**PENDS)
    assert bank.purse.state(account_id) == "checking"
    bank.remote.forward(1)

    assert bank.news() == [204]
    run_jobs()

    assert bank.purse.state(account_id) == "matched"
    assert bank.hooks() == {"followed": 1}
    assert len(bank.remote.calls("verify.sync")) == 1  # one penny only


def test_news_of_a_failure_refuse_the_account(bank: Bank, run_jobs: Callable[[], None]) -> None:
    account_id = bank.begin(**PENDS_AND_FAILS)
    bank.remote.forward(1)

    bank.news()
    run_jobs()

    account = bank.purse.look(account_id)
    assert (account.state, account.reason) == ("refused", "failed_at_bank")


def test_what_the_news_say_decides_nothing(bank: Bank, run_jobs: Callable[[], None]) -> None:
    account_id = bank.begin(account="007711000031", ifsc="HDFC0000077")
    lie = b'{"data": {"reference_id": 1000, "account_status": "VALID"}}'

    assert bank.post(lie, bank.sandbox.signed(lie, cashfree.CLIENT_SECRET)) == 204
    run_jobs()

    assert bank.purse.state(account_id) == "checking"


def test_an_account_whose_bank_takes_back_its_word_is_paid_no_more_and_its_owner_told(
    bank: Bank, run_jobs: Callable[[], None]
) -> None:
    account_id, long_ago = bank.begin(**COMES_BACK), NOON - timedelta(days=4)
    bank.purse.confirm(account_id, now=long_ago)
    with bank.purse.work() as db:
        assert queries.find_destination(db, account_id) is not None
    bank.remote.forward(A_DAY)
    now_there = bank.sandbox.ahead
    bank.sandbox.ahead = timedelta(0)  # it tells us at our time

    assert bank.news() == [204]
    bank.sandbox.ahead = now_there
    run_jobs()

    account = bank.purse.look(account_id)
    assert (account.state, account.reason) == ("refused", "failed_at_bank")
    assert not account.is_primary
    with bank.purse.work() as db:
        assert queries.find_destination(db, account_id) is None
    assert bank.told()[-1] == "account_refused"


def test_an_older_check_takes_nothing_from_an_account_that_was_checked_again(
    bank: Bank, run_jobs: Callable[[], None]
) -> None:
    account_id = bank.begin(**PENDS_AND_FAILS)
    bank.remote.forward(1)
    bank.news()
    run_jobs()
    now = clock.utc_now()
    with bank.purse.work(now=now) as db:
        service.verify(db, person_id=bank.purse.person.id, account_id=account_id)
    old = b'{"data": {"reference_id": 1000}, "event_type": "once more"}'

    bank.post(old, bank.sandbox.signed(old, cashfree.CLIENT_SECRET))
    run_jobs()

    assert bank.purse.state(account_id) == "checking"
    assert bank.hooks() == {"followed": 2}


def test_news_that_are_not_signed_by_the_bank_are_refused_and_followed_by_nothing(
    bank: Bank, run_jobs: Callable[[], None]
) -> None:
    account_id = bank.begin(**PENDS)
    bank.remote.forward(1)

    assert bank.news(secret="another") == [401]
    run_jobs()

    assert bank.purse.state(account_id) == "checking"
    assert bank.hooks() == {"forged": 1}
    assert bank.remote.calls("verify.status") == []


def test_the_same_news_twice_are_followed_once(bank: Bank, run_jobs: Callable[[], None]) -> None:
    bank.begin(**PENDS)
    bank.remote.forward(1)
    (body,) = bank.sandbox.held

    bank.news()
    bank.post(body, bank.sandbox.signed(body, cashfree.CLIENT_SECRET))
    run_jobs()

    assert bank.hooks() == {"followed": 1, "repeated": 1}


def test_news_of_a_check_that_nobody_has_noted_yet_are_followed_later(
    bank: Bank, run_jobs: Callable[[], None]
) -> None:
    early = b'{"data": {"reference_id": 4711}}'

    bank.post(early, bank.sandbox.signed(early, cashfree.CLIENT_SECRET))
    run_jobs()

    assert bank.hooks() == {"new": 1}
