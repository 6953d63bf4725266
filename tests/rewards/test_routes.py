from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import redis
from flask import Flask

from app.audit import queries as audit
from app.http.principal import Role, Scope
from app.kernel import clock
from app.kernel.ids import new_id
from app.live import bus
from app.people import step_up
from app.rewards import queries
from tests.conftest import Work
from tests.people.builders import WRITE, give_key, give_person, give_tenant
from tests.people.phone import API, Phone
from tests.rewards.builders import Shop, offer_card, offer_night
from tests.rewards.conftest import phone_of

FIFTY = {"amount": "50.00", "currency": "EUR"}
SOON = (clock.utc_now() + timedelta(days=30)).date()


def order(phone: Phone, reward_id: UUID, key: str = "", **more: Any) -> Any:
    body = {"reward_id": str(reward_id), "amount": FIFTY, **more}
    return phone.post("/me/redemptions", body, **{"Idempotency-Key": key or new_id().hex})


def test_the_catalog_says_what_can_be_had_and_afforded(rep: Phone, shop: Shop) -> None:
    with shop.work() as db:
        empty = offer_card(db, denominations=(2_500, 20_000))

    body = rep.get("/me/rewards").json

    assert body["available"] == [{"amount": "100.00", "currency": "EUR"}]
    by_id = {item["id"]: item for item in body["items"]}
    assert by_id[str(shop.reward_id)]["denominations"] == [
        {"money": FIFTY, "in_stock": True, "affordable": True}
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


def test_an_order_of_somebody_else_is_not_there(app: Flask, rep: Phone, shop: Shop) -> None:
    placed = order(rep, shop.reward_id).json["id"]
    with shop.work() as db:
        other = give_person(db, name="Bo Lind")
    stranger = phone_of(app, shop, other)

    assert stranger.get(f"/me/redemptions/{placed}").status_code == 404
    assert stranger.post(f"/me/redemptions/{placed}/reveal").status_code == 404
    assert stranger.get("/me/redemptions").json == {"items": [], "next_cursor": None}


def confirmed(shop: Shop, phone: Phone, order_id: str, action: str = "voucher.reveal") -> str:
    """Return what a phone holds after its passkey confirmed the reveal of one order."""
    from sqlalchemy import select

    from app.people.challenges import hash_binding
    from app.people.models import SignInSession

    with shop.work(now=clock.utc_now()) as db:
        session = db.scalars(
            select(SignInSession.id).where(SignInSession.person_id == shop.person.id)
        ).first()
        assert session is not None
        wanted = hash_binding(action, {"redemption_id": order_id})
        return step_up.grant(db, session_id=session, binding_hash=wanted).token


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


@pytest.fixture
def finance(app: Flask, shop: Shop) -> Phone:
    with shop.work() as db:
        person = give_person(db, name="Fi Nance", roles=[Role.FINANCE])
    return phone_of(app, shop, person)


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
    assert shown.json == {"code": "HUT-12", "pin": None, "expires_on": None}
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


def upload(phone: Phone, reward_id: UUID, csv: str | bytes, amount: str = "50.00") -> Any:
    raw = csv if isinstance(csv, bytes) else csv.encode()
    return phone.client.post(
        f"{API}/rewards/{reward_id}/stock",
        data={"file": (io.BytesIO(raw), "codes.csv"), "amount": amount},
        headers=WRITE,
    )


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


def test_another_tenant_sees_nothing(app: Flask, rep: Phone, shop: Shop, work: Work) -> None:
    placed = order(rep, shop.reward_id).json["id"]
    elsewhere = new_id()
    with work(tenant=elsewhere) as db:
        give_tenant(db)
        person = give_person(db, roles=[Role.REP, Role.FINANCE])
    there = Shop(lambda **more: work(tenant=elsewhere, **more), person, shop.reward_id)
    stranger = phone_of(app, there, person)

    assert stranger.get("/rewards").json["items"] == []
    assert stranger.get(f"/me/redemptions/{placed}").status_code == 404
    assert order(stranger, shop.reward_id).status_code == 404
    assert upload(stranger, shop.reward_id, "code\nX\n").status_code == 404
    with work(tenant=elsewhere) as db:
        assert queries.catalog(db, only_active=False) == []


def test_the_audit_journal_is_read_over_http_by_auditors(app: Flask, shop: Shop) -> None:
    with shop.work() as db:
        auditor = give_person(db, name="Au Ditor", roles=[Role.AUDITOR])

    page = phone_of(app, shop, auditor).get("/audit?action=reward.offered").json

    assert [item["after"]["brand"] for item in page["items"]] == ["Bottega Nord"]
    assert phone_of(app, shop, shop.person).get("/audit").status_code == 403


def test_movements_of_the_wallet_are_listed(rep: Phone, shop: Shop) -> None:
    order(rep, shop.reward_id)

    page = rep.get("/me/wallet/entries?limit=2").json

    assert [(e["account"], e["money"]["amount"]) for e in page["items"]] == [
        ("person_reserved", "50.00"),
        ("person_available", "-50.00"),
    ]
    assert page["next_cursor"]


def test_a_code_is_in_no_log_and_in_no_push(
    rep: Phone,
    shop: Shop,
    run_jobs: Callable[[], None],
    servers: dict[str, str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    canary = "CANARY7KQ4"
    with shop.work() as db:
        card = offer_card(db, codes=[canary])
    with redis.Redis.from_url(servers["REDIS_URL"]) as valkey, valkey.pubsub() as pushes:
        pushes.subscribe(bus.CHANNEL)
        placed = order(rep, card).json["id"]
        run_jobs()
        token = confirmed(shop, rep, placed)
        shown = rep.post(f"/me/redemptions/{placed}/reveal", **{"X-Step-Up": token})
        heard = b"".join(
            message["data"]
            for message in iter(lambda: pushes.get_message(timeout=0.2), None)
            if message["type"] == "message"
        )

    assert shown.json is not None
    assert shown.json["code"] == canary
    assert placed.encode() in heard
    assert b"captured" in heard
    assert canary.encode() not in heard
    said = capfd.readouterr()
    assert canary not in said.out + said.err
    with shop.work() as db:
        changes = audit.page(db, limit=500).items
    assert "voucher.revealed" in {line.action for line in changes}
    assert canary not in repr(changes)
