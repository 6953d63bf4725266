"""Finding things in the store: words and typos, filters, shelves, and who is shown what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import update

from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.people import service as people
from app.rewards import catalog_core, catalog_search, catalog_service, queries
from app.rewards.audience_core import Audience
from app.rewards.catalog_core import Guess, Rule, Search, search_text
from app.rewards.catalog_models import CatalogEntry
from app.rewards.catalog_search import Wish
from app.rewards.errors import NotOffered
from app.rewards.service import redeem
from tests.conftest import NOON, Work
from tests.ledger.builders import give_available
from tests.people.builders import give_person
from tests.rewards.builders import offer_card
from tests.rewards.stores import Store, open_store
from tests.sandboxes import plum as vendor


@pytest.fixture(scope="module")
def products() -> list[dict[str, object]]:
    """Italy and France, whole."""
    vendor.make_sandbox()
    return [one for one in vendor.Plum.catalog if one["countryCode"] in ("IT", "FR")]


@pytest.fixture
def store(work: Work, products: list[dict[str, object]]) -> Iterator[Store]:
    with open_store(work) as opened:
        opened.sell_only(products)
        opened.sync()
        yield opened


def test_beginnings_of_words_find(store: Store) -> None:
    names = store.names("cart it")

    assert names[0] == "Cartwheel Italy"
    assert not store.find("cart it").is_alike


def test_accents_and_capitals_do_not_matter(store: Store) -> None:
    assert store.names("CÀRTWHEEL ítaly") == ["Cartwheel Italy"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("cartwheal", "Cartwheel"),
        ("nothbean cofee", "Northbean Coffee"),
        ("baloon flight", "Hot-air balloon flight"),
        ("pragliding", "paragliding"),
        ("strem loft", "Streamloft"),
    ],
)
def test_typos_find_what_was_meant(store: Store, typed: str, meant: str) -> None:
    shelf = store.find(typed)

    assert shelf.is_alike
    assert meant in shelf.items[0].entry.name


def test_a_word_is_guessed_by_how_much_of_both_words_is_alike() -> None:
    said = catalog_core.asked("zip moning")
    assert said is not None
    canyoning, morning = Guess("moning", "canyoning", 0.44), Guess("moning", "morning", 0.5)
    far, same = Guess("moning", "montego", 0.3), Guess("zip", "zip", 1.0)

    assert said.guessed([canyoning, far, same, morning]) == Search(
        lead=["% morning%", "% canyoning%"], rest=[" (zip)"], ranks=["% morning%", "% canyoning%"]
    )
    assert said.guessed([canyoning, morning]) is None


def test_a_store_of_others_is_neither_searched_nor_guessed_at(store: Store) -> None:
    with store.work(tenant=new_id()) as db:
        everything = catalog_search.find(db, Wish("cartwheel"), person_id=None)
        alike = catalog_search.find(db, Wish("cartwheal"), person_id=None)

    assert everything.items == alike.items == []


def test_a_new_name_can_be_mistyped_too(store: Store) -> None:
    renamed = store.find("cartwheel italy").items[0].reward.id
    with store.work() as db:
        db.execute(
            update(CatalogEntry)
            .where(CatalogEntry.reward_id == renamed)
            .values(search_text=search_text("Quibblesnatch"))
        )

    shelf = store.find("quiblesnatch")

    assert [found.reward.id for found in shelf.items] == [renamed]
    assert shelf.is_alike


def test_nonsense_finds_nothing(store: Store) -> None:
    assert store.names("xqzwv") == []


@pytest.mark.parametrize("typed", ["%", "_", "\\", "'; DROP TABLE rewards; --", "a" * 80, "ñ%_"])
def test_signs_are_no_patterns(store: Store, typed: str) -> None:
    assert store.find(typed).next_cursor is None or "drop" not in typed


@pytest.mark.parametrize(
    "wish",
    [
        {"country": "IT"},
        {"kind": "experience"},
        {"category": "Wellness"},
        {"currency": "EUR"},
        {"amount": "open"},
        {"amount": "fixed"},
        {"country": "FR", "category": "Getaways", "kind": "experience"},
    ],
)
def test_filters_leave_only_what_fits(store: Store, wish: dict[str, str]) -> None:
    found = store.find(**wish).items

    assert found
    for one in found:
        assert wish.get("country", one.entry.country) == one.entry.country
        assert wish.get("kind", one.entry.kind) == one.entry.kind
        assert wish.get("category", "") in (*one.entry.categories, "")
        assert wish.get("amount", "open") == "open" or not one.entry.is_open


def test_every_page_goes_on_where_the_last_one_ended(store: Store) -> None:
    seen: list[UUID] = []
    cursor: str | None = None
    with store.work() as db:
        while True:
            shelf = catalog_search.find(
                db,
                Wish(country="FR", kind="gift_card"),
                person_id=store.person_id,
                shown=catalog_search.EVERYTHING,
                cursor=cursor,
            )
            seen += [found.reward.id for found in shelf.items]
            cursor = shelf.next_cursor
            if cursor is None:
                break

    assert len(seen) == len(set(seen)) == 60


def test_pinned_comes_first_then_what_is_ordered_most(store: Store) -> None:
    last = store.find("zip line", country="IT").items[0].reward.id
    with store.work() as db:
        catalog_service.curate(db, last, pinned=1)

    assert store.find(country="IT").items[0].reward.id == last


def test_favourites_are_a_shelf_of_their_own(store: Store) -> None:
    wanted = store.find("cartwheel italy").items[0].reward.id
    with store.work() as db:
        catalog_service.mark(db, person_id=store.person_id, reward_id=wanted)
        catalog_service.mark(db, person_id=store.person_id, reward_id=wanted)

    (found,) = store.find(shelf="favourites").items

    assert (found.reward.id, found.is_favourite) == (wanted, True)
    with store.work() as db:
        catalog_service.unmark(db, person_id=store.person_id, reward_id=wanted)
    assert store.names(shelf="favourites") == []


def test_what_was_ordered_is_found_again(store: Store) -> None:
    found = store.find("cartwheel italy").items[0]
    price = catalog_search.least(found)
    with store.work() as db:
        give_available(db, store.person_id, price.minor)
        redeem(
            db,
            person_id=store.person_id,
            reward_id=found.reward.id,
            money=price,
            today=NOON.date(),
        )

    assert store.names(shelf="recent") == ["Cartwheel Italy"]


def test_what_is_sold_out_says_so_and_can_be_left_out(store: Store) -> None:
    found = store.find("cartwheel italy").items[0]
    with store.work() as db:
        queries.get_reward(db, found.reward.id).sold_out_at = NOON

    assert [one.is_in_stock for one in store.find("cartwheel italy").items] == [False]
    assert store.names("cartwheel italy", in_stock=True) == []


def test_our_own_cards_are_found_beside_those_of_providers(store: Store) -> None:
    with store.work() as db:
        offer_card(db, codes=["A", "B"])

    (found,) = store.find("bottega").items

    assert (found.entry.name, found.is_in_stock, found.left) == ("Bottega Nord", True, {5_000: 2})


def test_a_rule_for_everybody_hides_a_category(store: Store) -> None:
    with store.work() as db:
        catalog_service.add_rule(db, Audience(), Rule("hide", "category", "Adventure"))

    assert store.names(category="Adventure") == []
    assert store.names(category="Wellness") != []


def test_a_rule_for_a_team_holds_for_its_people_only(store: Store) -> None:
    with store.work() as db:
        team = people.add_team(db, name="Field")
        inside = give_person(db, name="Bo")
        people.place(db, person_id=inside.id, team_id=team.id, from_on=date(2026, 1, 1))
        catalog_service.add_rule(db, Audience(team.id), Rule("only", "country", "FR"))
        shown = catalog_search.shown_to(db, inside.id)
        theirs = catalog_search.find(db, Wish("cartwheel"), person_id=inside.id, shown=shown)

        assert [one.entry.name for one in theirs.items] == ["Cartwheel France"]
    assert len(store.names("cartwheel")) == 2


def test_two_only_rules_about_one_thing_allow_both(store: Store) -> None:
    with store.work() as db:
        for country in ("IT", "FR"):
            catalog_service.add_rule(db, Audience(), Rule("only", "country", country))

    assert len(store.names("cartwheel")) == 2


def test_what_a_person_is_not_shown_cannot_be_ordered(store: Store) -> None:
    found = store.find("cartwheel italy").items[0]
    price = catalog_search.least(found)
    with store.work() as db:
        give_available(db, store.person_id, price.minor)
        catalog_service.add_rule(db, Audience(), Rule("only", "country", "FR"))

    with store.work() as db, pytest.raises(NotOffered):
        redeem(
            db, person_id=store.person_id, reward_id=found.reward.id, money=price, today=NOON.date()
        )
    with store.work() as db, pytest.raises(NotFound):
        catalog_service.mark(db, person_id=store.person_id, reward_id=found.reward.id)


def test_choices_count_what_they_leave(store: Store) -> None:
    with store.work() as db:
        found = catalog_search.choices(db, shown=catalog_search.EVERYTHING, country="IT")

    assert [choice.value for choice in found.countries] == ["FR", "IT"]
    assert {choice.value for choice in found.currencies} == {"EUR"}
    wellness = next(choice for choice in found.categories if choice.value == "Wellness")
    assert wellness.count >= 12 * 6


@pytest.mark.parametrize(
    ("zone", "country"),
    [("Europe/Rome", "IT"), ("Asia/Jakarta", "ID"), ("Asia/Kolkata", "IN"), ("UTC", None)],
)
def test_the_country_of_a_person_follows_from_their_time(zone: str, country: str | None) -> None:
    assert catalog_core.country_of(zone) == country
