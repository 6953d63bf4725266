from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from app.finance import core
from app.finance.core import Head, Line, Month
from app.kernel.ids import new_id

OCTOBER = Month(date(2026, 10, 1), "Europe/Rome")
HEAD = Head("Lumera", "Ada Ferri", "E-7", new_id(), datetime(2026, 11, 1, 7, tzinfo=UTC), None)
SALE = Line(
    datetime(2026, 10, 5, 9, tzinfo=UTC), "earning", "Autumn: sales", "EUR", {"earned": 1_250}, new_id()
)  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "since", "until"),
    [
        (date(2026, 10, 1), date(2026, 10, 31), "2026-09-30T22:00", "2026-10-31T23:00"),
        (date(2028, 2, 1), date(2028, 2, 29), "2028-01-31T23:00", "2028-02-29T23:00"),
        (date(2026, 12, 1), date(2026, 12, 31), "2026-11-30T23:00", "2026-12-31T23:00"),
    ],
)
def test_a_month_begins_and_ends_where_the_company_is(
    first: date, last: date, since: str, until: str
) -> None:
    month = Month(first, "Europe/Rome")

    assert month.last == last
    assert month.since.astimezone(UTC).isoformat().startswith(since)
    assert month.until.astimezone(UTC).isoformat().startswith(until)


def test_the_month_before_january_is_december() -> None:
    assert core.month_before(date(2027, 1, 15)) == date(2026, 12, 1)


def test_a_statement_says_what_was_there_what_happened_and_what_is_there() -> None:
    september = (date(2026, 9, 1), date(2026, 9, 30))
    release = replace(SALE, kind="release", moved={"earned": -1_250, "available": 1_250})
    paid = replace(
        SALE, kind="captured", moved={"reserved": -500}, parts={"fee": 20, "withheld": 0}
    )
    late = replace(SALE, moved={"available": -300}, period=september, is_correction=True)

    document = core.compose(HEAD, OCTOBER, {"EUR": {"reserved": 500}}, [SALE, release, paid, late])

    (euros,) = document["currencies"]
    assert list(euros["opening"].values()) == ["0.00", "0.00", "5.00", "0.00"]
    assert list(euros["closing"].items()) == [
        ("earned", "0.00"),
        ("available", "9.50"),
        ("reserved", "0.00"),
        ("owed", "0.00"),
    ]
    assert euros["sums"] == {
        "earned": "12.50",
        "corrections": "-3.00",
        "prizes": "0.00",
        "paid": "-5.00",
        "given_back": "0.00",
        "other": "0.00",
    }
    assert [line["amount"] for line in euros["lines"]] == ["12.50", "0.00", "-5.00", "-3.00"]
    assert euros["lines"][2]["parts"] == {"fee": "0.20"}
    assert euros["lines"][3]["correction"] is True
    assert euros["lines"][3]["period"] == {"first": "2026-09-01", "last": "2026-09-30"}
    assert document["person"]["employee_number"] == "E-7"
    assert document["previous_sha256"] is None


MOVES = st.builds(
    lambda place, minor, currency: replace(SALE, moved={place: minor}, currency=currency),
    st.sampled_from(core.PLACES),
    st.integers(-(10**9), 10**9),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)


@given(lines=st.lists(MOVES, max_size=30), opening=st.integers(-(10**9), 10**9))
def test_opening_and_lines_always_make_the_closing(lines: list[Line], opening: int) -> None:
    document = core.compose(HEAD, OCTOBER, {"EUR": {"available": opening}}, lines)

    for part in document["currencies"]:
        before = sum(map(Decimal, part["opening"].values()))
        moved = sum(Decimal(line["amount"]) for line in part["lines"])
        assert sum(map(Decimal, part["closing"].values())) == before + moved
        assert sum(map(Decimal, part["sums"].values())) == moved


def test_a_statement_names_the_one_before_it() -> None:
    head = replace(HEAD, previous=b"\x01" * 32)

    assert core.compose(head, OCTOBER, {}, [])["previous_sha256"] == "01" * 32


def test_a_signed_document_cannot_be_changed_unseen() -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    signed = core.sign(core.compose(HEAD, OCTOBER, {}, [SALE]), key)

    assert core.is_genuine(signed, key.public_key())
    assert not core.is_genuine(signed, other.public_key())
    changed = signed.body.replace(b"12.50", b"12.51")
    assert not core.is_genuine(replace(signed, body=changed), key.public_key())
    assert not core.is_genuine(replace(signed, sha256=b"\0" * 32), key.public_key())


def test_the_same_document_is_the_same_bytes_whatever_the_order_of_its_names() -> None:
    key = Ed25519PrivateKey.generate()

    one, two = core.sign({"a": 1, "b": 2}, key), core.sign({"b": 2, "a": 1}, key)

    assert (one.body, one.signature) == (two.body, two.signature)


def test_a_line_at_the_last_moment_of_the_month_lies_before_its_end() -> None:
    assert OCTOBER.until - OCTOBER.since == timedelta(days=31, hours=1)
