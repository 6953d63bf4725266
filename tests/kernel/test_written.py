"""Amounts for whoever reads, in the four languages of the house."""

from __future__ import annotations

import pytest

from app.kernel.money import Money
from app.kernel.written import written


@pytest.mark.parametrize(
    ("language", "none", "one", "many"),
    [
        ("en", "0 points", "1 point", "1,200 points"),
        ("it", "0 punti", "1 punto", "1.200 punti"),
        ("fr", "0 point", "1 point", "1 200 points"),
        ("id", "0 poin", "1 poin", "1.200 poin"),
    ],
)
def test_points_are_a_word_in_the_language_of_the_reader(
    language: str, none: str, one: str, many: str
) -> None:
    said = [written(Money(minor, "PTS"), language) for minor in (0, 1, 1_200)]

    assert [text.replace("\u00a0", " ") for text in said] == [none, one, many]


def test_a_million_points_and_points_taken_back_have_their_word_too() -> None:
    assert written(Money(-1, "PTS"), "en") == "-1\u00a0point"
    assert written(Money(2_000_000, "PTS"), "it") == "2.000.000\u00a0punti"


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "€1,200.50"),
        ("it", "1.200,50\u00a0€"),
        ("fr", "1\u00a0200,50\u00a0€"),
        ("id", "€1.200,50"),
    ],
)
def test_money_has_its_sign_and_never_breaks_over_two_lines(language: str, shown: str) -> None:
    assert written(Money(120_050, "EUR"), language) == shown
