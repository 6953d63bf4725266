"""Word of a voucher by text: to a proven number, in the company's name, in one segment, and never with the code."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.kernel import clock
from app.kernel.errors import TooManyRequests
from app.kernel.money import Money
from app.notifications import notices
from app.notifications import texting as words
from app.people import queries as people
from app.people.phone_models import PhoneNumber
from app.rewards import queries
from app.rewards.core import State
from app.texting import core
from tests.people.builders import give_person
from tests.people.phone import Phone
from tests.rewards.builders import Shop
from tests.rewards.conftest import phone_of
from tests.rewards.orders import order
from tests.texting.conftest import CODES, MOBILE, OTHER, Gateway, Run, prove, states


@pytest.fixture
def known(rep: Phone, gateway: Gateway, run_jobs: Run) -> Gateway:
    """The gateway, once the rep's number is proven and its texts are forgotten."""
    prove(rep, gateway, run_jobs)
    gateway.forget()
    return gateway


def buy(rep: Phone, shop: Shop, run_jobs: Run, told_by: str = "sms") -> str:
    """Order a card and have it delivered; return the number of the order."""
    placed = order(rep, shop.reward_id, told_by=told_by)
    assert placed.status_code == 201
    run_jobs()
    number: str = placed.json["id"]
    return number


def told(rep: Phone, number: str) -> list[dict[str, Any]]:
    """Return what the phone shows was sent about an order."""
    items: list[dict[str, Any]] = rep.get(f"/me/redemptions/{number}/notices").json["items"]
    return items


def ask(rep: Phone, number: str) -> Any:
    return rep.post(f"/me/redemptions/{number}/notices", {"channel": "sms"})


def test_who_asks_for_a_text_gets_one_when_the_card_is_there(
    rep: Phone, shop: Shop, known: Gateway, run_jobs: Run
) -> None:
    number = buy(rep, shop, run_jobs)

    (text,) = known.texts
    assert text["to"] == MOBILE
    assert text["body"].startswith("Northwind Field: Bottega Nord, €50.00")
    assert text["body"].endswith(f"/rewards/orders/{number}")
    (notice,) = told(rep, number)
    assert (notice["channel"], notice["recipient"]) == ("sms", "+39 … 567")
    assert notice["state"] == "sent"
    assert notice["sent_at"] is not None


def test_the_phone_shows_whether_a_text_arrived(
    rep: Phone, shop: Shop, known: Gateway, run_jobs: Run
) -> None:
    number = buy(rep, shop, run_jobs)

    known.flush()

    assert told(rep, number)[0]["state"] == "delivered"


def test_the_phone_says_when_nobody_knows(
    rep: Phone, shop: Shop, known: Gateway, run_jobs: Run
) -> None:
    known.sandbox.set_mode("timeout", times=1)

    number = buy(rep, shop, run_jobs)

    assert [(one["state"], one["sent_at"]) for one in told(rep, number)] == [("unknown", None)]


def test_no_text_holds_the_code_or_its_pin(
    rep: Phone, shop: Shop, known: Gateway, run_jobs: Run
) -> None:
    buy(rep, shop, run_jobs)
    buy(rep, shop, run_jobs)

    bodies = [text["body"] for text in known.texts]
    assert len(bodies) == 2
    assert [code for code in CODES if code in "".join(bodies)] == []


@pytest.mark.parametrize("language", ["en", "it", "fr", "id"])
def test_a_text_is_one_segment_in_the_persons_language(
    rep: Phone, shop: Shop, known: Gateway, run_jobs: Run, language: str
) -> None:
    with shop.work() as db:
        people.get_person(db, shop.person.id).language = language
        people.get_tenant(db).store_name = "Sole & Mare, il negozio dei premi di tutta Italia"

    buy(rep, shop, run_jobs)

    (text,) = known.texts
    assert text["num_segments"] == "1"
    assert text["body"].startswith("Sole & Mare")
    assert "Bottega Nord" in text["body"]
    assert "{" not in text["body"]


