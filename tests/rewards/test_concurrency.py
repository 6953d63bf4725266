"""Many at once, with real threads against the application and PostgreSQL; afterwards every invariant holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine

from app.cli.prove import prove_tenant
from app.kernel import clock
from app.kernel.errors import AppError
from app.kernel.ids import new_id
from app.ledger import queries as books
from app.ledger import service as ledger
from app.ledger.core import Difference, clearing
from app.ledger.errors import AlreadyResolved, AlreadyReversed
from tests.conftest import Work
from tests.ledger.builders import earn, give_available, reserve, spendable
from tests.people.builders import give_person, give_session
from tests.people.phone import Phone
from tests.rewards.builders import Shop, add_codes, offer_card, open_shop

FIFTY = {"amount": "50.00", "currency": "EUR"}


@pytest.fixture
def proved(work: Work, engine: Engine, tenant_id: Any) -> Iterator[None]:
    """Whatever the test did, nothing is lost, doubled or invented."""
    yield
    with work() as db:
        ledger.seal(db)
    broken = [one for one in prove_tenant(engine, tenant_id) if one.finding.violations]
    assert broken == []


def at_once(count: int, action: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(action, range(count)))


def token_of(shop: Shop) -> str:
    with shop.work(now=clock.utc_now()) as db:
        return give_session(db, shop.person)


def post_order(app: Flask, shop: Shop, token: str, key: str, amount: Any = None) -> Any:
    phone = Phone(app.test_client())
    phone.take(token)
    body = {"reward_id": str(shop.reward_id), "amount": amount or FIFTY}
    return phone.post("/me/redemptions", body, **{"Idempotency-Key": key})


@pytest.mark.slow
@pytest.mark.usefixtures("proved")
def test_two_hundred_orders_of_money_for_one_are_one_order(app: Flask, work: Work) -> None:
    shop = open_shop(work, minor=5_000, codes=[f"C{number}" for number in range(250)])
    token = token_of(shop)

    answers = at_once(200, lambda number: post_order(app, shop, token, f"k{number}"))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 199}
    refused = {answer.json["code"] for answer in answers if answer.status_code == 409}
    assert refused == {"balance_too_low"}
    assert shop.purse() == {"reserved": 5_000}


@pytest.mark.slow
@pytest.mark.usefixtures("proved")
def test_the_same_key_two_hundred_times_is_one_order_and_one_answer(app: Flask, work: Work) -> None:
    shop = open_shop(work, minor=100_000, codes=[f"C{number}" for number in range(250)])
    token = token_of(shop)

    answers = at_once(200, lambda _: post_order(app, shop, token, "k"))

    placed = [answer for answer in answers if answer.status_code == 201]
    others = [answer for answer in answers if answer.status_code != 201]
    assert len({answer.data for answer in placed}) == 1
    assert {answer.json["code"] for answer in others} <= {"idempotency_key_in_flight"}
    assert shop.purse() == {"available": 95_000, "reserved": 5_000}


@pytest.mark.usefixtures("proved")
def test_twenty_orders_of_ten_on_a_hundred_are_exactly_ten(app: Flask, work: Work) -> None:
    shop = open_shop(work, minor=10_000, codes=())
    with work() as db:
        card = offer_card(db, denominations=(1_000, 5_000))
        _stock_tens(db, card)
    shop = Shop(work, shop.person, card)
    token, ten = token_of(shop), {"amount": "10.00", "currency": "EUR"}

    answers = at_once(20, lambda number: post_order(app, shop, token, f"k{number}", ten))

    assert Counter(answer.status_code for answer in answers) == {201: 10, 409: 10}
    assert shop.purse() == {"reserved": 10_000}


def _stock_tens(db: Any, card: Any) -> None:
    from app.kernel.money import Money
    from app.providers.vault import NewCode
    from app.rewards import service

    codes = [NewCode(f"T{number}") for number in range(30)]
    service.add_stock(db, card, money=Money(1_000, "EUR"), codes=codes)


@pytest.mark.usefixtures("proved")
def test_a_capture_and_a_void_at_once_end_a_reservation_once(work: Work) -> None:
    rep, provider = new_id(), new_id()
    with work() as db:
        give_available(db, rep, 100_000)
        held = [reserve(db, rep, 1_000) for _ in range(20)]

    def end(number: int) -> str:
        reservation = held[number // 2]
        try:
            with work() as db:
                if number % 2:
                    ledger.void(db, reservation)
                else:
                    ledger.capture(db, reservation, to=clearing(provider, "EUR"))
        except AlreadyResolved:
            return "late"
        return "voided" if number % 2 else "captured"

    ends = at_once(40, end)

    pairs = [set(ends[at : at + 2]) for at in range(0, 40, 2)]
    assert all("late" in pair and len(pair) == 2 for pair in pairs)
    with work() as db:
        assert spendable(db, rep) == 80_000 + 1_000 * ends.count("voided")


@pytest.mark.usefixtures("proved")
def test_orders_and_cuts_at_once_share_what_is_there_and_the_rest_is_owed(
    app: Flask, work: Work
) -> None:
    shop = open_shop(work, minor=10_000, codes=())
    with work() as db:
        card = offer_card(db, denominations=(1_000, 5_000))
        _stock_tens(db, card)
    shop = Shop(work, shop.person, card)
    token, ten = token_of(shop), {"amount": "10.00", "currency": "EUR"}

    def order_or_cut(number: int) -> int:
        if number % 2:
            return int(post_order(app, shop, token, f"k{number}", ten).status_code)
        with work() as db:
            ledger.post_earning_differences(db, [cut(shop.person.id, 700)])
        return 0

    ends = Counter(at_once(40, order_or_cut))

    with work() as db:
        (line,) = books.wallet(db, shop.person.id)
    assert ends.keys() <= {0, 201, 409}
    assert line.reserved.minor == 1_000 * ends[201]
    taken = 10_000 - line.reserved.minor - line.available.minor
    assert line.owed.minor == 20 * 700 - taken
    assert line.owed.minor == 0 or line.available.minor == 0


def cut(person_id: UUID, minor: int) -> Difference:
    """Return what takes earned and released money back."""
    cause = new_id()
    return Difference(f"cut:{cause}", cause, person_id, "EUR", -minor, True, "test", cause, 0)


@pytest.mark.usefixtures("proved")
def test_a_key_of_another_person_or_another_company_is_another_key(app: Flask, work: Work) -> None:
    other = new_id()

    def elsewhere(**more: Any) -> Any:
        return work(tenant=other, **more)

    mine = open_shop(work, codes=["A1", "A2"])
    with work() as db:
        colleague = give_person(db, "Bea Costa")
        give_available(db, colleague.id, 10_000)
    shops = [mine, Shop(work, colleague, mine.reward_id), open_shop(elsewhere, codes=["B1"])]
    tokens = [token_of(shop) for shop in shops]

    answers = at_once(6, lambda n: post_order(app, shops[n // 2], tokens[n // 2], "the-one"))

    placed = [
        {one.json["id"] for one in answers[n : n + 2] if one.status_code == 201} for n in (0, 2, 4)
    ]
    assert [len(ids) for ids in placed] == [1, 1, 1]
    assert len(set().union(*placed)) == 3
    assert [shop.purse() for shop in shops] == [{"available": 5_000, "reserved": 5_000}] * 3


@pytest.mark.usefixtures("proved")
def test_of_two_reversals_at_once_under_different_keys_one_is_posted(work: Work) -> None:
    rep = new_id()
    with work() as db:
        facts = [ledger.post(db, earn(rep, 500, key=f"fact-{number}")) for number in range(20)]

    def undo(number: int) -> str:
        try:
            with work() as db:
                ledger.reverse(
                    db, facts[number // 2], key=f"undo-{number}", cause_kind="test", cause_id=rep
                )
        except AlreadyReversed:
            return "late"
        return "reversed"

    ends = at_once(40, undo)

    assert Counter(ends) == {"reversed": 20, "late": 20}


@pytest.mark.usefixtures("proved")
def test_five_hundred_credits_at_once_are_all_there(work: Work) -> None:
    rep = new_id()

    def credit(_: int) -> None:
        with work() as db:
            give_available(db, rep, 7)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(credit, range(500)))

    with work() as db:
        assert spendable(db, rep) == 3_500


@pytest.mark.usefixtures("proved")
def test_fifty_people_want_the_last_code_and_one_gets_it(work: Work) -> None:
    shop = open_shop(work, minor=1_000_000, codes=())
    with work() as db:
        add_codes(db, shop.reward_id, [f"C{number}" for number in range(50)])
    orders = [shop.redeem() for _ in range(50)]
    with work() as db:
        # Forty-nine codes were withdrawn after the orders were taken.
        from sqlalchemy import text

        db.execute(
            text(
                "UPDATE vault_codes SET expires_on = '2020-01-01'"
                " WHERE id <> (SELECT id FROM vault_codes ORDER BY id LIMIT 1)"
            )
        )

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(shop.advance, orders))

    assert Counter(shop.state(order) for order in orders) == {"captured": 1, "voided": 49}
    assert shop.purse() == {"available": 995_000, "paid": 5_000}


@pytest.mark.usefixtures("proved")
def test_many_workers_on_one_order_deliver_it_once(work: Work) -> None:
    shop = open_shop(work)
    order = shop.redeem()

    def push(_: int) -> str:
        try:
            shop.advance(order, hint=True)
        except AppError as error:
            return error.code
        return "fine"

    assert set(at_once(16, push)) == {"fine"}
    assert shop.steps(order) == ["reserved", "sending", "settled", "captured"]
