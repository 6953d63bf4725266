from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import Money
from app.rewards.cash_core import Fee, Obstacle, obstacle, sums

NO_TAX = Money(0, "EUR")


def test_a_fee_is_fixed_and_a_share_with_the_fraction_for_the_person() -> None:
    assert Fee(50, 15_000).of(3_333) == 50 + 49
    assert Fee(0, 0).of(10_000) == 0


def test_rupiah_fees_are_whole_so_that_a_bank_can_send_the_rest() -> None:
    parts = sums(Money(1_000_000, "IDR"), Fee(0, 12_345), Money(0, "IDR"), step=100)

    assert (parts.fee.minor, parts.net.minor) == (12_300, 987_700)


@given(
    gross=st.integers(1, 10**12),
    fixed=st.integers(0, 10**6),
    ppm=st.integers(0, 500_000),
    step=st.sampled_from([1, 100]),
)
def test_nothing_is_lost_between_gross_fee_tax_and_net(
    gross: int, fixed: int, ppm: int, step: int
) -> None:
    tax = Money(gross // 10, "IDR")

    parts = sums(Money(gross, "IDR"), Fee(fixed, ppm), tax, step=step)

    assert parts.fee + parts.withheld + parts.net == parts.gross
    assert parts.net.minor % step == 0


@pytest.mark.parametrize(
    ("gross", "why"),
    [(999, "too_little"), (1_000, None), (5_000, None), (5_001, "too_much")],
)
def test_least_and_most_are_allowed_themselves(gross: int, why: Obstacle | None) -> None:
    parts = sums(Money(gross, "EUR"), Fee(0, 0), NO_TAX)

    assert obstacle(parts, least=1_000, most=5_000, step=1, available=10_000) == why


def test_what_is_not_there_or_eaten_by_the_fee_cannot_go() -> None:
    dear = sums(Money(1_000, "EUR"), Fee(1_000, 0), NO_TAX)
    plain = sums(Money(1_000, "EUR"), Fee(0, 0), NO_TAX)

    assert obstacle(plain, least=1, most=None, step=1, available=999) == "not_enough"
    assert obstacle(dear, least=1, most=None, step=1, available=1_000) == "nothing_left"


def test_half_a_rupiah_is_not_sent() -> None:
    parts = sums(Money(1_050, "IDR"), Fee(0, 0), Money(0, "IDR"), step=100)

    assert obstacle(parts, least=1, most=None, step=100, available=9_000) == "not_whole"
