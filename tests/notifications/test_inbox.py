from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.activities.core import Ready
from app.activities.events import ClaimDecided, ClaimLogged
from app.contests import service as contests
from app.db.unit_of_work import record
from app.http.principal import Role
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.notifications import queries, service
from app.notifications.models import Message
from app.notifications.service import Note
from app.people.service import grant_role
from app.providers import accounts
from app.rewards.events import NeedsAttention, ProviderPaused, RedemptionEnded, StockLow
from tests.conftest import NOON, Work
from tests.contests.builders import END, launch, sell, sell_many
from tests.people.builders import give_person, give_tenant, sign_in
from tests.programs.builders import give_program

DAY = timedelta(days=1)


def _messages(db: Session, person_id: UUID, kind: str) -> list[Message]:
    page = queries.inbox(db, person_id, cursor=None, limit=100)
    return [message for message in page.items if message.kind == kind]


def _params(db: Session, message: Message) -> dict[str, Any]:
    params: dict[str, Any] = queries.shown(db, [message])[0]["params"]
    return params


def _given(work: Work, *names: str) -> list[UUID]:
    with work() as db:
        give_tenant(db)
        people = [give_person(db, name).id for name in names]
        give_program(db)
    return people


def _euros(amount: int) -> dict[str, object]:
    return {"amount_micros": amount * 1_000_000, "currency": "EUR"}


def test_a_sale_is_told_with_what_it_brought(work: Work) -> None:
    (ada,) = _given(work, "Ada")

    with work() as db:
        sell(db, ada, **_euros(100))

    with work() as db:
        (message,) = _messages(db, ada, "earning")
        assert message.code == "earning_counted"
        assert _params(db, message) == {
            "title": "Main",
            "money": {"amount": "5.00", "currency": "EUR"},
            "count": 1,
        }


def test_the_sales_of_a_day_are_one_message_with_their_sum(work: Work) -> None:
    (ada,) = _given(work, "Ada")

    for n in range(4):
        with work() as db:
            sell(db, ada, number=f"S-{n}", **_euros(100))

    with work() as db:
        (message,) = _messages(db, ada, "earning")
        assert message.code == "earning_summary"
        assert _params(db, message)["money"] == {"amount": "20.00", "currency": "EUR"}
        assert _params(db, message)["count"] == 4


def test_a_new_sale_makes_the_message_of_the_day_unread_again(work: Work) -> None:
    (ada,) = _given(work, "Ada")
    with work() as db:
        sell(db, ada, number="S-1", **_euros(100))
    with work() as db:
        assert service.mark_read(db, ada, None) == 0

    with work() as db:
        sell(db, ada, number="S-2", **_euros(100))

    with work() as db:
        assert queries.unread(db, ada) == 1


def test_the_next_day_has_its_own_message(work: Work) -> None:
    (ada,) = _given(work, "Ada")
    with work() as db:
        sell(db, ada, number="S-1", **_euros(100))

    with work(now=NOON + DAY) as db:
        sell(db, ada, number="S-2", **_euros(100))

    with work() as db:
        assert len(_messages(db, ada, "earning")) == 2


def test_a_file_of_many_sales_tells_everybody_once(work: Work) -> None:
    people = _given(work, "Ada", "Bo", "Cem")

    with work() as db:
        sell_many(
            db,
            [
                Ready(
                    external_id=f"{who}-{n}",
                    person_id=person,
                    occurred_at=NOON - n * DAY,
                    **_euros(100),  # type: ignore[arg-type]
                )
                for who, person in enumerate(people)
                for n in range(60)
            ],
        )

    with work() as db:
        assert [len(_messages(db, person, "earning")) for person in people] == [1, 1, 1]
        assert all(len(_messages(db, person, "badge")) == 1 for person in people)


def test_money_taken_back_is_told_apart_from_what_was_earned(work: Work) -> None:
    (ada,) = _given(work, "Ada")
    with work() as db:
        sell(db, ada, number="S-1", **_euros(100))

    with work() as db:
        sell(db, ada, number="S-1", is_void=True)

    with work() as db:
        told = {
            message.code: _params(db, message)["money"]["amount"]
            for message in _messages(db, ada, "earning")
        }
    assert told == {"earning_counted": "5.00", "earning_taken_back": "5.00"}


def test_a_message_belongs_to_one_person(work: Work) -> None:
    ada, bo = _given(work, "Ada", "Bo")

    with work() as db:
        service.tell(db, [Note(ada, "reply", "claim_verified")])

    with work() as db:
        assert len(_messages(db, ada, "reply")) == 1
        assert _messages(db, bo, "reply") == []
        service.mark_read(db, bo, [_messages(db, ada, "reply")[0].id])
        assert queries.unread(db, ada) == 1


def test_pages_of_an_inbox_hold_every_message_once(work: Work) -> None:
    (ada,) = _given(work, "Ada")
    with work() as db:
        service.tell(db, [Note(ada, "reply", f"code_{n}") for n in range(7)])

    with work() as db:
        whole = [m.code for m in queries.inbox(db, ada, cursor=None, limit=50).items]
        paged: list[str] = []
        cursor: str | None = None
        while True:
            page = queries.inbox(db, ada, cursor=cursor, limit=3)
            paged += [message.code for message in page.items]
            if (cursor := page.next_cursor) is None:
                break

    assert paged == whole
    assert len(whole) == 7


