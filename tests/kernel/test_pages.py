from __future__ import annotations

import pytest

from app.kernel.errors import Invalid
from app.kernel.ids import new_id
from app.kernel.pages import decode_cursor, encode_cursor, page_of


def test_a_cursor_comes_back_as_it_was() -> None:
    assert decode_cursor(encode_cursor("2026-11-19", 7), str, int) == ("2026-11-19", 7)


@pytest.mark.parametrize(
    "cursor",
    ["", "!!", "AAAA", encode_cursor("only one"), encode_cursor(1, 2), encode_cursor("\0", 1)],
)
def test_a_foreign_cursor_is_refused_with_its_place(cursor: str) -> None:
    with pytest.raises(Invalid) as refusal:
        decode_cursor(cursor, str, int)

    assert refusal.value.problems[0].pointer == "/cursor"


def test_the_last_page_has_no_next() -> None:
    page = page_of([1, 2], 2, lambda row: (row,))

    assert (page.items, page.next_cursor) == ([1, 2], None)


def test_a_full_page_names_its_last_row() -> None:
    page = page_of([1, 2, 3], 2, lambda row: (row,))

    assert page.items == [1, 2]
    assert page.next_cursor is not None
    assert decode_cursor(page.next_cursor, int) == (2,)


def test_ids_are_unique_and_in_order_of_time() -> None:
    ids = [new_id() for _ in range(1000)]

    assert len(set(ids)) == 1000
    assert {identity.version for identity in ids} == {7}
    assert [i.int >> 80 for i in ids] == sorted(i.int >> 80 for i in ids)
