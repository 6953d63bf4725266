"""The store as it is laid out in the database: what a country sees first, and when that changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.rewards import catalog_search, queries, shelving
from app.rewards.catalog_models import CatalogEntry
from app.rewards.service import redeem
from app.rewards.shelf_core import LAST_PLACE, PLACES, family_of
from tests.conftest import NOON, Work
from tests.ledger.builders import give_available
from tests.rewards.builders import offer_card
from tests.rewards.stores import Store, open_store
from tests.sandboxes import plum as vendor

SCREEN = 8
"""So many cards are seen before anybody turns."""


@pytest.fixture
def store(work: Work) -> Iterator[Store]:
    with open_store(work) as opened:
        opened.sell_only([one for one in vendor.Plum.catalog if one["countryCode"] == "IT"])
        opened.sync()
        yield opened


def order(store: Store, name: str, *, days_ago: int = 0) -> UUID:
    """Have the person order the cheapest of what is called so."""
    found = store.find(name).items[0]
    price = catalog_search.least(found)
    with store.work(now=NOON - timedelta(days=days_ago)) as db:
        give_available(db, store.person_id, price.minor)
        redeem(
            db,
            person_id=store.person_id,
            reward_id=found.reward.id,
            money=price,
            today=NOON.date(),
        )
    return found.reward.id


def popularity(store: Store, reward_id: UUID) -> int:
    with store.work() as db:
        return db.scalars(
            select(CatalogEntry.popularity).where(CatalogEntry.reward_id == reward_id)
        ).one()


def test_the_first_screen_is_of_many_kinds_and_names_nothing_twice(store: Store) -> None:
    items = store.find(country="IT").items[:SCREEN]

    assert {one.entry.kind for one in items} == {"gift_card", "experience"}
    assert len({family_of(one.entry.kind, one.reward.brand) for one in items}) == SCREEN
    assert len({one.entry.categories[0] for one in items}) >= SCREEN - 2


def test_what_people_order_moves_to_the_front(store: Store) -> None:
    wanted = order(store, "zip line")

    with store.work() as db:
        shelving.keep(db)

    assert store.find(country="IT").items[0].reward.id == wanted


def test_an_order_of_these_weeks_weighs_more_than_one_of_last_season(store: Store) -> None:
    lately, before = order(store, "cartwheel"), order(store, "northbean", days_ago=60)

    with store.work() as db:
        shelving.keep(db)

    assert (popularity(store, lately), popularity(store, before)) == (3, 1)


def test_an_order_that_came_to_nothing_makes_nothing_popular(store: Store) -> None:
    wanted = order(store, "cartwheel")
    with store.work() as db:
        page = queries.page_of_redemptions(db, cursor=None, limit=1)
        queries.get_redemption(db, page.items[0].id).state = "voided"

    with store.work() as db:
        shelving.keep(db)

    assert popularity(store, wanted) == 0


def test_a_card_that_the_company_stocks_leads_at_once(store: Store) -> None:
    with store.work() as db:
        ours = offer_card(db, codes=["A"])

    before = {one.reward.id for one in store.find(country="IT").items[:2]}
    with store.work() as db:
        shelving.lay_out(db)

    assert ours in before
    assert store.find(country="IT").items[0].reward.id == ours


def test_laying_out_again_writes_nothing(store: Store) -> None:
    def versions() -> list[Any]:
        with store.work() as db:
            return list(
                db.scalars(text("SELECT xmin::text FROM catalog_entries ORDER BY reward_id"))
            )

    before = versions()

    with store.work() as db:
        shelving.lay_out(db)

    assert versions() == before


def test_only_the_first_have_a_place_of_their_own(store: Store) -> None:
    with store.work() as db:
        places = db.scalars(select(CatalogEntry.place)).all()

    assert sorted(place for place in places if place < LAST_PLACE) == list(range(PLACES))
