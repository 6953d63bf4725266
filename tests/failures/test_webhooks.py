"""55-62: webhooks that come often, out of order, forged, late, early, or not at all, from a sandbox over HTTP."""

from __future__ import annotations

import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.serving import make_server

from app.kernel.ids import new_id
from app.providers import accounts
from app.providers.models import ProviderHook
from app.rewards import following
from app.rewards.core import State
from tests.failures.stage import HOOK_SECRET, Stage, until
from tests.people.phone import API


@dataclass
class Gate:
    """Our own door for webhooks, over real HTTP."""

    stage: Stage
    url: str

    def send(self, body: bytes, **headers: str) -> int:
        """Send a webhook ourselves; return what was answered."""
        sending = urllib.request.Request(self.url, body, headers, method="POST")
        try:
            with urllib.request.urlopen(sending, timeout=20) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as refused:
            refused.close()
            return refused.code

    def states(self) -> dict[str, int]:
        """Return what became of the webhooks that came in."""
        with self.stage.work() as db:
            rows = db.execute(
                select(ProviderHook.state, func.count().label("number"))
                .where(ProviderHook.tenant_id == self.stage.tenant_id)
                .group_by(ProviderHook.state)
            )
            return {row.state: row.number for row in rows}

    def count(self) -> int:
        return sum(self.states().values())


@pytest.fixture
def gate(app: Flask, stage: Stage) -> Iterator[Gate]:
    """The door of the stage, told to the vendor."""
    with stage.work() as db:
        path = accounts.get(db, stage.account_id).hook_path
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.port}{API}/hooks/{path}"
    stage.there.hook(url=url, secret=HOOK_SECRET)
    yield Gate(stage, url)
    server.shutdown()
    thread.join()
    server.server_close()


def delayed(stage: Stage, seconds: float = 0.3) -> Any:
    """Order while the vendor delivers a little later and then tells."""
    stage.there.mode("delayed", times=1, seconds=seconds)
    order = stage.redeem()
    stage.advance(order)
    assert stage.state(order) == State.ACCEPTED
    return order


def test_55_the_same_webhook_a_hundred_times_is_followed_once(
    gate: Gate, run_jobs: Callable[[], None]
) -> None:
    gate.stage.there.hook(url=gate.url, secret=HOOK_SECRET, copies=100)
    order = delayed(gate.stage)

    until(lambda: gate.count() >= 100)
    run_jobs()

    assert gate.stage.state(order) == State.CAPTURED
    assert gate.states() == {"followed": 1, "repeated": 99}
    gate.stage.prove(sold=1)


def test_56_webhooks_out_of_order_lead_to_the_same_end(
    gate: Gate, run_jobs: Callable[[], None]
) -> None:
    gate.stage.there.hook(url=gate.url, secret=HOOK_SECRET, held=True, reversed=True)
    orders = [delayed(gate.stage), delayed(gate.stage)]
    time.sleep(1.0)

    gate.stage.there.flush()
    until(lambda: gate.count() >= 2)
    run_jobs()

    assert [gate.stage.state(order) for order in orders] == [State.CAPTURED] * 2
    gate.stage.prove(sold=2)


@pytest.mark.parametrize(
    "key", ["", "wrong", HOOK_SECRET.swapcase(), HOOK_SECRET[:-1], f"{HOOK_SECRET}x"]
)
def test_57_a_webhook_without_the_proof_is_refused_and_moves_nothing(
    gate: Gate, run_jobs: Callable[[], None], key: str
) -> None:
    gate.stage.there.hook(url=gate.url, secret=HOOK_SECRET, held=True)
    order = delayed(gate.stage, seconds=60)
    news = {"id": "e", "data": {"poNumber": gate.stage.key(order), "deliveryStatus": "delivered"}}

    assert gate.send(json.dumps(news).encode(), **{"x-api-key": key}) == 401
    run_jobs()

    assert gate.states() == {"forged": 1}
    assert gate.stage.there.calls("getOrderDetails") == []
    gate.stage.prove()


def test_57_the_secret_from_before_a_change_is_believed_for_a_day(gate: Gate) -> None:
    old, new = HOOK_SECRET, "the-new-one"
    change_secret(gate, new, ago=timedelta(hours=23))
    assert [knocks(gate, secret) for secret in (old, new, "neither")] == [204, 204, 401]

    change_secret(gate, old, ago=timedelta(hours=25))
    assert [knocks(gate, secret) for secret in (old, new)] == [204, 401]


def change_secret(gate: Gate, secret: str, *, ago: timedelta) -> None:
    with gate.stage.work(now=gate.stage.clock.now() - ago) as db:
        accounts.change_secrets(db, gate.stage.account_id, {"webhook_secret": secret})


def knocks(gate: Gate, secret: str) -> int:
    """Send a webhook of Plum, which proves itself by the secret alone; return what was answered."""
    news = {"id": new_id().hex, "data": {"poNumber": "p", "orderId": 1, "deliveryStatus": "x"}}
    return gate.send(json.dumps(news).encode(), **{"x-api-key": secret})