def test_everybody_who_takes_part_is_told_the_start_and_the_own_result(work: Work) -> None:
    ada, bo = _given(work, "Ada", "Bo")
    prize = [{"place_from": 1, "place_to": 1, "money": {"amount": "40.00", "currency": "EUR"}}]
    with work() as db:
        launch(db, prizes=prize)
        sell(db, bo, number="S-1")
    with work(now=END + 2 * DAY) as db:
        contests.turn(db)

    with work() as db:
        final, started = _messages(db, bo, "result")
        assert (started.code, final.code) == ("contest_started", "contest_won")
        assert final.params["place"] == 1
        assert final.params["prize"] == {"amount": "40.00", "currency": "EUR"}
        assert final.params["money"] == {"amount": "40.00", "currency": "EUR"}
        assert (final.link or "").startswith("/wallet/prizes/")
        lost = _messages(db, ada, "result")[0]
        assert (lost.code, lost.params["prize"]) == ("contest_final", None)


def test_an_amendment_is_told_with_its_reason(work: Work) -> None:
    (ada,) = _given(work, "Ada")
    with work() as db:
        contest = launch(db)
        contests.amend(db, contest, reason="The office was closed.", changes={"grace_hours": 48})

    with work() as db:
        told = {message.code: message.params for message in _messages(db, ada, "result")}
    assert told["contest_amended"] == {
        "contest": "Week 47 sprint",
        "reason": "The office was closed.",
    }


def test_the_inbox_over_the_api(app: Flask, work: Work) -> None:
    with work() as db:
        give_tenant(db)
        ada = give_person(db)
        client = app.test_client()
        headers = sign_in(client, db, ada)
        service.tell(
            db, [Note(ada.id, "reply", "claim_verified", {"product": "Gas"}, None, "/log")]
        )

    inbox = client.get("/api/v1/me/inbox").get_json()
    read = client.post("/api/v1/me/inbox/read", json={"all": True}, headers=headers)
    again = client.get("/api/v1/me/inbox").get_json()

    assert (inbox["unread"], inbox["items"][0]["code"]) == (1, "claim_verified")
    assert inbox["items"][0]["params"] == {"product": "Gas"}
    assert (read.status_code, read.get_json()) == (200, {"unread": 0})
    assert again["items"][0]["read_at"] is not None


def test_reading_names_messages_or_all(app: Flask, work: Work) -> None:
    with work() as db:
        give_tenant(db)
        client = app.test_client()
        headers = sign_in(client, db, give_person(db))

    answer = client.post("/api/v1/me/inbox/read", json={}, headers=headers)

    assert answer.status_code == 422


def test_wishes_about_nudges_are_kept(app: Flask, work: Work) -> None:
    with work() as db:
        give_tenant(db)
        client = app.test_client()
        headers = sign_in(client, db, give_person(db))

    usual = client.get("/api/v1/me/nudges").get_json()
    wish = {"muted": ["next_tier"], "quiet_from": "18:30", "quiet_to": "09:00"}
    kept = client.put("/api/v1/me/nudges", json=wish, headers=headers).get_json()

    assert (usual["muted"], usual["quiet_from"], usual["quiet_to"]) == ([], "20:00", "08:00")
    assert {name: kept[name] for name in wish} == wish
    assert client.get("/api/v1/me/nudges").get_json() == kept


@pytest.mark.parametrize("state", ["verified", "matched", "refused"])
def test_who_logged_a_sale_hears_the_answer(work: Work, state: str) -> None:
    (ada,) = _given(work, "Ada")
    reason = "Not ours." if state == "refused" else None

    with work() as db:
        record(db, ClaimDecided(new_id(), ada, state, "Gas", "C-1", reason))  # type: ignore[arg-type]

    with work() as db:
        (message,) = _messages(db, ada, "reply")
    said = {"product": "Gas", "customer_reference": "C-1"}
    assert message.code == f"claim_{state}"
    assert message.params == (said | {"reason": reason} if reason else said)


@pytest.mark.parametrize(
    ("kind", "state", "code"),
    [
        ("gift_card", "captured", "redemption_settled"),
        ("experience", "captured", "redemption_confirmed"),
        ("experience", "voided", "redemption_refused"),
        ("gift_card", "returned", "redemption_refused"),
    ],
)
def test_the_end_of_an_order_is_told(work: Work, kind: str, state: str, code: str) -> None:
    (ada,) = _given(work, "Ada")
    order = new_id()

    with work() as db:
        record(
            db,
            RedemptionEnded(order, ada, new_id(), "Spa", kind, Money(5_000, "EUR"), state, "Full."),
        )

    with work() as db:
        (message,) = _messages(db, ada, "redemption")
    assert (message.code, message.link) == (code, f"/rewards/orders/{order}")
    assert message.params["money"] == {"amount": "50.00", "currency": "EUR"}
    assert ("reason" in message.params) is (code == "redemption_refused")


