"""Webhooks of providers: kept raw, checked over the raw body, believed in nothing but where to look."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from app.kernel import clock
from app.kernel.ids import new_id
from app.providers import accounts, hooks, registry
from app.providers.contract import Accepted, Hint, Settled
from app.providers.models import ProviderHook
from app.rewards import following, queries
from app.rewards.core import State
from tests.conftest import NOON, Work
from tests.people.phone import API
from tests.rewards.builders import FIFTY
from tests.rewards.scripted import Outside, Scripted, open_outside

SECRET = "a-secret-of-thirteen"


@dataclass
class Post:
    """A provider that sends webhooks to us."""

    outside: Outside
    client: FlaskClient
    path: str

    def send(self, body: dict[str, Any] | bytes, *, key: str = SECRET, path: str = "") -> int:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(
            f"{API}/hooks/{path or self.path}",
            data=raw,
            headers={"x-api-key": key, "Content-Type": "application/json"},
        ).status_code

    def states(self) -> dict[str, int]:
        with self.outside.shop.work() as db:
            rows = db.execute(
                select(ProviderHook.state, func.count().label("count"))
                .where(ProviderHook.tenant_id == self.outside.shop.person.tenant_id)
                .group_by(ProviderHook.state)
            )
            return {row.state: row.count for row in rows}


@pytest.fixture
def post(app: Flask, work: Work) -> Post:
    """The post office of Plum, for a shop that lives now."""
    outside = open_outside(lambda **more: work(**({"now": clock.utc_now()} | more)))
    with work() as db:
        path = accounts.get(db, outside.account_id).hook_path
    return Post(outside, app.test_client(), path)


def news(key: str, event: str = "e-1") -> dict[str, Any]:
    return {"id": event, "data": {"poNumber": key, "orderId": 7, "deliveryStatus": "delivered"}}


def place(post: Post, provider: Scripted) -> tuple[UUID, str]:
    order = post.outside.shop.redeem()
    post.outside.shop.advance(order, provider=provider, now=clock.utc_now())
    with post.outside.shop.work() as db:
        return order, queries.last_attempt(db, order).key


def test_a_genuine_webhook_is_kept_and_leads_to_a_lookup(
    post: Post, run_jobs: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Scripted(Accepted("7"), Settled("7", FIFTY))
    order, key = place(post, provider)
    monkeypatch.setitem(registry.OWN, "plum", lambda _work: provider)

    assert post.send(news(key)) == 204
    run_jobs()

    assert provider.asked == ["place", "lookup"]
    assert post.outside.shop.state(order) == State.CAPTURED
    assert post.states() == {"followed": 1}


@pytest.mark.parametrize("key", ["", "wrong", SECRET.upper(), SECRET + " x"])
def test_a_forged_webhook_is_refused_kept_and_followed_by_nothing(post: Post, key: str) -> None:
    assert post.send(news("k"), key=key) == 401

    assert post.states() == {"forged": 1}


def test_a_webhook_is_kept_even_when_it_cannot_be_read(post: Post) -> None:
    assert post.send(b"\xff{not json") == 401

    assert post.states() == {"forged": 1}


def test_what_is_kept_holds_no_token_in_clear(post: Post, work: Work) -> None:
    post.send(news("k"))

    with work() as db:
        kept = db.execute(text("SELECT sealed FROM provider_hooks")).scalars().all()
    assert kept
    assert not any(SECRET.encode() in one for one in kept)


@pytest.mark.parametrize("path", ["x", "AAAA", "%20", "ab" * 16])
def test_a_path_of_nobody_is_not_there(post: Post, path: str) -> None:
    assert post.send(news("k"), path=path) == 404


def test_the_same_event_many_times_at_once_is_followed_once(post: Post, app: Flask) -> None:
    def send(_number: int) -> int:
        return Post(post.outside, app.test_client(), post.path).send(news("k"))

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(100)))

    assert set(answers) == {204}
    assert post.states() == {"new": 1, "repeated": 99}


def test_the_old_secret_is_believed_for_a_day_after_it_was_changed(post: Post, work: Work) -> None:
    with work(now=clock.utc_now()) as db:
        accounts.change_secrets(db, post.outside.account_id, {"webhook_secret": "another-secret"})

    assert post.send(news("k", "e-1")) == 204
    assert post.send(news("k", "e-2"), key="another-secret") == 204

    with work(now=clock.utc_now() - timedelta(hours=25)) as db:
        accounts.change_secrets(db, post.outside.account_id, {"webhook_secret": "a-third-secret"})
    assert post.send(news("k", "e-3"), key="another-secret") == 401


def test_a_webhook_about_no_order_of_ours_changes_nothing(
    post: Post, run_jobs: Callable[[], None]
) -> None:
    assert post.send(news("nobody-knows-it")) == 204
    run_jobs()

    assert post.states() == {"new": 1}


def test_a_webhook_about_an_order_of_another_tenant_finds_nothing(
    post: Post, work: Work, run_jobs: Callable[[], None]
) -> None:
    stranger = new_id()
    theirs = open_outside(
        lambda **more: work(**({"now": clock.utc_now(), "tenant": stranger} | more))
    )
    order = theirs.shop.redeem()
    with theirs.shop.work() as db:
        key = queries.last_attempt(db, order).key

    assert post.send(news(key)) == 204
    run_jobs()

    assert post.states() == {"new": 1}


def test_a_webhook_that_comes_before_our_own_answer_is_followed_later(
    post: Post, run_jobs: Callable[[], None]
) -> None:
    order = post.outside.shop.redeem()
    with post.outside.shop.work() as db:
        attempt = queries.last_attempt(db, order)
        attempt.state, attempt.due_at = "sending", clock.utc_now() + timedelta(minutes=4)
        key = attempt.key

    assert post.send(news(key)) == 204
    run_jobs()

    assert post.states() == {"new": 1}
    with post.outside.shop.work() as db:
        waiting = db.execute(
            text(
                "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'rewards.follow'"
                " AND status = 'todo' AND args->>'tenant_id' = :tenant"
            ),
            {"tenant": str(post.outside.shop.person.tenant_id)},
        ).scalar_one()
    assert waiting == 1


def test_a_time_in_a_webhook_may_be_five_minutes_away_and_no_more() -> None:
    assert hooks._is_recent(Hint(sent_at=NOON), NOON + timedelta(minutes=5))
    assert hooks._is_recent(Hint(sent_at=NOON), NOON - timedelta(minutes=5))
    assert not hooks._is_recent(Hint(sent_at=NOON), NOON + timedelta(minutes=5, seconds=1))
    assert not hooks._is_recent(Hint(sent_at=NOON), NOON - timedelta(minutes=6))
    assert hooks._is_recent(Hint(), NOON)


def test_a_provider_that_falls_silent_while_orders_wait_is_told_of(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    outside.shop.advance(order, provider=Scripted(Accepted("7")))

    with work(now=NOON + timedelta(minutes=59)) as db:
        assert not following._is_silent(db, accounts.get(db, outside.account_id))
    with work(now=NOON + timedelta(minutes=61)) as db:
        assert following._is_silent(db, accounts.get(db, outside.account_id))


def test_a_webhook_ends_the_alarm_of_silence(post: Post, work: Work) -> None:
    with work() as db:
        accounts.get(db, post.outside.account_id).hook_silent_since = NOON

    post.send(news("k"))

    with work() as db:
        account = accounts.get(db, post.outside.account_id)
        assert account.hook_silent_since is None
        assert account.hook_at is not None


def test_old_webhooks_are_let_go_and_forged_ones_sooner(work: Work) -> None:
    outside = open_outside(work)
    with work() as db:
        for state in ("forged", "followed"):
            hook_id = hooks.keep(db, outside.account_id, {}, b"")
            db.get_one(ProviderHook, (outside.shop.person.tenant_id, hook_id)).state = state

    def left(days: int) -> list[str]:
        with work(now=NOON + timedelta(days=days)) as db:
            hooks.sweep(db)
            return list(db.scalars(select(ProviderHook.state)))

    assert left(6) == ["forged", "followed"]
    assert left(8) == ["followed"]
    assert left(91) == []
