"""The store over HTTP: a page is small, favourites are marked, the company curates."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.http.principal import Role
from app.kernel import clock
from app.rewards import catalog_search, catalog_service, service
from app.rewards.service import redeem
from tests.conftest import NOON, Work
from tests.ledger.builders import give_available
from tests.people.builders import give_person, give_session
from tests.people.phone import Phone
from tests.rewards.stores import Store, open_store
from tests.sandboxes import plum as vendor


@pytest.fixture
def store(work: Work) -> Iterator[Store]:
    with open_store(work) as opened:
        opened.sell_only([one for one in vendor.Plum.catalog if one["countryCode"] == "IT"])
        opened.sync()
        yield opened


def phone_of(app: Flask, store: Store, role: Role | None = None) -> Phone:
    """Return a browser in which the person of the store, or somebody with a role, is signed in."""
    with store.work(now=clock.utc_now()) as db:
        person = store.person if role is None else give_person(db, name="Cy", roles=[role])
        assert person is not None
        token = give_session(db, person)
    phone = Phone(app.test_client())
    phone.take(token)
    return phone


def test_a_screen_of_the_store_is_small_and_says_what_it_shows(app: Flask, store: Store) -> None:
    answer = phone_of(app, store).get("/me/store?q=cartwheel&country=IT")

    (item,) = answer.json["items"]
    assert (item["name"], item["kind"], item["favourite"]) == (
        "Cartwheel Italy",
        "gift_card",
        False,
    )
    assert item["least"]["currency"] == "EUR"
    assert len(phone_of(app, store).get("/me/store?limit=60").data) < 60_000


def test_pages_of_the_store_follow_each_other(app: Flask, store: Store) -> None:
    phone = phone_of(app, store)

    first = phone.get("/me/store?kind=experience").json
    second = phone.get(f"/me/store?kind=experience&cursor={first['next_cursor']}").json

    assert len(first["items"]) == len(second["items"]) == 20
    assert {one["id"] for one in first["items"]}.isdisjoint({one["id"] for one in second["items"]})


@pytest.mark.parametrize(
    "query", ["cursor=abc", "cursor=W10", "limit=0", "limit=1000", "country=it", "kind=boat", "x=1"]
)
def test_a_question_that_makes_no_sense_is_refused(app: Flask, store: Store, query: str) -> None:
    assert phone_of(app, store).get(f"/me/store?{query}").status_code == 422


def test_a_reward_opens_with_its_amounts_and_terms(app: Flask, store: Store) -> None:
    phone = phone_of(app, store)
    (item,) = phone.get("/me/store?q=cartwheel").json["items"]

    found = phone.get(f"/me/store/{item['id']}").json

    assert [one["money"]["amount"] for one in found["denominations"]]
    assert found["terms"] == "Not for resale. Cannot be exchanged for cash."
    assert all(one["in_stock"] and not one["affordable"] for one in found["denominations"])


def test_a_favourite_is_marked_and_unmarked(app: Flask, store: Store) -> None:
    phone = phone_of(app, store)
    (item,) = phone.get("/me/store?q=cartwheel").json["items"]

    marked = phone.send("PUT", f"/me/store/{item['id']}/favourite", {})
    shelf = phone.get("/me/store?shelf=favourites").json["items"]
    phone.send("DELETE", f"/me/store/{item['id']}/favourite")

    assert marked.status_code == 204
    assert [(one["id"], one["favourite"]) for one in shelf] == [(item["id"], True)]
    assert phone.get("/me/store?shelf=favourites").json["items"] == []


def test_the_choices_begin_at_home(app: Flask, store: Store) -> None:
    choices = phone_of(app, store).get("/me/store/choices?country=IT").json

    assert choices["home"] == "IT"
    assert [one["value"] for one in choices["countries"]] == ["IT"]
    assert {"Wellness", "Getaways"} <= {one["value"] for one in choices["categories"]}


def test_the_company_hides_and_pins_and_rules(app: Flask, store: Store) -> None:
    console, phone = phone_of(app, store, Role.PROGRAM_ADMIN), phone_of(app, store)
    (item,) = console.get("/catalog?q=cartwheel").json["items"]

    console.send("PATCH", f"/catalog/{item['id']}", {"is_hidden": True})
    rule = console.post(
        "/catalog/rules", {"effect": "hide", "about": "category", "value": "Wellness"}
    )

    assert phone.get("/me/store?q=cartwheel").json["items"] == []
    assert console.get("/catalog?q=cartwheel").json["items"][0]["is_hidden"] is True
    assert phone.get("/me/store?category=Wellness").json["items"] == []
    console.send("DELETE", f"/catalog/rules/{rule.json['id']}")
    assert phone.get("/me/store?category=Wellness").json["items"] != []
    assert console.get("/catalog/rules").json["items"] == []


def test_a_reading_is_asked_for_once_and_told_about(app: Flask, store: Store) -> None:
    console = phone_of(app, store, Role.FINANCE)
    wanted = {"account_id": str(store.account_id), "is_full": True}

    first, second = console.post("/catalog/syncs", wanted), console.post("/catalog/syncs", wanted)

    assert (first.status_code, first.json, second.json) == (202, {"asked": True}, {"asked": False})
    (sync,) = console.get("/catalog/syncs").json["items"]
    assert (sync["account"], sync["state"], sync["malformed"]) == ("Plum", "done", 0)
    assert sync["added"] > 0


def test_reps_do_not_curate(app: Flask, store: Store) -> None:
    phone = phone_of(app, store)

    assert phone.get("/catalog").status_code == 403
    assert phone.post("/catalog/rules", {}).status_code == 403


def test_home_is_where_the_person_lives_when_anything_is_sold_there(
    app: Flask, store: Store
) -> None:
    phone = phone_of(app, store)

    at_home = phone.get("/me/store?country=home").json
    nowhere = phone.get("/me/store?country=FR").json

    assert (at_home["country"], len(at_home["items"])) == ("IT", 20)
    assert (nowhere["country"], nowhere["items"]) == ("FR", [])
    assert at_home["available"] == []


def test_the_front_of_the_store_holds_what_one_marked_and_ordered(app: Flask, store: Store) -> None:
    phone = phone_of(app, store)
    marked = store.find("northbean").items[0].reward.id
    ordered = store.find("cartwheel").items[0]
    price = catalog_search.least(ordered)
    with store.work() as db:
        give_available(db, store.person_id, price.minor)
        redeem(
            db,
            person_id=store.person_id,
            reward_id=ordered.reward.id,
            money=price,
            today=NOON.date(),
        )
        catalog_service.mark(db, person_id=store.person_id, reward_id=marked)

    front = phone.get("/me/store/front").json

    assert [one["id"] for one in front["favourites"]] == [str(marked)]
    assert [one["id"] for one in front["recent"]] == [str(ordered.reward.id)]
    assert (front["country"], len(front["items"])) == ("IT", 20)


def test_the_next_page_goes_on_where_the_front_ended(app: Flask, store: Store) -> None:
    phone = phone_of(app, store)

    front = phone.get("/me/store/front").json
    second = phone.get(f"/me/store?country=home&cursor={front['next_cursor']}").json

    assert {one["id"] for one in front["items"]}.isdisjoint({one["id"] for one in second["items"]})


def test_the_front_of_the_store_shows_nothing_that_is_hidden(app: Flask, store: Store) -> None:
    phone = phone_of(app, store)
    with store.work() as db:
        marked = store.find("northbean").items[0].reward.id
        catalog_service.mark(db, person_id=store.person_id, reward_id=marked)
        catalog_service.curate(db, marked, is_hidden=True)

    assert phone.get("/me/store/front").json["favourites"] == []


def test_the_console_is_offered_what_the_catalog_holds(app: Flask, store: Store) -> None:
    console = phone_of(app, store, Role.PROGRAM_ADMIN)

    choices = console.get("/catalog/choices?country=IT").json

    assert [one["value"] for one in choices["currencies"]] == ["EUR"]
    assert "Wellness" in {one["value"] for one in choices["categories"]}
    assert phone_of(app, store).get("/catalog/choices").status_code == 403


def test_the_console_opens_with_the_shelf_of_the_country_one_lives_in(
    app: Flask, store: Store
) -> None:
    console = phone_of(app, store, Role.PROGRAM_ADMIN)
    with store.work() as db:
        service.offer(db, service.Offer("Onda", "gift_card", "FR", "EUR", (2_000,)))

    at_home = console.get("/catalog?country=home&q=onda").json["items"]

    assert at_home == []
    assert console.get("/catalog?q=onda").json["items"] != []