@pytest.mark.parametrize(
    ("currency", "language", "shown"),
    [
        ("EUR", "it", "500,00 €"),
        ("IDR", "id", "Rp500,00"),
        ("INR", "en", "INR 500.00"),
        ("JPY", "en", "¥50,000"),
        ("PTS", "fr", "50 000 points"),
    ],
)
def test_an_amount_never_doubles_the_price_of_a_text(
    currency: str, language: str, shown: str
) -> None:
    said = words.money_in_text(Money(50_000, currency), language)

    assert core.is_gsm(said)
    assert said == shown


def test_who_has_no_number_cannot_ask_for_texts_and_keeps_the_money(
    rep: Phone, shop: Shop, gateway: Gateway
) -> None:
    answer = order(rep, shop.reward_id, told_by="sms")

    assert answer.status_code == 409
    assert answer.json["code"] == "not_reachable"
    assert rep.get("/me/redemptions").json["items"] == []


def test_a_number_removed_meanwhile_gets_nothing_and_the_card_comes_all_the_same(
    rep: Phone, shop: Shop, known: Gateway, run_jobs: Run
) -> None:
    number = order(rep, shop.reward_id, told_by="sms").json["id"]
    assert rep.send("DELETE", "/me/phone").status_code == 204
    known.forget()

    run_jobs()

    assert [text["body"] for text in known.texts if "orders" in text["body"]] == []
    assert told(rep, number) == []
    assert rep.get(f"/me/redemptions/{number}").json["state"] == "captured"


def test_a_number_removed_while_a_text_waits_drops_it(
    rep: Phone, shop: Shop, known: Gateway, run_jobs: Run
) -> None:
    number = buy(rep, shop, run_jobs, "app")
    ask(rep, number)
    with shop.work() as db:
        db.delete(db.get_one(PhoneNumber, (shop.person.tenant_id, shop.person.id)))

    run_jobs()

    assert known.texts == []
    assert told(rep, number)[0]["state"] == "dropped"
    assert states(shop.work, "voucher") == [("dropped", None)]


def test_a_number_changed_while_a_text_waits_gets_it(
    rep: Phone, shop: Shop, known: Gateway, run_jobs: Run
) -> None:
    number = buy(rep, shop, run_jobs, "app")
    ask(rep, number)
    with shop.work() as db:
        db.get_one(PhoneNumber, (shop.person.tenant_id, shop.person.id)).number = OTHER

    run_jobs()

    assert [text["to"] for text in known.texts] == [OTHER]
    assert told(rep, number)[0]["recipient"] == "+44 … 456"


def test_a_voucher_taken_back_while_a_text_waits_is_not_told_of(
    rep: Phone, shop: Shop, known: Gateway, run_jobs: Run
) -> None:
    number = buy(rep, shop, run_jobs, "app")
    ask(rep, number)
    with shop.work() as db:
        queries.get_redemption(db, UUID(number)).state = State.RETURNED

    run_jobs()

    assert known.texts == []
    assert states(shop.work, "voucher") == [("dropped", None)]


def test_mails_and_texts_share_three_an_hour(
    rep: Phone, shop: Shop, known: Gateway, run_jobs: Run
) -> None:
    number = UUID(buy(rep, shop, run_jobs))
    start = clock.utc_now()

    def again(minutes: int) -> None:
        with shop.work(now=start + timedelta(minutes=minutes)) as db:
            notices.send_again(db, number, person_id=shop.person.id, channel="sms")

    again(1)
    again(2)
    with pytest.raises(TooManyRequests):
        again(30)
    again(70)


def test_nobody_has_a_text_sent_about_somebody_elses_voucher(
    app: Flask, rep: Phone, shop: Shop, known: Gateway, run_jobs: Run
) -> None:
    number = buy(rep, shop, run_jobs, "app")
    with shop.work() as db:
        bo = give_person(db, "Bo")

    answer = ask(phone_of(app, shop, bo), number)
    run_jobs()

    assert answer.status_code == 404
    assert known.texts == []
