"""Word of a voucher by mail: where its owner asked for it, in the company's face, and never with the code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.audit import queries as audit
from app.kernel import clock
from app.kernel.errors import TooManyRequests
from app.notifications import notices
from app.people import branding, mail
from app.people import queries as people
from app.people.models import Mail
from app.rewards import wishes
from tests.conftest import NOON, Work
from tests.people.builders import give_person
from tests.people.phone import Phone
from tests.rewards.builders import Shop, open_shop
from tests.rewards.conftest import phone_of
from tests.rewards.orders import order

Jobs = Callable[[], None]
CODES = ("AAAA-1111", "BBBB-2222")
"""Long enough to stand in no number or link by chance."""
EMAIL = "ada@lumera.example"


@pytest.fixture
def shop(work: Work) -> Shop:
    """A rep with an address of mail and 100 euros, and two cards of 50 in stock."""
    opened = open_shop(work, codes=CODES)
    with work() as db:
        people.get_person(db, opened.person.id).email = EMAIL
    return opened


@pytest.fixture
def rep(app: Flask, shop: Shop) -> Phone:
    """The rep's browser."""
    return phone_of(app, shop, shop.person)


def buy(rep: Phone, shop: Shop, run_jobs: Jobs, told_by: str = "email") -> str:
    """Order a card and have it delivered; return the number of the order."""
    placed = order(rep, shop.reward_id, told_by=told_by)
    assert placed.status_code == 201
    run_jobs()
    number: str = placed.json["id"]
    return number


def mails(shop: Shop) -> list[Mail]:
    """Return what was mailed, latest first."""
    with shop.work() as db:
        found = mail.mailbox(db)
        for one in found:
            db.expunge(one)
        return found


def ask(rep: Phone, number: str, body: Any = None) -> Any:
    """Ask for word of an order once more."""
    return rep.post(f"/me/redemptions/{number}/notices", body or {"channel": "email"})


def told(rep: Phone, number: str) -> list[dict[str, Any]]:
    """Return what the phone shows was sent about an order."""
    body = rep.get(f"/me/redemptions/{number}/notices").json
    assert body is not None
    items: list[dict[str, Any]] = body["items"]
    return items


def wear(shop: Shop, **face: Any) -> None:
    """Give the company a face."""
    with shop.work() as db:
        tenant = people.get_tenant(db)
        held = {name: getattr(tenant, name) for name in branding.FIELDS}
        branding.change(db, held | face)


def test_who_asks_for_mail_gets_one_when_the_card_is_there(
    rep: Phone, shop: Shop, run_jobs: Jobs
) -> None:
    number = buy(rep, shop, run_jobs)

    (sent,) = mails(shop)
    assert sent.recipient == EMAIL
    assert "Bottega Nord" in sent.subject
    assert f"/rewards/orders/{number}" in sent.body
    assert {part in sent.body for part in ("Bottega Nord", "€50.00", "November 18, 2028")} == {True}


def test_no_mail_holds_the_code_or_its_pin(rep: Phone, shop: Shop, run_jobs: Jobs) -> None:
    buy(rep, shop, run_jobs)

    shown = rep.post(f"/me/redemptions/{buy(rep, shop, run_jobs)}/reveal")
    words = "".join(one.subject + one.body for one in mails(shop))

    assert shown.status_code == 403  # only a fresh passkey opens it
    assert len(mails(shop)) == 2
    assert [code for code in (*CODES, "0000") if code in words] == []


def test_who_is_content_with_the_app_gets_no_mail(rep: Phone, shop: Shop, run_jobs: Jobs) -> None:
    number = buy(rep, shop, run_jobs, "app")

    assert mails(shop) == []
    assert told(rep, number) == []


def test_who_has_no_address_cannot_ask_for_mail_and_keeps_the_money(rep: Phone, shop: Shop) -> None:
    with shop.work() as db:
        people.get_person(db, shop.person.id).email = None

    answer = order(rep, shop.reward_id, told_by="email")

    assert answer.status_code == 409
    assert answer.json["code"] == "not_reachable"
    orders = rep.get("/me/redemptions").json
    assert orders is not None
    assert orders["items"] == []
    assert rep.get("/me/contacts").json == {"items": []}


@pytest.mark.parametrize("told_by", ["fax", "", None, 7, ["email"]])
def test_nobody_is_told_in_a_way_that_does_not_exist(rep: Phone, shop: Shop, told_by: Any) -> None:
    answer = order(rep, shop.reward_id, told_by=told_by)

    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/told_by"


def test_the_own_address_is_shown_only_in_part(rep: Phone) -> None:
    body = rep.get("/me/contacts").json

    assert body == {"items": [{"channel": "email", "shown": "a…@lumera.example"}]}


