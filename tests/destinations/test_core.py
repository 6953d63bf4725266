from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.destinations import checking
from app.destinations.core import State, is_name, is_usable, judge, match_names, may_follow
from app.providers import registry
from app.providers.contract import Match
from tests.conftest import NOON


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Ada Ferri", "ADA FERRI", "match"),
        ("Ferri, Ada", "Ada Ferri", "match"),
        ("José Núñez", "Jose Nunez", "match"),
        ("D'Angelo Rita", "Dangelo Rita", "match"),
        ("De Luca Anna", "Deluca Anna", "match"),
        ("Ada Maria Ferri", "Ada Ferri", "close"),
        ("A. Ferri", "Ada Ferri", "close"),
        ("Ada Feri", "Ada Ferri", "close"),
        ("Aad Ferri", "Ada Ferri", "no_match"),
        ("Adina Ferri", "Ada Ferri", "no_match"),
        ("Ferri", "Ada Ferri", "no_match"),
        ("A. F.", "Ada Ferri", "no_match"),
        ("Bo Lind", "Ada Ferri", "no_match"),
        ("", "Ada Ferri", "no_match"),
    ],
)
def test_names_agree_whatever_their_order_case_and_accents(
    one: str, other: str, expected: Match
) -> None:
    assert match_names(one, other) == expected


@given(st.text(max_size=30), st.text(max_size=30))
def test_names_agree_both_ways(one: str, other: str) -> None:
    assert match_names(one, other) == match_names(other, one)


@pytest.mark.parametrize(
    ("bank", "house", "expected"),
    [
        ("match", "match", State.MATCHED),
        ("match", "close", State.REVIEW),
        ("match", "no_match", State.REVIEW),
        ("close", "match", State.REVIEW),
        ("no_match", "match", State.REFUSED),
    ],
)
def test_a_name_is_taken_only_when_bank_and_house_agree(
    bank: Match, house: Match, expected: State
) -> None:
    assert judge(bank, house) == expected


def test_an_account_is_paid_when_confirmed_and_its_hold_is_over() -> None:
    assert is_usable("active", NOON, NOON)
    assert not is_usable("active", NOON + timedelta(seconds=1), NOON)
    assert not is_usable("matched", NOON, NOON)
    assert not is_usable("active", None, NOON)


def test_nothing_makes_an_account_active_but_a_check_before() -> None:
    assert {state for state in State if may_follow(state, State.ACTIVE)} == {State.MATCHED}
    assert {state for state in State if may_follow(state, State.MATCHED)} == {
        State.CHECKING,
        State.REVIEW,
    }


@pytest.mark.parametrize("name", ["Ada Ferri", "D'Angelo-Rossi & C.", "श्री राम", "Nguyễn 3"])
def test_a_holder_is_written_in_letters_of_any_script(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "name", ["", "123", "Ada \N{SMILING FACE WITH SUNGLASSES}", "<Ada>", "A;B"]
)
def test_a_holder_is_no_drawing(name: str) -> None:
    assert not is_name(name)


def test_whoever_is_asked_about_accounts_of_a_kind_can_tell() -> None:
    asked = {(kind, name) for kind, names in checking.ASKED.items() for name in names}

    assert asked
    assert {(kind, name) for kind, name in asked if kind in registry.adapter(name).checks} == asked
