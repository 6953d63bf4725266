from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import pools
from app.engine.pools import RankMethod

NAMES = st.sampled_from("abcdefgh")
SCORES = st.dictionaries(NAMES, st.integers(-3, 9).map(Fraction), max_size=8)
METHODS: list[RankMethod] = ["standard", "modified", "dense", "ordinal", "fractional"]


def scores(**given_scores: int) -> dict[str, Fraction]:
    return {name: Fraction(score) for name, score in given_scores.items()}


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("standard", ["1", "2", "2", "4"]),
        ("modified", ["1", "3", "3", "4"]),
        ("dense", ["1", "2", "2", "3"]),
        ("ordinal", ["1", "2", "3", "4"]),
        ("fractional", ["1", "5/2", "5/2", "4"]),
    ],
)
def test_each_method_ranks_those_who_tie_in_its_own_way(
    method: RankMethod, expected: list[str]
) -> None:
    found = pools.ranks(scores(ann=9, bob=5, cy=5, di=1), method)

    assert [str(found[name]) for name in ("ann", "bob", "cy", "di")] == expected


def test_three_who_tie_for_first_share_three_prizes() -> None:
    found = pools.place_shares(scores(a=5, b=5, c=5), [Fraction(25), Fraction(15), Fraction(8)])

    assert found == scores(a=16, b=16, c=16)


def test_who_ties_for_the_last_prize_shares_it() -> None:
    found = pools.place_shares(scores(a=9, b=5, c=5), [Fraction(25), Fraction(15)])

    assert found == {"a": 25, "b": Fraction(15, 2), "c": Fraction(15, 2)}


def test_who_scored_nothing_has_no_place() -> None:
    assert pools.place_shares(scores(a=1, b=0), [Fraction(1), Fraction(1)]) == {"a": 1}


def test_the_coin_left_over_goes_to_the_largest_remainder() -> None:
    thirds = scores(a=1, b=1, c=1)

    assert pools.share_out(100, thirds) == {"a": 34, "b": 33, "c": 33}
    assert pools.share_out(10, scores(a=1, b=2)) == {"a": 3, "b": 7}


def test_what_is_taken_back_is_shared_like_what_is_given() -> None:
    assert pools.share_out(-100, scores(a=1, b=2)) == {"a": -33, "b": -67}


def test_nobody_gets_a_share_of_nothing() -> None:
    assert pools.share_out(100, scores(a=0, b=-2)) == {"a": 0, "b": 0}


@given(st.integers(-(10**9), 10**9), SCORES)
def test_the_parts_sum_to_the_whole(whole: int, weights: dict[str, Fraction]) -> None:
    parts = pools.share_out(whole, weights)

    some_weigh = any(weight > 0 for weight in weights.values())
    assert sum(parts.values()) == (whole if some_weigh else 0)


@given(st.integers(0, 10**6), SCORES)
def test_no_part_is_a_coin_away_from_its_exact_share(
    whole: int, weights: dict[str, Fraction]
) -> None:
    total = sum((max(weight, Fraction(0)) for weight in weights.values()), Fraction(0))

    for name, part in pools.share_out(whole, weights).items():
        assert abs(part - whole * max(weights[name], Fraction(0)) / (total or 1)) < 1


@given(SCORES, st.sampled_from(METHODS), st.randoms())
def test_the_order_in_which_people_come_changes_nothing(
    given_scores: dict[str, Fraction], method: RankMethod, dice: random.Random
) -> None:
    names = list(given_scores)
    dice.shuffle(names)
    shuffled = {name: given_scores[name] for name in names}

    assert pools.ranks(shuffled, method) == pools.ranks(given_scores, method)
    assert pools.share_out(1001, shuffled) == pools.share_out(1001, given_scores)


@given(SCORES, st.sampled_from(METHODS))
def test_a_higher_score_never_ranks_behind(
    given_scores: dict[str, Fraction], method: RankMethod
) -> None:
    found = pools.ranks(given_scores, method)

    for one, other in ((a, b) for a in found for b in found):
        assert given_scores[one] <= given_scores[other] or found[one] < found[other]


@given(SCORES, st.lists(st.integers(0, 50).map(Fraction), max_size=4))
def test_prizes_are_given_out_once(
    given_scores: dict[str, Fraction], places: list[Fraction]
) -> None:
    winners = sum(score != 0 for score in given_scores.values())

    shares = pools.place_shares(given_scores, places)

    assert sum(shares.values()) == sum(places[:winners])
