"""Shares of a value in whole millionths that sum to it exactly, in what all three engines know."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from sqlalchemy import (
    BigInteger,
    FromClause,
    Select,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from app.bulk.inputs import Column
from app.kernel.money import MICROS


def divide(shared: Select[Any], count: int) -> FromClause:
    """Add part_n to rows of value_micros and share_n (of a million): whole parts that sum to the value's size.

    Largest remainder: what the whole parts leave goes to the largest remainders, the first among equals.
    """
    table = shared.subquery("of_shares")
    size = func.abs(table.c.value_micros)
    sized = select(table, size.label("size"), divided(size).label("millions")).subquery("sized")
    below = sized.c.size - sized.c.millions * MICROS
    exact = [below * sized.c[f"share_{nth}"] for nth in range(count)]
    wholes = [
        (sized.c.millions * sized.c[f"share_{nth}"] + divided(exact[nth])).label(f"whole_{nth}")
        for nth in range(count)
    ]
    rests = [func.mod(each, MICROS).label(f"rest_{nth}") for nth, each in enumerate(exact)]
    divided_ = select(sized, *wholes, *rests).subquery("divided")
    whole = [divided_.c[f"whole_{nth}"] for nth in range(count)]
    left = divided_.c.size - sum_of(whole)
    parts = [
        (whole[nth] + case((_rank(divided_, nth, count) < left, 1), else_=0)).label(f"part_{nth}")
        for nth in range(count)
    ]
    return select(divided_, *parts).subquery("parts")


def _rank(table: FromClause, nth: int, count: int) -> Column:
    """Return how many remainders go before the one at place `nth`."""
    own = table.c[f"rest_{nth}"]
    before = [
        case((rest >= own if other < nth else rest > own, 1), else_=0)
        for other in range(count)
        if other != nth
        for rest in (table.c[f"rest_{other}"],)
    ]
    return sum_of(before)


def joined(nth: int, payees: Sequence[Column], shares: Sequence[Column]) -> Column:
    """Return the share of a payee with those under whose later names it is the same person; 0 when named before."""
    zero = literal(0, BigInteger)
    later = [
        case((payees[other] == payees[nth], shares[other]), else_=zero)
        for other in range(nth + 1, len(payees))
    ]
    share = sum_of([shares[nth], *later])
    named = [payees[nth] == payees[other] for other in range(nth)]
    return case((or_(*named), zero), else_=share) if named else share


def sum_of(numbers: Sequence[Column]) -> Column:
    """Return the sum of columns; 0 of none."""
    return reduce(lambda one, other: one + other, numbers) if numbers else literal_column("0")


def divided(number: Column) -> Column:
    """Return how many whole millions are in `number`, not negative.

    Some engines divide integers into a float; of a multiple, rounded, that is exact to 10^21.
    """
    multiple = (number - func.mod(number, MICROS)).self_group()
    return cast(func.round(multiple.op("/")(literal_column(str(MICROS)))), BigInteger)


def remainder(number: Column) -> Column:
    """Return what is left of `number` beside its whole millions."""
    return func.mod(number, MICROS)
