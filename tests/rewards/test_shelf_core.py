"""The order of a shelf: what is liked, what is new among it, and no two of a kind side by side."""

from __future__ import annotations

from itertools import count
from uuid import UUID

import pytest

from app.rewards.shelf_core import PLACES, Thing, family_of, laid_out

_NUMBERS = count(1)


def thing(
    family: str,
    *,
    kind: str = "gift_card",
    department: str = "Books",
    popularity: int = 0,
    is_ours: bool = False,
    reach: int = 1,
) -> Thing:
    number = UUID(int=next(_NUMBERS))
    return Thing(number, kind, family, department, popularity, is_ours, reach)


def families(*things: Thing) -> list[str]:
    names = {one.id: one.family for one in things}
    return [names[reward_id] for reward_id in laid_out(things, seed="IT")]


def test_what_is_ordered_most_comes_first() -> None:
    a, b = thing("a", popularity=2), thing("b", popularity=9)

    assert families(a, b) == ["b", "a"]


def test_what_the_company_stocks_itself_counts_as_liked() -> None:
    far, ours = thing("far", reach=90), thing("ours", is_ours=True)

    assert families(far, ours) == ["ours", "far"]


def test_after_three_that_are_liked_comes_one_that_nobody_tried() -> None:
    liked = [thing(f"liked {n}", popularity=9 - n) for n in range(5)]

    shelf = families(*liked, thing("new"))

    assert shelf.index("new") == 3


def test_departments_take_turns() -> None:
    books = [thing(f"book {n}", department="Books") for n in range(3)]
    games = [thing(f"game {n}", department="Games") for n in range(3)]

    shelf = families(*books, *games)

    assert {shelf[0][:4], shelf[1][:4]} == {"book", "game"}
    assert {shelf[2][:4], shelf[3][:4]} == {"book", "game"}


def test_one_experience_in_six_cities_takes_one_place_in_front() -> None:
    teas = [thing("tea", kind="experience", department="Dining") for _ in range(6)]
    cards = [thing(f"card {n}", department=f"Trade {n}") for n in range(4)]

    shelf = families(*teas, *cards)

    assert shelf[:5].count("tea") == 1
    assert shelf[5:] == ["tea"] * 5


def test_the_city_in_which_a_thing_is_liked_stands_for_the_others() -> None:
    rome, milan = (thing("tea", kind="experience", popularity=n) for n in (0, 4))

    assert laid_out([rome, milan], seed="IT")[0] == milan.id


def test_two_cards_come_with_each_experience() -> None:
    cards = [thing(f"card {n}", department=f"Trade {n}") for n in range(4)]
    todo = [thing(f"todo {n}", kind="experience", department=f"Kind {n}") for n in range(2)]

    shelf = families(*cards, *todo)

    assert [name[:4] for name in shelf] == ["card", "card", "todo"] * 2


def test_what_is_sold_in_most_countries_leads_its_department() -> None:
    corner, world = thing("corner shop"), thing("world", reach=90)

    assert families(corner, world) == ["world", "corner shop"]


def test_two_countries_do_not_begin_with_the_same_department() -> None:
    things = [thing(name, department=name) for name in ("Books", "Games", "Fuel", "Toys", "Pets")]

    firsts = {laid_out(things, seed=seed)[0] for seed in ("IT", "FR", "ID", "IN", "DE", "US")}

    assert len(firsts) > 1


def test_only_the_first_have_places() -> None:
    things = [thing(f"card {n}") for n in range(PLACES + 30)]

    assert len(laid_out(things, seed="IT")) == PLACES


def test_an_empty_country_has_an_empty_shelf() -> None:
    assert laid_out([], seed="IT") == []


@pytest.mark.parametrize(
    ("kind", "brand", "family"),
    [
        ("experience", "Tea for two, Rome", "tea for two"),
        ("experience", "Terme Serena", "terme serena"),
        ("gift_card", "Smith, Jones", "smith, jones"),
    ],
)
def test_a_family_is_what_differs_by_its_place_only(kind: str, brand: str, family: str) -> None:
    assert family_of(kind, brand) == family
