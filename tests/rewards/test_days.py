"""A day of the store is a day where the company is, not in Greenwich."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pytest
import time_machine
from flask import Flask

from app.http.principal import Role
from app.kernel import clock
from app.people import queries as people
from app.people import service as staff
from app.providers.contract import Quote, Refused
from app.providers.registry import reach
from app.providers.vault import NewCode
from app.rewards import queries, service
from tests.conftest import Work
from tests.people.builders import WRITE, give_person
from tests.people.phone import API, Phone
from tests.rewards.builders import FIFTY, Shop
from tests.rewards.conftest import phone_of

THE_20TH = date(2026, 11, 20)
IN_THE_MORNING = ("Asia/Jakarta", datetime(2026, 11, 19, 23, 0, tzinfo=UTC), True)
IN_THE_EVENING = ("America/Los_Angeles", datetime(2026, 11, 21, 3, 0, tzinfo=UTC), True)
THE_DAY_BEFORE = ("America/Los_Angeles", datetime(2026, 11, 20, 3, 0, tzinfo=UTC), False)
BOTH_SIDES = pytest.mark.parametrize(
    ("zone", "now", "has_come"), [IN_THE_MORNING, IN_THE_EVENING, THE_DAY_BEFORE]
)


def move_to(work: Work, zone: str) -> None:
    with work() as db:
        people.get_tenant(db).zone = zone


@BOTH_SIDES
def test_a_code_is_sold_until_the_day_before_its_last(
    shop: Shop, zone: str, now: datetime, has_come: bool
) -> None:
    move_to(shop.work, zone)
    with shop.work() as db:
        card = service.offer(db, service.Offer("B", "gift_card", "IT", "EUR", (5_000,)))
        service.add_stock(db, card, money=FIFTY, codes=[NewCode("LAST", expires_on=THE_20TH)])

    with shop.work(now=now) as db:
        left = queries.unsold(db, card, FIFTY)
    answer = reach(lambda: shop.work(now=now), "code_vault").provider.quote(card, FIFTY)

    assert left == (0 if has_come else 1)
    assert isinstance(answer, Refused if has_come else Quote)


@BOTH_SIDES
def test_a_code_is_brought_until_the_day_before_its_last(
    app: Flask, shop: Shop, zone: str, now: datetime, has_come: bool
) -> None:
    move_to(shop.work, zone)
    with time_machine.travel(now, tick=False):
        finance = console(app, shop, Role.FINANCE)
        answer = finance.client.post(
            f"{API}/rewards/{shop.reward_id}/stock",
            data={
                "file": (io.BytesIO(b"code,expires_on\nLAST,2026-11-20\n"), "codes.csv"),
                "amount": "50.00",
            },
            headers=WRITE,
        )

    assert [each["code"] for each in answer.get_json()["refused"]] == ["expired"] * has_come


@BOTH_SIDES
def test_a_manager_sees_orders_of_people_from_their_first_day_on(
    app: Flask, shop: Shop, zone: str, now: datetime, has_come: bool
) -> None:
    move_to(shop.work, zone)
    shop.redeem()
    with shop.work() as db:
        boss = give_person(db, "Paola Neri", [Role.MANAGER])
        staff.place(db, person_id=shop.person.id, manager_id=boss.id, from_on=THE_20TH)
    with time_machine.travel(now, tick=False):
        seen = phone_of(app, shop, boss).get("/redemptions").json

    assert len(seen["items"]) == (1 if has_come else 0)


def console(app: Flask, shop: Shop, role: Role) -> Phone:
    with shop.work(now=clock.utc_now()) as db:
        person = give_person(db, "Fi Nance", [role])
    return phone_of(app, shop, person)
