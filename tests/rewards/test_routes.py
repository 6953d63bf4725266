"""What holds for all of rewards over HTTP: walls, journals, silence about codes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis
from flask import Flask

from app.audit import queries as audit
from app.http.principal import Role
from app.kernel.ids import new_id
from app.live import bus, presence, rooms
from app.rewards import queries
from tests.conftest import Work
from tests.people.builders import give_person, give_tenant
from tests.people.phone import Phone
from tests.rewards.builders import Shop, offer_card
from tests.rewards.conftest import phone_of
from tests.rewards.orders import confirmed, order, upload


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
        presence.note(valkey, [rooms.person(shop.person.tenant_id, shop.person.id)])
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
