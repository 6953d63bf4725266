"""Reading catalogs: what comes, what goes, what stays though everything else changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.rewards import catalog_search, catalog_service, catalog_sync, queries
from app.rewards.catalog_models import CatalogEntry, CatalogSync
from app.rewards.models import Reward
from tests.conftest import NOON, Work
from tests.rewards.stores import Store, open_store
from tests.sandboxes import plum as vendor


@pytest.fixture
def store(work: Work) -> Iterator[Store]:
    with open_store(work) as opened:
        yield opened


def some(count: int, **wanted: Any) -> list[dict[str, Any]]:
    """Return products of the vendor that are like this."""
    fitting = (
        product
        for product in vendor.Plum.catalog
        if all(product[name] == value for name, value in wanted.items())
    )
    return [product for product, _ in zip(fitting, range(count), strict=False)]


@pytest.mark.slow
def test_a_whole_catalog_is_read_and_read_again_without_a_change(store: Store) -> None:
    first = store.sync()
    again = store.sync(now=NOON + timedelta(days=1))

    listed = len(vendor.Plum.catalog)
    assert (first.state, first.added, first.malformed) == ("done", listed, 0)
    assert (again.added, again.changed, again.unchanged, again.retired) == (0, 0, listed, 0)
    with store.work() as db:
        assert db.scalar(select(func.count()).select_from(Reward)) == listed


def test_fixed_and_open_amounts_become_what_can_be_ordered(store: Store) -> None:
    (fixed,) = some(1, valueType="fixed_denomination", countryCode="IT")
    (open_,) = some(1, valueType="open_value", countryCode="IT")
    codes = store.sell_only([fixed, open_])

    store.sync()

    with store.work() as db:
        first, second = (queries.get_reward(db, store.entry(code).reward_id) for code in codes)
        amounts = queries.denominations_of(db, first.id)
        assert amounts == sorted(
            int(float(one) * 100) for one in fixed["valueDenominations"].split(",")
        )
        assert (first.min_minor, second.min_minor) == (None, open_["minValue"] * 100)
        assert (first.provider, first.product_code) == ("plum", codes[0])


def test_what_disappears_is_retired_and_comes_back_as_what_it_was(store: Store) -> None:
    first, second = store.sell_only(some(2))
    store.sync()
    reward_id = store.entry(first).reward_id

    store.sandbox.set_mode("withdrawn", products=[int(first)])
    gone = store.sync()
    after = store.entry(first)
    store.sandbox.set_mode("normal")
    store.sync()

    assert (gone.retired, after.retired_at) == (1, NOON)
    assert store.entry(second).retired_at is None
    assert store.entry(first).retired_at is None
    assert store.entry(first).reward_id == reward_id


def test_favourites_and_curation_outlive_changes_and_disappearance(store: Store) -> None:
    first, second = store.sell_only(some(2))
    store.sync()
    reward_id, hidden_id = store.entry(first).reward_id, store.entry(second).reward_id
    with store.work() as db:
        catalog_service.mark(db, person_id=store.person_id, reward_id=reward_id)
        catalog_service.curate(db, reward_id, pinned=7)
        catalog_service.curate(db, hidden_id, is_hidden=True)

    store.sandbox.set_mode("withdrawn", products=[int(first)])
    store.sync()
    store.sandbox.set_mode("normal")
    store.sandbox.products[int(first)]["name"] = "Under another name"
    store.sandbox.products[int(second)]["description"] = "Described anew"
    changed = store.sync()

    assert changed.changed == 2
    assert store.entry(first).pinned == 7
    assert store.entry(second).is_hidden
    assert store.names(shelf="favourites") == ["Under another name"]
    assert store.names() == ["Under another name"]


def test_malformed_products_are_counted_and_named_and_retire_nothing(store: Store) -> None:
    codes = store.sell_only(vendor.Plum.catalog[:8])
    store.sync()

    spoilt = [int(code) for code in codes if int(code) % 6 != 5][:3]
    store.sandbox.set_mode("malformed", products=spoilt)
    sync = store.sync()

    assert (sync.state, sync.malformed, sync.retired) == ("done", 3, 0)
    assert {example["code"] for example in sync.examples} == {str(code) for code in spoilt}
    assert all(example["reason"] for example in sync.examples)


def test_a_list_that_breaks_off_retires_nothing_and_says_why(store: Store) -> None:
    (code,) = store.sell_only(some(1))
    store.sync()
    store.sandbox.set_mode("cut", on="getVouchers")

    sync = store.sync()

    assert sync.state == "broken"
    assert sync.problem
    assert store.entry(code).retired_at is None


@pytest.mark.parametrize("mode", ["throttled", "unauthorized"])
def test_a_reading_that_is_turned_away_retires_nothing_and_the_next_one_is_whole(
    store: Store, mode: str
) -> None:
    first, second = store.sell_only(some(2))
    store.sync()
    store.sell_only(some(1))
    store.sandbox.set_mode(mode, on="getVouchers")

    broken = store.sync()
    store.sandbox.modes.clear()
    whole = store.sync()

    assert (broken.state, broken.retired) == ("broken", 0)
    assert (whole.state, whole.retired) == ("done", 1)
    assert store.entry(first).retired_at is None
    assert store.entry(second).retired_at is not None


def test_a_token_that_dies_while_the_catalog_is_read_is_replaced_and_the_reading_goes_on(
    store: Store,
) -> None:
    (code,) = store.sell_only(some(1))
    store.sandbox.set_mode("unauthorized", on="getVouchers", times=1)

    sync = store.sync()

    assert (sync.state, sync.added) == ("done", 1)
    assert store.entry(code).retired_at is None
    assert store.sandbox.state["refreshes"] == 1


def test_between_whole_readings_only_changes_are_asked_for(store: Store) -> None:
    codes = store.sell_only(some(30))
    store.sync()
    before = len(store.sandbox.calls)
    store.sandbox.set_mode("renamed", product=int(codes[3]), name="Freshly named")

    sync = store.sync(is_full=False, now=NOON + timedelta(minutes=30))

    asked = [call for call in store.sandbox.calls[before:] if call["operation"] == "getVouchers"]
    assert len(asked) == 1
    assert '"lastUpdateDate"' in asked[0]["body"]
    assert (sync.is_full, sync.changed, sync.retired) == (False, 1, 0)
    assert store.entry(codes[3]).name == "Freshly named"


def test_a_catalog_is_due_after_an_hour_and_a_whole_one_after_a_day(store: Store) -> None:
    store.sell_only(some(1))
    store.sync()

    def due(hours: float, *, only_full: bool) -> bool:
        every = catalog_sync.FULL_EVERY if only_full else catalog_sync.CHANGES_EVERY
        with store.work(now=NOON + timedelta(hours=hours)) as db:
            return catalog_sync.is_due(db, store.account_id, every=every, only_full=only_full)

    assert [due(0.5, only_full=False), due(1, only_full=False)] == [False, True]
    assert [due(23, only_full=True), due(24, only_full=True)] == [False, True]


def test_what_was_sold_out_comes_back_after_a_day(store: Store) -> None:
    (code,) = store.sell_only(some(1))
    store.sync()
    with store.work() as db:
        queries.get_reward(db, store.entry(code).reward_id).sold_out_at = NOON

    store.sync(now=NOON + timedelta(hours=23))
    with store.work() as db:
        still = queries.get_reward(db, store.entry(code).reward_id).sold_out_at
    store.sync(now=NOON + timedelta(hours=25))

    assert still == NOON
    with store.work() as db:
        assert queries.get_reward(db, store.entry(code).reward_id).sold_out_at is None


def test_readings_of_one_tenant_are_nobody_elses(store: Store, work: Work) -> None:
    store.sell_only(some(1))
    store.sync()

    with work(tenant=store.account_id) as db:
        assert db.scalar(select(func.count()).select_from(CatalogEntry)) == 0
        assert db.scalar(select(func.count()).select_from(CatalogSync)) == 0
        found = catalog_search.find(db, catalog_search.Wish("a"), person_id=None)
        assert found.items == []
