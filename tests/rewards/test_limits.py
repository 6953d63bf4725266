"""Limits where orders are made: who is held to which, what counts, two orders at once, over HTTP."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditRecord
from app.http.principal import Role
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.people.service import grant_role
from app.providers.contract import Refused
from app.rewards import catalog_service, limits, service
from app.rewards.audience_core import Audience
from app.rewards.catalog_core import Rule
from app.rewards.errors import NotOffered, OrderTooLarge, OrderTooSmall, PeriodLimitReached
from app.rewards.limits_core import Limit
from tests.conftest import Work
from tests.people.builders import give_person
from tests.people.phone import Phone
from tests.rewards.builders import FIFTY, Shop, offer_night, open_shop
from tests.rewards.conftest import phone_of
from tests.rewards.scripted import Scripted

CARDS = {"about": "kind", "value": "gift_card", "currency": "EUR"}
CODES = tuple(f"C{number}" for number in range(20))


@pytest.fixture
def keeper(app: Flask, shop: Shop) -> Phone:
    """The browser of a program admin."""
    with shop.work() as db:
        person = give_person(db, name="Pro Gram", roles=[Role.PROGRAM_ADMIN])
    return phone_of(app, shop, person)


def set_limit(shop: Shop, audience: Audience | None = None, **values: Any) -> UUID:
    told = {"about": "everything", "value": "", "currency": "EUR"} | values
    with shop.work() as db:
        made = limits.add(db, Limit(audience or Audience(), **told)).id
    assert made is not None
    return made


def add_rule(shop: Shop, audience: Audience, rule: Rule) -> None:
    with shop.work() as db:
        catalog_service.add_rule(db, audience, rule)


def order_at(shop: Shop, now: datetime, money: Money = FIFTY) -> UUID:
    with shop.work(now=now) as db:
        return service.redeem(
            db,
            person_id=shop.person.id,
            reward_id=shop.reward_id,
            money=money,
            today=now.date(),
        ).id


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def post_order(phone: Phone, shop: Shop, key: str = "k") -> Any:
    body = {"reward_id": str(shop.reward_id), "amount": euros("50.00")}
    return phone.post("/me/redemptions", body, **{"Idempotency-Key": key})


def test_less_than_is_allowed_is_refused_and_moves_nothing(shop: Shop) -> None:
    set_limit(shop, least=6_000)

    with pytest.raises(OrderTooSmall) as refused:
        shop.redeem()

    assert refused.value.params == {"least": "60.00 EUR"}
    assert shop.purse() == {"available": 10_000}


def test_more_than_is_allowed_is_refused_and_moves_nothing(shop: Shop) -> None:
    set_limit(shop, about="kind", value="gift_card", most=4_000)

    with pytest.raises(OrderTooLarge) as refused:
        shop.redeem()

    assert refused.value.params == {"most": "40.00 EUR"}
    assert shop.purse() == {"available": 10_000}


def test_a_month_is_the_companys_own_and_starts_anew_at_its_midnight(work: Work) -> None:
    shop = open_shop(work, minor=20_000, codes=CODES)
    set_limit(shop, period="month", in_period=7_500)
    shop.redeem()

    with pytest.raises(PeriodLimitReached) as refused:
        order_at(shop, datetime(2026, 11, 30, 22, 59, tzinfo=UTC))
    in_rome_it_is_december = order_at(shop, datetime(2026, 11, 30, 23, 1, tzinfo=UTC))

    assert refused.value.params == {"left": "25.00 EUR", "anew_on": "2026-12-01"}
    assert shop.state(in_rome_it_is_december) == "reserved"


def test_what_was_given_back_does_not_count(work: Work) -> None:
    shop = open_shop(work, minor=20_000, codes=CODES)
    set_limit(shop, period="month", in_period=5_000)
    shop.advance(shop.redeem(), provider=Scripted(Refused("out_of_stock")))

    again = shop.redeem()

    assert shop.state(again) == "reserved"


def test_what_was_ordered_before_a_limit_was_set_counts(work: Work) -> None:
    shop = open_shop(work, minor=20_000, codes=CODES)
    shop.redeem()
    set_limit(shop, period="year", in_period=9_999)

    with pytest.raises(PeriodLimitReached):
        shop.redeem()


def test_only_what_a_limit_names_counts_for_it(work: Work) -> None:
    shop = open_shop(work, minor=20_000, codes=CODES)
    with work() as db:
        night = offer_night(db)
    set_limit(shop, about="kind", value="gift_card", period="month", in_period=5_000)
    shop.redeem()

    arranged = Shop(work, shop.person, night).redeem(
        Money(7_900, "EUR"), wished_on=datetime(2026, 12, 24, tzinfo=UTC).date()
    )

    assert shop.state(arranged) == "reserved"


@pytest.mark.parametrize(
    ("audience", "is_held"),
    [
        (Audience(role="rep"), True),
        (Audience(role="manager"), False),
        (Audience(country="IT"), True),
        (Audience(country="FR"), False),
        (Audience(role="rep", country="IT"), True),
    ],
)
def test_a_limit_holds_those_of_its_role_and_country(
    shop: Shop, audience: Audience, is_held: bool
) -> None:
    set_limit(shop, audience, most=4_999)

    if is_held:
        with pytest.raises(OrderTooLarge):
            shop.redeem()
    else:
        assert shop.state(shop.redeem()) == "reserved"


def test_a_limit_of_a_team_that_there_is_not_is_refused(shop: Shop) -> None:
    with pytest.raises(NotFound), shop.work() as db:
        limits.add(db, Limit(Audience(team_id=new_id()), "everything", "", "EUR", most=1))


def test_what_is_open_to_managers_alone_is_neither_shown_to_a_rep_nor_ordered_by_one(
    shop: Shop, rep: Phone
) -> None:
    add_rule(shop, Audience(role="manager"), Rule("open", "brand", "Bottega Nord"))

    shown = [rep.get("/me/store").json["items"], rep.get("/me/rewards").get_json()["items"]]
    page = rep.get(f"/me/store/{shop.reward_id}")

    assert (shown, page.status_code) == ([[], []], 404)
    with pytest.raises(NotOffered):
        shop.redeem()


def test_what_is_open_to_managers_is_there_for_one(shop: Shop, rep: Phone) -> None:
    add_rule(shop, Audience(role="manager"), Rule("open", "brand", "Bottega Nord"))
    with shop.work() as db:
        grant_role(db, shop.person.id, Role.MANAGER)

    assert [one["brand"] for one in rep.get("/me/store").get_json()["items"]] == ["Bottega Nord"]
    assert shop.state(shop.redeem()) == "reserved"


@pytest.mark.slow
def test_orders_at_once_do_not_pass_the_limit_of_a_period_together(work: Work) -> None:
    shop = open_shop(work, minor=100_000, codes=CODES)
    set_limit(shop, period="month", in_period=15_000)

    def order(_: int) -> str:
        try:
            shop.redeem()
        except PeriodLimitReached:
            return "held"
        return "ordered"

    with ThreadPoolExecutor(10) as pool:
        ends = Counter(pool.map(order, range(10)))

    assert ends == {"ordered": 3, "held": 7}
    assert shop.purse() == {"available": 85_000, "reserved": 15_000}


def test_the_page_of_a_reward_says_what_may_be_ordered(shop: Shop, rep: Phone) -> None:
    set_limit(shop, about="kind", value="gift_card", most=4_000)
    set_limit(shop, least=1_000, period="year", in_period=20_000)

    page = rep.get(f"/me/store/{shop.reward_id}").get_json()

    assert page["room"] == {
        "least": euros("10.00"),
        "most": euros("40.00"),
        "left": euros("200.00"),
        "period": "year",
        "anew_on": page["room"]["anew_on"],
    }
    assert [one["obstacle"] for one in page["denominations"]] == ["too_much"]


def test_without_limits_nothing_is_said_of_them(shop: Shop, rep: Phone) -> None:
    page = rep.get(f"/me/store/{shop.reward_id}").get_json()

    assert set(page["room"].values()) == {None}
    assert [one["obstacle"] for one in page["denominations"]] == [None]


def test_an_order_over_http_is_refused_with_a_code_of_its_own(shop: Shop, rep: Phone) -> None:
    set_limit(shop, most=4_999)

    answer = post_order(rep, shop)

    assert (answer.status_code, answer.get_json()["code"]) == (422, "order_too_large")
    assert answer.get_json()["params"] == {"most": "49.99 EUR"}


def test_a_program_admin_sets_changes_and_takes_back_a_limit(shop: Shop, keeper: Phone) -> None:
    made = keeper.post(
        "/catalog/limits",
        CARDS | {"role": "rep", "country": "IT", "period": "month", "in_period": euros("40.00")},
    )
    path = f"/catalog/limits/{made.get_json()['id']}"
    changed = keeper.send("PUT", path, CARDS | {"most": euros("45.00")})
    listed = keeper.get("/catalog/limits").get_json()["items"]
    with pytest.raises(OrderTooLarge):
        shop.redeem()
    removed = keeper.send("DELETE", path)

    assert (made.status_code, changed.status_code, removed.status_code) == (201, 200, 204)
    assert listed == [changed.get_json()]
    assert (listed[0]["most"], listed[0]["role"], listed[0]["in_period"]) == (
        euros("45.00"),
        None,
        None,
    )
    assert keeper.send("DELETE", path).status_code == 404
    assert shop.state(shop.redeem()) == "reserved"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "limit_says_nothing"),
        ({"most": euros("0.00")}, "not_positive"),
        ({"least": euros("50.00"), "most": euros("10.00")}, "limit_out_of_order"),
        ({"most": {"amount": "10.00", "currency": "USD"}}, "one_currency"),
        ({"most": euros("10.00"), "value": ""}, "limit_names_nothing"),
        ({"most": euros("10.00"), "about": "everything"}, "limit_names_nothing"),
        ({"most": euros("10.00"), "period": "month"}, "limit_period_unclear"),
        ({"in_period": euros("10.00")}, "limit_period_unclear"),
        ({"most": euros("10.00"), "country": "Italy"}, "string_pattern_mismatch"),
        ({"most": euros("10.00"), "role": "auditor"}, "literal_error"),
        ({"most": euros("1.005")}, "not_an_amount"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(
    keeper: Phone, change: dict[str, Any], code: str
) -> None:
    answer = keeper.post("/catalog/limits", CARDS | change)

    assert answer.status_code == 422
    assert [one["code"] for one in answer.get_json()["errors"]] == [code]


def test_limits_are_written_down(shop: Shop, keeper: Phone) -> None:
    made = keeper.post("/catalog/limits", CARDS | {"most": euros("45.00")}).get_json()
    keeper.send("DELETE", f"/catalog/limits/{made['id']}")

    with shop.work() as db:
        told = db.scalars(
            select(AuditRecord.action)
            .where(AuditRecord.object_id == made["id"])
            .order_by(AuditRecord.position)
        ).all()

    assert list(told) == ["order_limit.added", "order_limit.removed"]
