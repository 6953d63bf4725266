from __future__ import annotations

from decimal import Decimal

import pytest

from app.kernel.strict_json import MAX_DEPTH, MalformedJson, dumps_canonical, loads


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"NaN",
        b"[Infinity]",
        b"1e400",
        b"1e50",
        b"9" * 50,
        b"9223372036854775808",
        b"-9223372036854775809",
        b'{"a":[100000000000000000000000000]}',
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'"\\ud800"',
        b'"\\u0000"',
        b'"\xff"',
        b"[1,]",
        b"{} {}",
        b"[" * 100_000,
        b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2),
        b'{"a":' * 500 + b"1" + b"}" * 500,
    ],
)
def test_what_is_not_plain_json_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedJson):
        loads(raw)


def test_numbers_are_exact() -> None:
    assert loads(b"[0.1, 12, 1e3]") == [Decimal("0.1"), 12, Decimal("1e3")]


def test_integers_of_64_bits_are_read() -> None:
    assert loads(b"[9223372036854775807, -9223372036854775808]") == [2**63 - 1, -(2**63)]


def test_nesting_up_to_the_limit_is_read() -> None:
    deep = loads(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)

    assert isinstance(deep, list)


def test_canonical_bytes_do_not_depend_on_order() -> None:
    assert dumps_canonical({"b": 1, "a": [2]}) == dumps_canonical({"a": [2], "b": 1})