@pytest.mark.parametrize(
    ("shown", "answered"),
    [
        ("sha256={}", 204),
        ("{}", 204),
        ("sha256={:upper}", 204),
        ("sha512={}", 401),
        ("sha256={:half}", 401),
        ("sha256={:swapped}", 401),
        ("sha256=", 401),
        ("", 401),
        ("sha256=\u00e9", 401),
    ],
)
def test_57_a_signature_counts_in_either_case_and_bare_and_never_in_part(
    gate: Gate, shown: str, answered: int
) -> None:
    there = Gate(gate.stage, add_tremendous(gate))
    body = json.dumps({"uuid": new_id().hex, "payload": {"resource": {"type": "x"}}}).encode()
    signature = Signature(hmac.digest(b"s3cret-of-tremendous", body, "sha256").hex())

    shows = {"tremendous-webhook-signature": shown.format(signature)} if shown else {}

    assert there.send(body, **shows) == answered


class Signature(str):
    """A signature, and how it is spoiled."""

    __slots__ = ()

    def __format__(self, how: str) -> str:
        spoiled = {"upper": self.upper(), "half": self[:32], "swapped": self[::-1]}
        return spoiled.get(how, str(self))


def add_tremendous(gate: Gate) -> str:
    """Add an account with Tremendous; return where its webhooks come in."""
    with gate.stage.work() as db:
        row = accounts.add(
            db,
            provider="tremendous",
            label="Tremendous",
            base_url="http://127.0.0.1:9",
            settings={},
            secrets={"webhook_secret": "s3cret-of-tremendous"},
        )
        return gate.url.rsplit("/", 1)[0] + f"/{row.hook_path}"


def test_58_a_webhook_that_is_sent_again_a_day_later_is_not_followed_again(
    gate: Gate, run_jobs: Callable[[], None]
) -> None:
    order = delayed(gate.stage)
    until(lambda: gate.count() >= 1)
    run_jobs()
    looked = len(gate.stage.there.calls("getOrderDetails"))
    (sent,) = sent_hooks(gate)

    assert gate.send(sent["body"].encode(), **sent["headers"]) == 204
    run_jobs()

    assert gate.states() == {"followed": 1, "repeated": 1}
    assert len(gate.stage.there.calls("getOrderDetails")) == looked
    assert gate.stage.state(order) == State.CAPTURED
    gate.stage.prove(sold=1)


def sent_hooks(gate: Gate) -> list[dict[str, Any]]:
    return list(gate.stage.there._ask("/_hooks")["sent"])


def test_59_a_signature_is_checked_over_the_bytes_that_came(gate: Gate) -> None:
    secret, body = "s3cret-of-razorpay", b'{"payload": {"payout": {"entity": {"id": "p"}}}}'
    with gate.stage.work() as db:
        row = accounts.add(
            db,
            provider="razorpayx",
            label="RazorpayX",
            base_url="http://127.0.0.1:9",
            settings={},
            secrets={"webhook_secret": secret},
        )
        url = gate.url.rsplit("/", 1)[0] + f"/{row.hook_path}"
    there = Gate(gate.stage, url)
    signature = hmac.digest(secret.encode(), body, "sha256").hex()
    reserialised = json.dumps(json.loads(body), separators=(",", ":")).encode()

    assert there.send(body, **{"x-razorpay-signature": signature}) == 204
    assert there.send(reserialised, **{"x-razorpay-signature": signature}) == 401


def test_60_a_webhook_about_an_order_that_is_not_ours_moves_nothing(
    gate: Gate, run_jobs: Callable[[], None]
) -> None:
    news = {"id": "e", "data": {"poNumber": "of-somebody", "orderId": 1, "deliveryStatus": "x"}}

    assert gate.send(json.dumps(news).encode(), **{"x-api-key": HOOK_SECRET}) == 204
    run_jobs()

    assert gate.stage.there.calls() == []


def test_61_a_webhook_that_comes_before_our_own_answer_is_written_waits(
    gate: Gate, run_jobs: Callable[[], None]
) -> None:
    order = gate.stage.redeem()
    assert gate.stage.dies("call.after", lambda: gate.stage.advance(order))
    news = {
        "id": "e",
        "data": {"poNumber": gate.stage.key(order), "orderId": 7, "deliveryStatus": "delivered"},
    }

    assert gate.send(json.dumps(news).encode(), **{"x-api-key": HOOK_SECRET}) == 204
    run_jobs()
    assert gate.stage.state(order) == State.SENDING

    gate.stage.settle()
    assert gate.stage.state(order) == State.CAPTURED
    gate.stage.prove(sold=1)


def test_62_without_webhooks_looking_finishes_everything_and_the_silence_is_told(
    gate: Gate,
) -> None:
    gate.stage.there.hook(url="", secret="")
    order = delayed(gate.stage)
    time.sleep(0.6)
    gate.stage.clock.ahead += timedelta(minutes=61)
    with gate.stage.work() as db:
        assert following._is_silent(db, accounts.get(db, gate.stage.account_id))

    gate.stage.settle()

    assert gate.stage.state(order) == State.CAPTURED
    gate.stage.prove(sold=1)