def _trust_with_money(work: Work, *person_ids: UUID) -> None:
    with work() as db:
        for person_id in person_ids:
            grant_role(db, person_id, Role.FINANCE)


def test_orders_that_need_a_person_are_one_message_a_day_to_those_who_handle_money(
    work: Work,
) -> None:
    ada, grace, linus = _given(work, "Ada", "Grace", "Linus")
    _trust_with_money(work, grace, linus)

    with work() as db:
        record(db, NeedsAttention(new_id(), ada, "amount_differs"))
        record(db, NeedsAttention(new_id(), ada, "partial"))
    with work() as db:
        service.mark_read(db, grace, None)
    with work() as db:
        record(db, NeedsAttention(new_id(), ada, "unheard"))
    with work(now=NOON + timedelta(days=1)) as db:
        record(db, NeedsAttention(new_id(), ada, "unheard"))

    with work() as db:
        tomorrow, today = _messages(db, grace, "reply")
        assert len(_messages(db, linus, "reply")) == 2
        assert _messages(db, ada, "reply") == []
    assert (today.code, today.link) == ("orders_need_person", "/console/payouts")
    assert (today.params, tomorrow.params) == ({"count": 3}, {"count": 1})
    assert today.read_at is None  # there was more after it was read


def test_a_stock_that_runs_low_is_one_message_a_day_to_those_who_keep_the_store(
    work: Work,
) -> None:
    ada, grace, linus = _given(work, "Ada", "Grace", "Linus")
    _trust_with_money(work, grace)
    with work() as db:
        grant_role(db, linus, Role.PROGRAM_ADMIN)
    mugs, cards = new_id(), new_id()

    for reward, left in ((mugs, 5), (mugs, 3), (cards, 1)):
        with work() as db:
            record(db, StockLow(reward, "Bottega Nord", Money(5_000, "EUR"), left))

    with work() as db:
        assert _messages(db, ada, "reply") == []
        assert len(_messages(db, linus, "reply")) == 2
        told = _messages(db, grace, "reply")
    assert {(one.code, one.link) for one in told} == {("stock_low", "/console/rewards")}
    assert sorted(one.params["left"] for one in told) == [1, 3]
    assert told[0].params["money"] == {"amount": "50.00", "currency": "EUR"}


def test_sales_that_wait_are_one_message_to_the_next_manager_until_it_is_read(work: Work) -> None:
    with work() as db:
        give_tenant(db)
        director = give_person(db, "Director", [Role.MANAGER])
        boss = give_person(db, "Boss", [Role.MANAGER], manager=director)
        agent = give_person(db, "Agent", manager=boss)
        sub = give_person(db, "Sub", manager=agent)

    for day in range(2):
        with work(now=NOON + timedelta(days=day)) as db:
            record(db, ClaimLogged(new_id(), sub.id))
    with work() as db:
        (unread,) = _messages(db, boss.id, "reply")
        service.mark_read(db, boss.id, None)
    with work(now=NOON + timedelta(days=2)) as db:
        record(db, ClaimLogged(new_id(), agent.id))

    assert (unread.code, unread.params, unread.link) == (
        "claim_waits",
        {"count": 2},
        "/console/claims",
    )
    with work() as db:
        (again,) = _messages(db, boss.id, "reply")
        assert (again.params, again.read_at) == ({"count": 1}, None)
        assert [_messages(db, one.id, "reply") for one in (director, agent, sub)] == [[], [], []]


def test_a_provider_that_turns_us_away_is_told_with_the_reason(work: Work) -> None:
    ada, grace = _given(work, "Ada", "Grace")
    _trust_with_money(work, grace)
    with work() as db:
        account = accounts.add(
            db,
            provider="plum",
            label="Gift cards",
            base_url="https://plum.example.com",
            settings={},
            secrets={},
        )
        record(db, ProviderPaused(account.id, "plum", "provider_out_of_money"))

    with work() as db:
        (message,) = _messages(db, grace, "reply")
        assert _messages(db, ada, "reply") == []
    assert (message.code, message.link) == ("provider_paused", "/console/payouts/providers")
    assert message.params == {"account": "Gift cards", "reason": "provider_out_of_money"}


def test_a_tenant_without_anybody_who_handles_money_loses_nothing_by_it(work: Work) -> None:
    (ada,) = _given(work, "Ada")

    with work() as db:
        record(db, NeedsAttention(new_id(), ada, "partial"))

    with work() as db:
        assert _messages(db, ada, "reply") == []


def test_an_amended_program_is_told_beside_the_earnings(work: Work) -> None:
    (ada,) = _given(work, "Ada")
    said = {"program": "Field 2026", "from": "2026-12-01", "reason": "A new year", "money": None}
    with work() as db:
        service.tell(db, [Note(ada, "earning", "program_amended", said, "amendment", "/earnings")])

    with work() as db:
        (message,) = _messages(db, ada, "earning")
        assert _params(db, message) == said