def test_word_is_sent_again_from_the_voucher_and_written_down(
    rep: Phone, shop: Shop, run_jobs: Jobs
) -> None:
    number = buy(rep, shop, run_jobs, "app")

    answer = ask(rep, number)
    waiting = told(rep, number)
    run_jobs()

    assert answer.status_code == 201
    assert [one["sent_at"] for one in waiting] == [None]
    (sent,) = told(rep, number)
    assert sent["recipient"] == "a…@lumera.example"
    assert sent["sent_at"] is not None
    assert len(mails(shop)) == 1


def test_the_audit_says_what_was_asked_for_and_sent(rep: Phone, shop: Shop, run_jobs: Jobs) -> None:
    number = buy(rep, shop, run_jobs)

    with shop.work() as db:
        lines = audit.page(db, object_kind="redemption", object_id=number).items
        kept = [line for line in lines if line.action.startswith("voucher_notice.")]
    assert [line.action for line in kept] == ["voucher_notice.sent", "voucher_notice.asked"]
    assert EMAIL not in str([line.after for line in kept])


def test_a_notice_that_left_is_not_sent_twice_by_a_job_that_runs_again(
    rep: Phone, shop: Shop, run_jobs: Jobs
) -> None:
    number = buy(rep, shop, run_jobs)
    notice = told(rep, number)[0]["id"]

    with shop.work() as db:
        notices.send_job.func(str(people.get_tenant(db).tenant_id), notice_id=notice)

    assert len(mails(shop)) == 1


def test_word_is_sent_three_times_an_hour_and_then_not_before_the_hour_is_over(
    rep: Phone, shop: Shop, run_jobs: Jobs
) -> None:
    number = UUID(buy(rep, shop, run_jobs, "app"))

    def again(after: timedelta) -> None:
        with shop.work(now=NOON + after) as db:
            notices.send_again(db, number, person_id=shop.person.id, channel="email")

    for minute in range(3):
        again(timedelta(minutes=minute))
    with pytest.raises(TooManyRequests) as refused:
        again(timedelta(minutes=30))
    again(timedelta(minutes=61))

    assert refused.value.params["retry_after"] == 30 * 60


def test_nothing_is_told_of_what_is_not_there_yet(rep: Phone, shop: Shop) -> None:
    number = order(rep, shop.reward_id).json["id"]

    answer = ask(rep, number)

    assert answer.status_code == 409
    assert answer.json["code"] == "nothing_to_reveal"


def test_nobody_has_word_sent_of_somebody_elses_voucher(
    rep: Phone, shop: Shop, run_jobs: Jobs, app: Flask
) -> None:
    number = buy(rep, shop, run_jobs, "app")
    with shop.work() as db:
        other = give_person(db, "Bo", email="bo@lumera.example")
    stranger = phone_of(app, shop, other)

    answers = (ask(stranger, number), stranger.get(f"/me/redemptions/{number}/notices"))

    assert [one.status_code for one in answers] == [404, 404]
    run_jobs()
    assert mails(shop) == []


@pytest.mark.parametrize("body", [{}, {"channel": "fax"}, {"channel": "email", "to": "x@y.z"}, []])
def test_word_goes_to_no_address_but_the_own(
    rep: Phone, shop: Shop, run_jobs: Jobs, body: Any
) -> None:
    number = buy(rep, shop, run_jobs, "app")

    answer = rep.post(f"/me/redemptions/{number}/notices", body)

    assert answer.status_code == 422
    run_jobs()
    assert mails(shop) == []


def test_a_mail_wears_the_name_of_the_store_and_ends_as_the_company_says(
    rep: Phone, shop: Shop, run_jobs: Jobs
) -> None:
    wear(shop, store_name="Sole & Mare", mail_footer="Via Roma 1\nhelp@sole.example")

    buy(rep, shop, run_jobs)

    (sent,) = mails(shop)
    assert sent.sender.startswith("Sole & Mare <")
    assert sent.body.endswith("\n-- \nVia Roma 1\nhelp@sole.example\n")


@pytest.mark.parametrize("language", ["en", "it", "fr", "id"])
def test_every_language_has_its_mail(rep: Phone, shop: Shop, run_jobs: Jobs, language: str) -> None:
    with shop.work() as db:
        people.get_person(db, shop.person.id).language = language

    buy(rep, shop, run_jobs)

    (sent,) = mails(shop)
    assert {part in sent.body for part in ("Ada", "50", "Bottega Nord", "2028")} == {True}
    assert "{" not in sent.subject + sent.body


def test_a_wish_is_kept_with_its_order(rep: Phone, shop: Shop) -> None:
    number = order(rep, shop.reward_id, told_by="email").json["id"]

    with shop.work(now=clock.utc_now()) as db:
        assert wishes.find(db, UUID(number)) == "email"
