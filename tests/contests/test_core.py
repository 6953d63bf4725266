from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contests.core import (
    Key,
    Landing,
    Move,
    Shift,
    code_of,
    grain_of,
    initials,
    key_of,
    next_move,
    places,
    prize_of,
    score_text,
    shifts,
    state_at,
)
from app.contests.rules import Prize
from app.http.shapes import MoneyShape
from app.kernel.money import MICROS, Money
from tests.contests.builders import END, START, rules

EARLY = datetime(2026, 11, 16, 8, tzinfo=UTC)
LATE = EARLY + timedelta(seconds=1)
KEYS = st.builds(
    Key,
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.datetimes(
        datetime(1950, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        datetime(9999, 12, 31),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
)


def test_equal_scores_share_a_place_and_the_next_counts_everybody_before() -> None:
    keys = [key_of(score * MICROS, None, "shared") for score in (9, 9, 5)]

    assert places(keys) == [1, 1, 3]


def test_who_reached_a_score_first_stands_before() -> None:
    first = key_of(9 * MICROS, EARLY, "earliest")
    second = key_of(9 * MICROS, LATE, "earliest")

    assert first < second
    assert places([first, second]) == [1, 2]


def test_time_does_not_decide_where_ties_are_shared() -> None:
    assert key_of(9, EARLY, "shared") == key_of(9, LATE, "shared")


def test_who_never_reached_a_score_at_a_time_that_counts_stands_behind() -> None:
    assert key_of(9, LATE, "earliest") < key_of(9, None, "earliest")


def test_a_page_goes_on_with_the_places_of_the_page_before() -> None:
    keys = [key_of(score, None, "shared") for score in (5, 5, 4)]

    assert places(keys, before=4, better=2) == [3, 3, 7]


@given(KEYS, KEYS)
def test_codes_sort_as_keys_do(one: Key, other: Key) -> None:
    assert (code_of(one) < code_of(other)) == (one < other)
    assert (code_of(one) == code_of(other)) == (one == other)
    assert len(code_of(one)) == 32


@given(st.lists(st.integers(0, 6)), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6))))
def test_shifts_tell_the_new_place_of_everybody_who_did_not_change(
    scores: list[int], turns: list[tuple[int, int]]
) -> None:
    before = dict(enumerate(scores))
    changes = {who % (len(scores) + 2): score for who, score in turns}
    after = before | changes

    found = shifts([_landing(before, who, score) for who, score in changes.items()])

    for who in before.keys() - changes.keys():
        place = _place(before, before[who])
        by = sum(s.by for s in found if s.from_place <= place <= (s.to_place or place))
        assert place + by == _place(after, after[who])


def _place(board: dict[int, int], score: int) -> int:
    return 1 + sum(1 for other in board.values() if other > score)


def _landing(board: dict[int, int], who: int, score: int) -> Landing:
    joins = score in board.values()
    return Landing(
        left=_place(board, board[who]) if who in board else None,
        pushes_from=_place(board, score) + (1 if joins else 0),
    )


def test_one_who_climbs_pushes_down_only_those_between() -> None:
    assert shifts([Landing(left=9, pushes_from=4)]) == [Shift(4, 9, 1)]


def test_one_who_leaves_lifts_everybody_behind() -> None:
    assert shifts([Landing(left=3, pushes_from=None)]) == [Shift(4, None, -1)]


def test_a_shared_place_is_reached_by_drawing_level() -> None:
    move = next_move(
        place=7,
        score_micros=11 * MICROS,
        above_score=13 * MICROS,
        place_of_equals=5,
        place_beyond=5,
        rules=rules(tie_break="shared"),
    )

    assert move == Move(
        place=5,
        places=2,
        need_micros=2 * MICROS,
        unit="count",
        is_shared=True,
        behind_micros=2 * MICROS,
        behind_place=5,
    )


def test_where_the_earliest_stands_before_one_must_pass() -> None:
    move = next_move(
        place=7,
        score_micros=11 * MICROS,
        above_score=13 * MICROS,
        place_of_equals=6,
        place_beyond=5,
        rules=rules(tie_break="earliest"),
    )

    assert move == Move(
        place=5,
        places=2,
        need_micros=3 * MICROS,
        unit="count",
        is_shared=False,
        behind_micros=2 * MICROS,
        behind_place=6,
    )


def test_the_least_step_of_an_amount_is_the_smallest_coin() -> None:
    assert grain_of("EUR") == 10_000
    assert grain_of("JPY") == MICROS
    assert grain_of("units") == MICROS


PRIZES = [
    Prize(place_from=1, place_to=1, money=MoneyShape(amount="300.00", currency="EUR")),
    Prize(place_from=2, place_to=2, money=MoneyShape(amount="180.01", currency="EUR")),
    Prize(place_from=3, place_to=3, text="Dinner for two"),
]


def test_prizes_of_tied_places_are_added_and_split_never_above_the_promise() -> None:
    assert prize_of(1, 1, PRIZES) == Money(30_000, "EUR")
    assert prize_of(1, 2, PRIZES) == Money(24_000, "EUR")
    assert prize_of(2, 3, PRIZES) == Money(6_000, "EUR")


def test_a_prize_in_words_goes_to_everybody_who_shares_its_place() -> None:
    assert prize_of(3, 2, PRIZES) == "Dinner for two"
    assert prize_of(4, 1, PRIZES) is None


def test_a_score_is_written_as_people_write_it() -> None:
    assert score_text(11 * MICROS, "count") == "11"
    assert score_text(1_500_000, "units") == "1.50"
    assert score_text(1_250_500_000, "EUR") == "1250.50"


def test_initials_are_of_the_first_and_the_last_word() -> None:
    assert initials("Giulia Maria Ferri") == "GF"
    assert initials("Wani") == "W"
    assert initials("  ") == ""


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (START - timedelta(microseconds=1), "scheduled"),
        (START, "running"),
        (END - timedelta(microseconds=1), "running"),
        (END, "provisional"),
        (END + timedelta(days=30), "provisional"),
    ],
)
def test_a_contest_is_provisional_from_its_end_until_its_result_is_written(
    at: datetime, state: str
) -> None:
    assert state_at(launched=True, is_final=False, rules=rules(), now=at) == state
    assert state_at(launched=False, is_final=False, rules=rules(), now=at) == "draft"
    assert state_at(launched=True, is_final=True, rules=rules(), now=at) == "final"
