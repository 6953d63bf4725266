"""A text leaves once or not at all; what nobody knows is settled by the gateway's news, never by sending again."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from app.db.unit_of_work import tenant_of
from app.people import phones
from app.texting import service as texting
from app.texting.models import TextMessage
from tests.people.phone import Phone
from tests.rewards.builders import Shop
from tests.sandboxes import twilio as vendor
from tests.texting.conftest import MOBILE, Gateway, Run, account_at, states


def ask(rep: Phone, number: str = MOBILE) -> None:
    assert rep.post("/me/phone", {"number": number}).status_code == 200


def codes(shop: Shop) -> list[tuple[str, str | None]]:
    """Return what is known of the texts that carry codes, and why."""
    return states(shop.work, "code")


def text_of(shop: Shop) -> TextMessage:
    with shop.work() as db:
        found = db.scalars(select(TextMessage).where(TextMessage.tenant_id == tenant_of(db))).one()
        db.expunge(found)
        return found


def run_again(shop: Shop) -> None:
    """Run the job of the text once more, as after a worker that died."""
    text = text_of(shop)
    phones.send_code_job.func(
        str(text.tenant_id), text_id=str(text.id), person_id=str(shop.person.id)
    )


def test_a_text_that_left_is_not_sent_by_a_job_that_runs_again(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    ask(rep)
    run_jobs()

    run_again(shop)

    assert len(gateway.texts) == gateway.asked() == 1
    assert codes(shop) == [("sent", None)]


@pytest.mark.parametrize("mode", ["timeout", "dropped", "reset", "error", "html"])
def test_what_may_have_left_is_not_sent_again(
    *, rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run, hurry: Run, mode: str
) -> None:
    gateway.sandbox.set_mode(mode, times=1)
    ask(rep)
    run_jobs()
    hurry()
    run_again(shop)

    assert gateway.asked() == 1
    assert [state for state, _ in codes(shop)] == ["unknown"]
    assert rep.get("/me/phone").json["waiting"]["text"] == "unknown"


def test_whoever_finds_a_text_half_sent_does_not_send_it(
    rep: Phone, shop: Shop, gateway: Gateway
) -> None:
    ask(rep)
    with shop.work() as db:
        db.execute(
            update(TextMessage)
            .where(TextMessage.tenant_id == tenant_of(db))
            .values(state="sending", tries=1)
        )

    run_again(shop)

    assert gateway.asked() == 0
    assert codes(shop) == [("unknown", "interrupted")]


def test_too_many_requests_are_waited_out_and_the_text_leaves_once(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run, hurry: Run
) -> None:
    gateway.sandbox.set_mode("throttled", times=2)
    ask(rep)
    run_jobs()
    waiting = codes(shop)
    hurry()
    hurry()

    assert waiting == [("queued", "20429")]
    assert (gateway.asked(), len(gateway.texts)) == (3, 1)
    assert codes(shop) == [("sent", None)]


def test_a_gateway_that_cannot_be_reached_is_tried_again(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run, hurry: Run
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    away = account_at(f"http://127.0.0.1:{port}")
    texting.connect(replace(gateway.settings, sms=away))
    ask(rep)
    run_jobs()
    waiting = codes(shop)

    texting.connect(gateway.settings)
    hurry()

    assert waiting == [("queued", "no_connection")]
    assert len(gateway.texts) == 1


def test_trying_again_ends(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run, hurry: Run
) -> None:
    gateway.sandbox.set_mode("throttled")
    ask(rep)
    run_jobs()
    for _ in texting.PAUSES:
        hurry()
    hurry()

    assert gateway.asked() == len(texting.PAUSES) + 1
    assert codes(shop) == [("failed", "20429")]


def test_a_gateway_that_asks_for_a_pause_gets_it(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    gateway.sandbox.set_mode("throttled", times=1, wait=3600)
    ask(rep)
    run_jobs()

    with shop.work() as db:
        pause = db.connection().exec_driver_sql(
            "SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs"
            " WHERE status = 'todo' AND args->>'tenant_id' = %s AND scheduled_at IS NOT NULL",
            (str(tenant_of(db)),),
        )
        assert 3000 < pause.scalar_one() <= 3600


def test_a_refused_number_is_not_tried_again(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run, hurry: Run
) -> None:
    number = "+12015550123"
    ask(rep, number)
    gateway.sandbox.set_mode("error", times=1, status=400)
    run_jobs()
    hurry()

    assert gateway.asked() == 1
    assert codes(shop) == [("failed", "20500")]
    assert rep.get("/me/phone").json["waiting"]["text"] == "failed"


def test_nothing_waits_for_a_gateway_that_was_taken_away(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    ask(rep)
    texting.connect(replace(gateway.settings, sms=None))
    run_jobs()

    assert codes(shop) == [("failed", "no_gateway")]


# News


def test_the_gateway_tells_over_http_that_a_text_arrived(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    ask(rep)
    run_jobs()

    gateway.flush()

    assert codes(shop) == [("delivered", None)]
    assert gateway.answers() == [204, 204]


def test_the_gateway_tells_over_http_that_a_text_did_not_arrive_and_why(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    gateway.sandbox.set_mode("undelivered", times=1)
    ask(rep)
    run_jobs()

    gateway.flush()

    assert codes(shop) == [("failed", "30005")]


def test_news_out_of_order_and_twice_say_the_same(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    gateway.sandbox.hooks.is_reversed, gateway.sandbox.hooks.copies = True, 3
    ask(rep)
    run_jobs()

    gateway.flush()

    assert gateway.answers() == [204] * 6
    assert codes(shop) == [("delivered", None)]


@pytest.mark.parametrize("mode", ["timeout", "dropped"])
def test_news_settle_a_text_of_which_nobody_knew_whether_it_left(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run, mode: str
) -> None:
    gateway.sandbox.set_mode(mode, times=1)
    ask(rep)
    run_jobs()
    before = codes(shop)

    gateway.flush()

    assert before[0][0] == "unknown"
    assert codes(shop) == [("delivered", None)]
    assert text_of(shop).reference == gateway.texts[0]["sid"]


def test_news_without_the_gateways_token_are_refused_and_change_nothing(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    gateway.sandbox.hooks.secret = "another token"
    ask(rep)
    run_jobs()

    gateway.flush()

    assert set(gateway.answers()) == {401}
    assert codes(shop) == [("sent", None)]


def tell(
    client: FlaskClient, url: str, form: dict[str, str], *, signed_for: str | None = None
) -> TestResponse:
    """Tell news to `url` as the gateway would."""
    signature = vendor.signature(signed_for or url, form, vendor.TOKEN)
    path = "/" + url.split("/", 3)[3]
    return client.post(path, data=form, headers={"X-Twilio-Signature": signature})


def delivered(sid: str) -> dict[str, str]:
    return {"AccountSid": vendor.ACCOUNT, "MessageSid": sid, "MessageStatus": "delivered"}


def test_news_of_one_text_are_not_taken_for_another(
    app: Flask, rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    ask(rep)
    run_jobs()
    text = text_of(shop)
    url = texting.news_address(text.tenant_id, text.id)

    other = tell(app.test_client(), url, delivered("SM" + "f" * 32))
    moved = tell(
        app.test_client(), url, delivered(text.reference or ""), signed_for=url.replace("a", "b")
    )

    assert [other.status_code, moved.status_code] == [204, 401]
    assert codes(shop) == [("sent", None)]


@pytest.mark.parametrize("place", ["tenant", "text"])
def test_news_of_what_is_not_there_are_refused(
    *, app: Flask, rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run, place: str
) -> None:
    ask(rep)
    run_jobs()
    text, nobody = text_of(shop), UUID(int=7)
    tenant_id = nobody if place == "tenant" else text.tenant_id
    url = texting.news_address(tenant_id, nobody if place == "text" else text.id)

    answer = tell(app.test_client(), url, delivered(text.reference or ""))

    assert answer.status_code == 404
    assert codes(shop) == [("sent", None)]


@pytest.mark.parametrize("body", [b"", b"{}", b"a=b&" * 200, b"\xff\xfe=1", b"x" * 20_000])
def test_what_is_no_form_of_the_gateway_is_refused(
    *, app: Flask, rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run, body: bytes
) -> None:
    ask(rep)
    run_jobs()
    text = text_of(shop)
    path = texting.NEWS.format(tenant_id=text.tenant_id, text_id=text.id)

    answer: Any = app.test_client().post(
        path, data=body, content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code in (401, 413)
    assert codes(shop) == [("sent", None)]


def test_without_a_gateway_nobody_tells_news(app: Flask, gateway: Gateway) -> None:
    url = texting.news_address(UUID(int=1), UUID(int=2))
    texting.connect(replace(gateway.settings, sms=None))

    assert tell(app.test_client(), url, delivered("SM" + "0" * 32)).status_code == 404
