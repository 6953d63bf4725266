"""Experiences over HTTP: asked for by a rep, arranged by the company."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.http.principal import Role
from tests.people.builders import give_person
from tests.people.phone import Phone
from tests.rewards.builders import Shop, offer_night
from tests.rewards.conftest import phone_of
from tests.rewards.orders import SOON, confirmed, order


@pytest.fixture
def night(shop: Shop) -> UUID:
    with shop.work() as db:
        return offer_night(db)


def book(rep: Phone, night: UUID, wished_on: date | None = SOON) -> Any:
    money = {"amount": "79.00", "currency": "EUR"}
    wish = {"wished_on": wished_on.isoformat()} if wished_on else {}
    return order(rep, night, amount=money, **wish)


def test_an_experience_waits_is_confirmed_and_shows_its_voucher(
    rep: Phone, finance: Phone, shop: Shop, night: UUID, run_jobs: Callable[[], None]
) -> None:
    placed = book(rep, night).json["id"]
    run_jobs()
    waiting = finance.get("/redemptions?state=accepted").json["items"]
    answer = finance.post(
        f"/redemptions/{placed}/confirm",
        {"confirmed_on": SOON.isoformat(), "voucher": "HUT-12"},
    )
    run_jobs()

    assert [item["id"] for item in waiting] == [placed]
    assert waiting[0]["person_name"] == shop.person.name
    assert answer.status_code == 200
    seen = rep.get(f"/me/redemptions/{placed}").json
    assert (seen["state"], seen["confirmed_on"]) == ("captured", SOON.isoformat())
    shown = rep.post(
        f"/me/redemptions/{placed}/reveal", **{"X-Step-Up": confirmed(shop, rep, placed)}
    )
    assert shown.json == {"code": "HUT-12", "pin": None, "expires_on": None, "url": None}
    assert shop.purse() == {"available": 2_100, "paid": 7_900}


def test_an_experience_that_cannot_be_had_gives_the_money_back_with_the_reason(
    rep: Phone, finance: Phone, shop: Shop, night: UUID, run_jobs: Callable[[], None]
) -> None:
    placed = book(rep, night).json["id"]
    run_jobs()

    finance.post(f"/redemptions/{placed}/refuse", {"reason": "The hut is closed."})
    run_jobs()

    seen = rep.get(f"/me/redemptions/{placed}").json
    assert (seen["state"], seen["reason"]) == ("voided", "The hut is closed.")
    assert shop.purse() == {"available": 10_000}


@pytest.mark.parametrize("wished_on", [None, date(2020, 1, 1)])
def test_an_experience_needs_a_day_ahead(rep: Phone, night: UUID, wished_on: date | None) -> None:
    answer = book(rep, night, wished_on)

    assert (answer.status_code, answer.json["code"]) == (422, "wish_needed")


def test_only_what_waits_can_be_answered(
    rep: Phone, finance: Phone, shop: Shop, run_jobs: Callable[[], None]
) -> None:
    card = order(rep, shop.reward_id).json["id"]
    run_jobs()

    answer = finance.post(f"/redemptions/{card}/refuse", {"reason": "No."})

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (409, "not_waiting")


def test_a_manager_answers_for_the_own_team_only_and_never_for_oneself(
    app: Flask, shop: Shop, night: UUID, run_jobs: Callable[[], None]
) -> None:
    with shop.work() as db:
        boss = give_person(db, name="Ma Nager", roles=[Role.MANAGER])
        other = give_person(db, name="O Ther", roles=[Role.MANAGER])
        give_person(db, name="Re Port", manager=boss)
    placed = book(phone_of(app, shop, shop.person), night).json["id"]
    run_jobs()
    body = {"confirmed_on": SOON.isoformat()}

    stranger = phone_of(app, shop, other).post(f"/redemptions/{placed}/confirm", body)

    assert stranger.status_code == 404
    assert phone_of(app, shop, boss).get("/redemptions").json["items"] == []
