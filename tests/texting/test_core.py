"""How long a text is on the air, and what may follow what is known of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.texting import core
from app.texting.core import State
from tests.sandboxes.twilio import segments


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 80 + "a", 2),
        ("ê" * 70, 1),
        ("ê" * 71, 2),
        ("ê" * 134, 2),
        ("ê" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_a_text_takes_as_many_segments_as_its_alphabet_needs(text: str, count: int) -> None:
    assert core.measure(text).segments == count


def test_a_sign_of_two_septets_never_lies_across_two_segments() -> None:
    text = "a" * 152 + "€" + "a" * 152

    # 306 septets would fill two parts; the sign does not fit at the end of the first.
    assert core.measure(text) == core.Size(is_gsm=True, units=306, segments=3)


def test_a_pair_of_utf16_never_lies_across_two_segments() -> None:
    text = "ê" * 66 + "😀" + "ê" * 66

    assert core.measure(text) == core.Size(is_gsm=False, units=134, segments=3)


@given(st.text(alphabet=st.sampled_from("aà€[ê😀\n"), max_size=400))
def test_we_count_what_the_gateway_charges(text: str) -> None:
    assert core.measure(text).segments == segments(text)


@pytest.mark.parametrize(
    ("written", "fitted"),
    [
        ("l\u2019été “là-bas” …", 'l\'été "là-bas" ...'),
        ("50,00\u00a0€", "50,00 €"),
        ("Forêt, garçon", "Foret, garcon"),
        ("Łódź ₹", "Łódź ₹"),
        ("東京", "東京"),
    ],
)
def test_signs_become_those_of_the_default_alphabet_where_all_of_them_can(
    written: str, fitted: str
) -> None:
    assert core.fit(written) == fitted


def test_what_is_too_long_is_shortened_in_the_order_said() -> None:
    said = {"reward": "R" * 60, "store": "S" * 60, "link": "L" * 90}

    text = core.one_segment("{store}: {reward} {link}", said, shorten=["reward", "store"])

    assert core.measure(text).segments == 1
    assert "L" * 90 in text
    assert text.endswith("R" * 12 + ".. " + "L" * 90)


def test_what_fits_is_left_as_it_is() -> None:
    said = {"reward": "Bottega Nord", "store": "Sole"}

    assert core.one_segment("{store}: {reward}", said, shorten=["reward"]) == "Sole: Bottega Nord"


def test_what_cannot_fit_keeps_its_beginning_and_takes_more_segments() -> None:
    text = core.one_segment(
        "{reward} {link}", {"reward": "R" * 30, "link": "L" * 200}, shorten=["reward"]
    )

    assert text == "R" * 12 + ".. " + "L" * 200
    assert core.measure(text).segments == 2


@pytest.mark.parametrize("end", sorted(core.ENDED))
@pytest.mark.parametrize("late", [State.SENT, State.FAILED, State.DELIVERED])
def test_news_that_come_late_change_nothing_that_has_ended(end: State, late: State) -> None:
    assert core.after(end, late) == end


def test_news_settle_what_nobody_knew() -> None:
    assert core.after(State.UNKNOWN, State.DELIVERED) == State.DELIVERED
