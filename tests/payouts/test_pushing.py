"""Batches pushed to the company's own system (Standard Webhooks), and its bad days (failure test 63)."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from app.payouts import jobs, pushing, signing
from app.payouts.errors import WrongSettings
from app.payouts.models import PayoutEndpoint, PayoutPush
from app.providers import wire
from app.providers.seats import SEATS
from tests.conftest import NOON
from tests.payouts.desk import Desk
from tests.payouts.receiver import Receiver, receiving
from tests.providers.crowd import MOST_SECONDS, Gate, crowd


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    wire.connect(allows_loopback=True)
    with receiving() as running:
        yield running


class Pushed:
    """A batch approved at noon, on its way to a receiver."""

    def __init__(self, desk: Desk, url: str, orders: int = 1) -> None:
        self.desk = desk
        with desk.work() as db:
            _, secret = pushing.set_endpoint(db, url=url)
        assert secret is not None
        self.secret = secret
        for _ in range(orders):
            desk.order(minor=100)
        self.batch_id = desk.prepare()
        desk.approve(self.batch_id)

    def again(self) -> UUID:
        """Approve one more batch, on its way to the same receiver."""
        self.desk.order(minor=100)
        batch_id = self.desk.prepare()
        self.desk.approve(batch_id)
        return batch_id

    def attempt(self, now: datetime = NOON, *, timeout: float = 5.0) -> PayoutPush:
        """Try the push at `now`, once."""
        push_id = self.push.id
        pushing.push(lambda: self.desk.work(now=now), push_id, timeout=timeout)
        return self.push

    @property
    def push(self) -> PayoutPush:
        """The push as it is now."""
        with self.desk.work() as db:
            found = pushing.push_of(db, self.batch_id)
            assert found is not None
            db.expunge(found)
            return found

    @property
    def endpoint(self) -> PayoutEndpoint:
        """The endpoint as it is now."""
        with self.desk.work() as db:
            found = pushing.endpoint_of(db)
            assert found is not None
            db.expunge(found)
            return found


def verified(secret: str, receiver: Receiver, number: int = -1) -> Any:
    """Let the reference implementation check a message as its receiver would, at noon."""
    got = receiver.got[number]
    return Webhook(secret).verify(got.body, got.headers)


def test_the_signature_is_that_of_the_standard() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'

    signed = signing.sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body)

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_approved_batch_is_pushed_signed_and_whole(desk: Desk, receiver: Receiver) -> None:
    from app.kernel import clock

    pushed = Pushed(desk, receiver.url)
    push = pushed.attempt(clock.utc_now())

    message = verified(pushed.secret, receiver)
    assert (push.state, receiver.got[0].path) == ("delivered", "/laurel/hooks")
    assert message["type"] == "payout.batch.approved"
    assert message["data"]["batch_id"] == str(pushed.batch_id)
    assert message["data"]["total"] == {"amount": "1.00", "currency": "EUR"}
    (payment,) = message["data"]["payments"]
    assert payment["destination"]["fields"]["iban"] == "DE89370400440532013000"
    changed = receiver.got[0].body.replace(b"1.00", b"9.00")
    with pytest.raises(WebhookVerificationError):
        Webhook(pushed.secret).verify(changed, receiver.got[0].headers)


def test_nothing_is_pushed_where_there_is_no_endpoint(desk: Desk) -> None:
    desk.order()
    batch_id = desk.prepare()
    desk.approve(batch_id)

    with desk.work() as db:
        assert pushing.push_of(db, batch_id) is None


def test_every_try_carries_the_same_id_so_that_the_receiver_knows_it(
    desk: Desk, receiver: Receiver
) -> None:
    pushed = Pushed(desk, receiver.url)
    receiver.status = 503

    pushed.attempt()
    pushed.attempt(NOON + timedelta(minutes=1))

    ids = {got.headers["webhook-id"] for got in receiver.got}
    assert (len(receiver.got), len(ids)) == (2, 1)
    assert (
        receiver.got[0].headers["webhook-timestamp"] != receiver.got[1].headers["webhook-timestamp"]
    )


def test_a_large_batch_tells_where_its_payments_are(desk: Desk, receiver: Receiver) -> None:
    pushed = Pushed(desk, receiver.url, orders=90)
    pushed.attempt()

    body = receiver.got[0].body
    assert len(body) <= pushing.BODY_MOST
    data = json.loads(body)["data"]
    assert data["payments"] is None
    assert data["payments_path"].endswith(f"{pushed.batch_id}/payments")


@pytest.mark.parametrize("status", [500, 503, 404, 429])
def test_a_failing_receiver_is_tried_again_with_growing_pauses(
    desk: Desk, receiver: Receiver, status: int
) -> None:
    pushed = Pushed(desk, receiver.url)
    receiver.status = status

    first = pushed.attempt()
    early = pushed.attempt(NOON + timedelta(seconds=4))
    second = pushed.attempt(NOON + timedelta(seconds=5))

    assert first.due_at == NOON + timedelta(seconds=5)
    assert early.tries == 1
    assert second.due_at == NOON + timedelta(seconds=305)
    assert (second.state, second.last_said) == ("waiting", str(status))


def test_a_batch_is_given_up_after_some_75_hours(desk: Desk, receiver: Receiver) -> None:
    pushed, now = Pushed(desk, receiver.url), NOON
    receiver.status = 500

    while (push := pushed.attempt(now)).due_at is not None:
        now = push.due_at

    assert push.state == "given_up"
    assert timedelta(hours=70) < now - NOON < timedelta(hours=85)


def test_an_endpoint_that_fails_for_days_is_switched_off(desk: Desk, receiver: Receiver) -> None:
    pushed = Pushed(desk, receiver.url)
    receiver.status = 500
    pushed.attempt()

    pushed.attempt(NOON + pushing.OFF_AFTER)

    assert (pushed.endpoint.is_on, pushed.endpoint.off_because) == (False, "failing")
    assert pushed.attempt(NOON + timedelta(days=30)).last_said == "endpoint_off"


def test_one_success_ends_a_bad_time(desk: Desk, receiver: Receiver) -> None:
    pushed = Pushed(desk, receiver.url)
    receiver.status = 500
    pushed.attempt()
    assert pushed.endpoint.failing_since == NOON
    receiver.status = 204

    pushed.attempt(NOON + timedelta(minutes=1))

    assert pushed.endpoint.failing_since is None


def test_410_ends_it_at_once(desk: Desk, receiver: Receiver) -> None:
    pushed = Pushed(desk, receiver.url)
    receiver.status = 410

    push = pushed.attempt()

    assert (push.state, push.due_at) == ("given_up", None)
    assert (pushed.endpoint.is_on, pushed.endpoint.off_because) == (False, "gone")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(desk: Desk, receiver: Receiver, status: int) -> None:
    with receiving() as inside:
        pushed = Pushed(desk, receiver.url)
        receiver.status, receiver.location = status, inside.url

        push = pushed.attempt()

        assert inside.got == []
    assert (push.state, push.last_said) == ("waiting", str(status))


def test_a_slow_receiver_is_left_after_its_time_and_tried_again(
    desk: Desk, receiver: Receiver
) -> None:
    pushed = Pushed(desk, receiver.url)
    receiver.seconds = 1.0

    push = pushed.attempt(timeout=0.3)

    assert (push.state, push.last_said) == ("waiting", "timeout")


def test_an_endless_answer_is_cut_off(desk: Desk, receiver: Receiver) -> None:
    pushed = Pushed(desk, receiver.url)
    receiver.huge = True

    assert pushed.attempt().last_said == "too_large"


@pytest.mark.parametrize(
    "url",
    [
        "http://pay.example.com/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://2852039166/",
        "https://0xa9fea9fe/",
        "https://[::ffff:169.254.169.254]/",
        "https://10.0.0.1/",
        "https://user@pay.example.com/",
        "https://pay.example.com:8443/",
        "ftp://pay.example.com/",
        "https://pay.example.com/?x=1",
        "javascript:alert(1)",
        "",
    ],
)
def test_addresses_inside_or_odd_are_refused_when_they_are_set(desk: Desk, url: str) -> None:
    with pytest.raises(WrongSettings), desk.work() as db:
        pushing.set_endpoint(db, url=url)


def test_a_name_that_turns_private_later_is_not_called(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter(["203.0.114.7", "169.254.169.254"])

    def resolve(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(numbers), 443))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    pushed = Pushed(desk, "https://rebinding.example.com/hook")

    push = pushed.attempt()

    assert push.last_said.startswith("forbidden")
    assert push.state == "waiting"


def test_for_a_day_after_a_change_both_secrets_sign(desk: Desk, receiver: Receiver) -> None:
    from app.kernel import clock

    pushed, now = Pushed(desk, receiver.url), clock.utc_now()
    receiver.status = 500
    with desk.work(now=now) as db:
        _, new = pushing.rotate_secret(db)

    pushed.attempt(now)
    pushed.attempt(now + pushing.OLD_SECRET_LIVES)

    assert verified(pushed.secret, receiver, 0) == verified(new, receiver, 0)
    assert len(receiver.got[1].headers["webhook-signature"].split()) == 1


def test_a_worker_that_slept_writes_nothing(desk: Desk, receiver: Receiver) -> None:
    pushed = Pushed(desk, receiver.url)
    with desk.work() as db:
        asleep = pushing.claim(db, pushed.push.id)
    assert asleep is not None
    pushed.attempt(NOON + pushing.PATIENCE)

    with desk.work(now=NOON + timedelta(hours=1)) as db:
        pushing.note(db, asleep, wire.Silence("timeout", was_sent=True))

    assert pushed.push.state == "delivered"


def test_a_worker_that_died_leaves_a_push_that_is_due(desk: Desk, receiver: Receiver) -> None:
    pushed = Pushed(desk, receiver.url)
    with desk.work() as db:
        pushing.claim(db, pushed.push.id)

    with desk.work(now=NOON + pushing.PATIENCE) as db:
        assert pushing.due(db) == [pushed.push.id]


def test_a_voided_batch_is_pushed_no_more(desk: Desk, receiver: Receiver) -> None:
    pushed = Pushed(desk, receiver.url)
    desk.void(pushed.batch_id)

    assert pushed.attempt().state == "given_up"
    assert receiver.got == []


def test_jobs_push_what_is_due(desk: Desk, receiver: Receiver) -> None:
    from app.jobs.queue import enqueue
    from app.kernel import clock
    from app.payouts import jobs

    pushed = Pushed(desk, receiver.url)
    with desk.work(now=clock.utc_now()) as db:
        enqueue(db, jobs.push_due)

    desk.run_jobs()

    assert pushed.push.state == "delivered"
    assert isinstance(UUID(json.loads(receiver.got[0].body)["data"]["batch_id"]), UUID)


def test_secrets_are_nowhere_in_clear(desk: Desk, receiver: Receiver) -> None:
    from sqlalchemy import text

    pushed = Pushed(desk, receiver.url)
    plain = pushed.secret.removeprefix(signing.PREFIX)

    with desk.work() as db:
        kept = db.scalars(text("SELECT e::text FROM payout_endpoints e")).all()
        told = db.scalars(text("SELECT a::text FROM audit_records a")).all()
    assert kept
    assert all(plain not in row for row in (*kept, *told))


WAITING = text(
    "SELECT (args->>'push_id')::uuid FROM procrastinate_jobs WHERE args->>'tenant_id' = :tenant"
    " AND status = 'todo' AND task_name = 'payouts.push' AND queueing_lock IS NOT NULL"
)


def test_a_slow_receiver_keeps_a_few_workers_and_no_more(desk: Desk, receiver: Receiver) -> None:
    first = Pushed(desk, receiver.url)
    batches = [first.batch_id] + [first.again() for _ in range(SEATS + 1)]
    with desk.work() as db:
        pushes = [push.id for batch in batches if (push := pushing.push_of(db, batch)) is not None]
    gate = Gate()
    receiver.hold = gate.wait
    attempt = partial(jobs.push_seated, desk.work, timeout=MOST_SECONDS)

    said = crowd(gate, [partial(attempt, push) for push in pushes])

    assert sorted(said) == [False] * 2 + [True] * SEATS
    assert len(receiver.got) == SEATS
    with desk.work() as db:
        due = set(db.scalars(select(PayoutPush.id).where(PayoutPush.due_at.is_not(None))))
        sent_for = set(db.scalars(WAITING, {"tenant": str(desk.preparer.tenant_id)}))
    assert len(due) == 2
    assert sent_for
    assert sent_for <= due
