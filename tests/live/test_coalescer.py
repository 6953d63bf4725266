"""Coalescing on a real Valkey: few flushes, nothing lost, one leader."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from itertools import pairwise

import pytest
import redis
from flask import Flask

from app.kernel.ids import new_id
from app.live import bus as live_bus
from app.live import presence
from app.live.bus import bus
from app.live.coalescer import LEASE_MS, LONG_PAUSE, PAUSE, Coalescer, hurry, mark, mark_now
from tests.conftest import Work

Flushed = list[tuple[float, str, set[str]]]


@pytest.fixture(autouse=True)
def valkey(app: Flask) -> Iterator[redis.Redis]:
    """Valkey without marks and without a leader of another test."""
    for key in bus().valkey.scan_iter("coalescer:*"):
        bus().valkey.delete(key)
    presence.note(bus().valkey, ["board", "one", "two"])
    yield bus().valkey
    bus().valkey.zrem(presence.PRESENT, "board", "one", "two")
    bus().valkey.delete("coalescer:leader")


@pytest.fixture
def flushed() -> Flushed:
    return []


@pytest.fixture
def leader(flushed: Flushed) -> Coalescer:
    def note(topic: str, members: Collection[str]) -> None:
        flushed.append((time.monotonic(), topic, set(members)))

    return Coalescer(bus().valkey, note)


def _ignore(_topic: str, _members: Collection[str]) -> None:
    """Flush nothing."""


def _run(coalescer: Coalescer, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        coalescer.step()


def test_a_quiet_topic_is_flushed_at_once(leader: Coalescer, flushed: Flushed) -> None:
    mark_now("board", ["ada"])

    began = time.monotonic()
    leader.step()

    assert [(topic, members) for _, topic, members in flushed] == [("board", {"ada"})]
    assert flushed[0][0] - began < PAUSE


def test_a_busy_topic_is_flushed_a_few_times_a_second_and_nothing_is_lost(
    leader: Coalescer, flushed: Flushed
) -> None:
    end = time.monotonic() + 1.2
    marked = 0
    while time.monotonic() < end:
        mark_now("board", [f"rep {marked}"])
        marked += 1
        leader.step()
    _run(leader, 2 * PAUSE)

    times = [at for at, _, _ in flushed]
    assert len(flushed) <= (1.2 + 2 * PAUSE) / PAUSE + 1
    assert all(later - earlier >= PAUSE * 0.95 for earlier, later in pairwise(times))
    assert set().union(*(members for _, _, members in flushed)) == {
        f"rep {n}" for n in range(marked)
    }


def test_a_topic_that_nobody_looks_at_is_flushed_seldom_until_somebody_comes(
    leader: Coalescer, flushed: Flushed
) -> None:
    mark_now("backstage", ["ada"])
    leader.step()
    mark_now("backstage", ["bo"])
    _run(leader, 2 * PAUSE)
    assert [members for _, _, members in flushed] == [{"ada"}]

    hurry("backstage")
    _run(leader, 2 * PAUSE)

    assert [members for _, _, members in flushed] == [{"ada"}, {"bo"}]
    assert flushed[1][0] - flushed[0][0] < LONG_PAUSE
    bus().valkey.zrem(presence.PRESENT, "backstage")


def test_a_topic_that_nobody_looks_at_is_flushed_all_the_same(
    leader: Coalescer, flushed: Flushed
) -> None:
    mark_now("backstage", ["ada"])
    leader.step()
    mark_now("backstage", ["bo"])

    _run(leader, LONG_PAUSE + 2 * PAUSE)

    assert [members for _, _, members in flushed] == [{"ada"}, {"bo"}]


def test_topics_do_not_wait_for_each_other(leader: Coalescer, flushed: Flushed) -> None:
    mark_now("one", ["ada"])
    leader.step()

    mark_now("one", ["bo"])
    mark_now("two", ["cem"])
    _run(leader, 2 * PAUSE)

    assert [topic for _, topic, _ in flushed] == ["one", "two", "one"]


def test_a_flush_that_fails_is_tried_again(flushed: Flushed) -> None:
    def fail_once(topic: str, members: Collection[str]) -> None:
        flushed.append((time.monotonic(), topic, set(members)))
        if len(flushed) == 1:
            raise ConnectionError("The database is away.")

    coalescer = Coalescer(bus().valkey, fail_once)
    mark_now("board", ["ada"])

    _run(coalescer, 3 * PAUSE)

    assert [members for _, _, members in flushed] == [{"ada"}, {"ada"}]


def test_only_one_process_leads(leader: Coalescer, flushed: Flushed) -> None:
    other = Coalescer(bus().valkey, _ignore)
    assert leader.step()

    assert not other.step()
    assert leader.step()


def test_when_the_leader_dies_another_one_flushes_what_was_marked(
    leader: Coalescer, flushed: Flushed
) -> None:
    dead = Coalescer(bus().valkey, _ignore)
    assert dead.step()
    mark_now("board", ["ada"])
    assert not leader.step()

    bus().valkey.pexpire("coalescer:leader", 1)  # its lease runs out, as after LEASE_MS
    _run(leader, 0.3)

    assert LEASE_MS <= 5_000
    assert [members for _, _, members in flushed] == [{"ada"}]


def test_what_the_dead_leader_had_in_hand_is_flushed_by_the_next(
    leader: Coalescer, flushed: Flushed
) -> None:
    def die(_topic: str, _members: Collection[str]) -> None:
        raise SystemExit

    dead = Coalescer(bus().valkey, die)
    mark_now("board", ["ada"])
    with pytest.raises(SystemExit):
        dead.step()
    mark_now("board", ["bo"])
    bus().valkey.zrem("coalescer:topics", "board")  # popped, and not yet due

    bus().valkey.delete("coalescer:leader")
    _run(leader, 0.3)

    assert [members for _, _, members in flushed] == [{"ada", "bo"}]


def test_what_could_not_be_marked_is_marked_with_the_next(
    leader: Coalescer, flushed: Flushed, app: Flask
) -> None:
    url = app.extensions["laurel"].settings.redis_url
    live_bus.connect("redis://127.0.0.1:1")
    mark_now("board", ["ada"])
    mark_now("board", ["bo"])
    live_bus.connect(url)

    mark_now("two", ["cem"])
    _run(leader, 0.3)

    assert {topic: members for _, topic, members in flushed} == {
        "board": {"ada", "bo"},
        "two": {"cem"},
    }


def test_what_is_not_committed_is_not_marked(
    work: Work, leader: Coalescer, flushed: Flushed
) -> None:
    topic = str(new_id())

    with pytest.raises(ZeroDivisionError), work() as db:
        mark(db, topic, ["ada"])
        raise ZeroDivisionError
    with work() as db:
        mark(db, topic, ["bo"])
    _run(leader, 0.2)

    assert [members for _, name, members in flushed if name == topic] == [{"bo"}]
