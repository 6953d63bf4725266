"""The catalog and the stock over HTTP: what finance offers and brings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.http.principal import Scope
from tests.people.builders import WRITE, give_key
from tests.people.phone import API, Phone
from tests.rewards.builders import Shop
from tests.rewards.orders import FIFTY, order, upload


def test_finance_puts_a_file_of_codes_in_the_vault(finance: Phone, shop: Shop) -> None:
    csv = (
        "code;pin;expires_on\nN1;11;2028-01-31\nN2;;\nAAAA;;\n;;\nN3;;31.01.2028\nN4;;2020-01-01\n"
    )

    answer = upload(finance, shop.reward_id, csv)

    assert answer.json == {
        "accepted": 2,
        "duplicates": 1,
        "refused": [{"row": 6, "code": "date_unreadable"}, {"row": 7, "code": "expired"}],
    }
    stock = finance.get("/stock").json
    assert stock["items"][0]["denominations"] == [{"money": FIFTY, "left": 4, "low": False}]
    assert stock["low"] == 0


@pytest.mark.parametrize(
    ("csv", "amount", "code"),
    [
        (b"7KQ4\nMVRD\n", "50.00", "unreadable_stock"),
        (b"\xff\xfe\x00code", "50.00", "unreadable_stock"),
        (b"", "50.00", "unreadable_stock"),
        (b"code\nX\n", "nan", "invalid"),
        (b"code\nX\n", "", "invalid"),
        (b"code\nX\n", "51.00", "not_offered"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(
    finance: Phone, shop: Shop, csv: bytes, amount: str, code: str
) -> None:
    answer = upload(finance, shop.reward_id, csv, amount)

    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_all_that_is_wrong_with_an_upload_is_told_at_once(finance: Phone, shop: Shop) -> None:
    answer = finance.client.post(
        f"{API}/rewards/{shop.reward_id}/stock",
        data={"amount": "abc"},
        headers=WRITE,
        content_type="multipart/form-data",
    )

    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json["errors"]] == [
        ("/form/file", "missing"),
        ("/form/amount", "not_an_amount"),
    ]


def test_only_finance_brings_codes(app: Flask, rep: Phone, shop: Shop) -> None:
    assert upload(rep, shop.reward_id, "code\nX\n").status_code == 403


def test_low_stock_is_shown_as_low(
    rep: Phone, finance: Phone, shop: Shop, run_jobs: Callable[[], None]
) -> None:
    order(rep, shop.reward_id)
    run_jobs()

    stock = finance.get("/stock").json

    assert stock["items"][0]["denominations"] == [{"money": FIFTY, "left": 1, "low": True}]
    assert stock["low"] == 1


NEW = {
    "brand": "Cinema Aurora",
    "kind": "gift_card",
    "country": "IT",
    "currency": "EUR",
    "denominations": [{"amount": "18.00", "currency": "EUR"}],
}


def test_finance_offers_and_changes_a_reward(finance: Phone, rep: Phone) -> None:
    made = finance.post("/rewards", NEW).json
    assert made is not None
    twenty = {"amount": "20.00", "currency": "EUR"}
    changed = finance.send(
        "PATCH", f"/rewards/{made['id']}", {"hue": 20, "denominations": [twenty]}
    )

    assert changed.json is not None
    assert changed.json["hue"] == 20
    assert [d["money"] for d in changed.json["denominations"]] == [twenty]
    finance.send("PATCH", f"/rewards/{made['id']}", {"active": False})
    assert made["id"] not in [item["id"] for item in rep.get("/me/rewards").json["items"]]
    assert made["id"] in [item["id"] for item in finance.get("/rewards").json["items"]]


@pytest.mark.parametrize(
    "change",
    [
        {"denominations": [{"amount": "18.00", "currency": "USD"}]},
        {"denominations": []},
        {"country": "Italy"},
        {"kind": "cash"},
        {"currency": "euro"},
    ],
)
def test_a_reward_that_makes_no_sense_is_refused(finance: Phone, change: dict[str, Any]) -> None:
    assert finance.post("/rewards", NEW | change).status_code == 422


def test_a_machine_with_the_scope_reads_and_writes_the_catalog(app: Flask, shop: Shop) -> None:
    with shop.work() as db:
        key = give_key(db, Scope.REWARDS_READ, Scope.REWARDS_WRITE)
    client = app.test_client()

    made = client.post(f"{API}/rewards", json=NEW, headers=key)

    assert made.status_code == 201
    assert len(client.get(f"{API}/rewards", headers=key).json["items"]) == 2
    assert client.get(f"{API}/me/rewards", headers=key).status_code == 403
