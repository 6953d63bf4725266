"""Orders over HTTP: what a rep can have, orders once a key, sees and opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.audit import queries as audit
from tests.people.builders import give_person
from tests.people.phone import Phone
from tests.rewards.builders import Shop, offer_card
from tests.rewards.conftest import phone_of
from tests.rewards.orders import FIFTY, an_hour_after_the_passkey, confirmed, order, proven


def test_the_catalog_says_what_can_be_had_and_afforded(rep: Phone, shop: Shop) -> None:
    with shop.work() as db:
        empty = offer_card(db, denominations=(2_500, 20_000))

    body = rep.get("/me/rewards").json

    assert body["available"] == [{"amount": "100.00", "currency": "EUR"}]
    by_id = {item["id"]: item for item in body["items"]}
    assert by_id[str(shop.reward_id)]["denominations"] == [
        {"money": FIFTY, "in_stock": True, "affordable": True, "obstacle": None}
    ]
    assert [(d["in_stock"], d["affordable"]) for d in by_id[str(empty)]["denominations"]] == [
        (False, True),
        (False, False),
    ]


def test_a_rep_redeems_and_sees_where_the_order_stands(
    rep: Phone, shop: Shop, run_jobs: Callable[[], None]
) -> None:
    placed = order(rep, shop.reward_id)
    run_jobs()
    seen = rep.get(f"/me/redemptions/{placed.json['id']}").json

    assert placed.status_code == 201
    assert placed.json["state"] == "reserved"
    assert placed.json["money"] == FIFTY
    assert seen["state"] == "captured"
    assert seen["expires_on"] == "2028-11-18"
    assert [move["state"] for move in seen["moves"]] == [
        "reserved",
        "sending",
        "settled",
        "captured",
    ]
    assert [item["id"] for item in rep.get("/me/redemptions").json["items"]] == [seen["id"]]
    assert rep.get("/me/wallet").json["items"][0]["paid"] == FIFTY


def test_the_same_key_gives_the_same_answer_and_one_order(rep: Phone, shop: Shop) -> None:
    first = order(rep, shop.reward_id, "k1")
    second = order(rep, shop.reward_id, "k1")
    other = order(rep, shop.reward_id, "k1", note="other")

    assert second.json == first.json
    assert second.headers["Idempotency-Hit"] == "true"
    assert other.status_code == 422
    assert other.json["code"] == "idempotency_key_reused"
    assert len(rep.get("/me/redemptions").json["items"]) == 1


def test_without_a_key_nothing_is_ordered(rep: Phone, shop: Shop) -> None:
    answer = rep.post("/me/redemptions", {"reward_id": str(shop.reward_id), "amount": FIFTY})

    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["code"] == "idempotency_key_missing"


def test_more_than_there_is_is_refused_with_both_amounts(rep: Phone, shop: Shop) -> None:
    with shop.work() as db:
        dear = offer_card(db, denominations=(5_000,), codes=["X1", "X2", "X3"])
    order(rep, dear)
    order(rep, dear)

    answer = order(rep, dear)

    assert answer.status_code == 409
    assert answer.json["code"] == "balance_too_low"
    assert answer.json["params"] == {
        "available": {"amount": "0.00", "currency": "EUR"},
        "needed": FIFTY,
    }


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount": {"amount": "49.00", "currency": "EUR"}}, 422, "not_offered"),
        ({"amount": {"amount": "50.00", "currency": "USD"}}, 422, "not_offered"),
        ({"amount": {"amount": "-50.00", "currency": "EUR"}}, 422, "invalid"),
        ({"amount": {"amount": "0.00", "currency": "EUR"}}, 422, "invalid"),
        ({"reward_id": str(UUID(int=5))}, 404, "not_found"),
        ({"surprise": 1}, 422, "invalid"),
    ],
)
def test_what_is_not_offered_cannot_be_ordered(
    rep: Phone, shop: Shop, change: dict[str, Any], status: int, code: str
) -> None:
    body = {"reward_id": str(shop.reward_id), "amount": FIFTY} | change

    answer = rep.post("/me/redemptions", body, **{"Idempotency-Key": "k"})

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_card_that_others_have_ordered_is_sold_out(rep: Phone, shop: Shop) -> None:
    with shop.work() as db:
        last = offer_card(db, codes=["LAST"])
    order(rep, last)

    answer = order(rep, last)

    assert (answer.status_code, answer.json["code"]) == (409, "out_of_stock")


def test_an_order_long_after_the_last_passkey_needs_one_for_exactly_this_order(
    rep: Phone, shop: Shop
) -> None:
    an_hour_after_the_passkey(shop)

    refused = order(rep, shop.reward_id, "k")
    binding = refused.json["params"]["binding"]
    other = proven(shop, "redeem", binding | {"amount": "10.00"})
    crossed = order(rep, shop.reward_id, "k", proof=other)
    before = rep.get("/me/redemptions").json
    placed = order(rep, shop.reward_id, "k", proof=proven(shop, "redeem", binding))

    assert (refused.status_code, refused.json["code"]) == (403, "step_up_needed")
    assert refused.json["params"]["action"] == "redeem"
    assert binding == {"reward_id": str(shop.reward_id), **FIFTY, "wished_on": ""}
    assert crossed.status_code == 403
    assert before == {"items": [], "next_cursor": None}
    assert placed.status_code == 201


def test_what_is_refused_anyway_asks_nobody_for_a_passkey(rep: Phone, shop: Shop) -> None:
    with shop.work() as db:
        sold_out = offer_card(db)
    an_hour_after_the_passkey(shop)

    answer = order(rep, sold_out)

    assert (answer.status_code, answer.json["code"]) == (409, "out_of_stock")


def test_an_order_of_somebody_else_is_not_there(app: Flask, rep: Phone, shop: Shop) -> None:
    placed = order(rep, shop.reward_id).json["id"]
    with shop.work() as db:
        other = give_person(db, name="Bo Lind")
    stranger = phone_of(app, shop, other)

    assert stranger.get(f"/me/redemptions/{placed}").status_code == 404
    assert stranger.post(f"/me/redemptions/{placed}/reveal").status_code == 404
    assert stranger.get("/me/redemptions").json == {"items": [], "next_cursor": None}


def test_the_code_is_shown_to_its_owner_after_a_fresh_passkey_each_time(
    rep: Phone, shop: Shop, run_jobs: Callable[[], None]
) -> None:
    placed = order(rep, shop.reward_id).json["id"]
    run_jobs()
    path = f"/me/redemptions/{placed}/reveal"

    refused = rep.post(path)
    token = confirmed(shop, rep, placed)
    shown = rep.post(path, **{"X-Step-Up": token})
    again = rep.post(path, **{"X-Step-Up": token})

    assert refused.status_code == again.status_code == 403
    assert refused.json is not None
    assert refused.json["params"] == {
        "action": "voucher.reveal",
        "binding": {"redemption_id": placed},
    }
    assert shown.json is not None
    assert shown.json["code"] in ("AAAA", "BBBB")
    assert shown.json["pin"] == "0000"
    assert shown.headers["Cache-Control"] == "no-store"
    seen = rep.get(f"/me/redemptions/{placed}").json
    assert seen["reveals"] == 1
    assert seen["revealed_at"] is not None
    with shop.work() as db:
        (line,) = audit.page(db, action="voucher.revealed").items
    assert line.actor_id == shop.person.id
    assert line.after == {"reveals": 1}


def test_a_passkey_for_another_order_or_action_reveals_nothing(
    rep: Phone, shop: Shop, run_jobs: Callable[[], None]
) -> None:
    placed, other = order(rep, shop.reward_id).json["id"], order(rep, shop.reward_id).json["id"]
    run_jobs()
    path = f"/me/redemptions/{placed}/reveal"

    wrong_order = confirmed(shop, rep, other)
    wrong_action = confirmed(shop, rep, placed, "passkey.add")

    assert rep.post(path, **{"X-Step-Up": wrong_order}).status_code == 403
    assert rep.post(path, **{"X-Step-Up": wrong_action}).status_code == 403


def test_there_is_nothing_to_reveal_before_delivery(rep: Phone, shop: Shop) -> None:
    placed = order(rep, shop.reward_id).json["id"]

    answer = rep.post(
        f"/me/redemptions/{placed}/reveal", **{"X-Step-Up": confirmed(shop, rep, placed)}
    )

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (409, "nothing_to_reveal")


def test_reveals_are_limited(rep: Phone, shop: Shop) -> None:
    placed = order(rep, shop.reward_id).json["id"]

    answers = [rep.post(f"/me/redemptions/{placed}/reveal") for _ in range(11)]

    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_what_was_delivered_is_marked_as_used_and_as_not_used(
    rep: Phone, shop: Shop, run_jobs: Callable[[], None]
) -> None:
    placed = order(rep, shop.reward_id).json["id"]
    run_jobs()
    path = f"/me/redemptions/{placed}/used"

    used = rep.send("PUT", path, {"used": True})
    again = rep.send("PUT", path, {"used": True})
    unused = rep.send("PUT", path, {"used": False})

    assert used.status_code == again.status_code == unused.status_code == 200
    assert used.json["used_at"] == again.json["used_at"] is not None
    assert unused.json["used_at"] is None


def test_nothing_is_used_before_it_is_there(rep: Phone, shop: Shop) -> None:
    placed = order(rep, shop.reward_id).json["id"]

    answer = rep.send("PUT", f"/me/redemptions/{placed}/used", {"used": True})

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (409, "nothing_to_reveal")
