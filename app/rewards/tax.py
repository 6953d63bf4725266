"""What is withheld of a payout for the tax office: a pure function of the year's total.

As with pay, the whole is worked out anew and only the difference is withheld: what is due on everything
paid in the window, less what was withheld in it before. A threshold that is crossed late is thereby caught
up with, and a payout that came back no longer counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final, Literal
from uuid import UUID

from app.kernel.money import Money, round_fraction

MILLION: Final = 1_000_000

Income = Literal["earnings", "draw_prize"]
Basis = Literal["excess", "whole"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a country demands of one kind of income from a day on, until a later rule replaces it.

    `ppm`: millionths of the base. `basis`: "excess" taxes what is above the threshold, "whole" everything
    once the threshold is crossed. `year_starts`: the month in which the window of the threshold begins;
    0 when each payment stands for itself. A rate of 0 ends the taxation.
    """

    id: UUID
    country: str
    currency: str
    income: Income
    from_on: date
    threshold_minor: int
    ppm: int
    basis: Basis
    year_starts: int


@dataclass(frozen=True, slots=True)
class Withheld:
    """What is withheld, and why, in codes that screens have words for."""

    money: Money
    steps: tuple[dict[str, Any], ...]


def rule_on(
    rules: Iterable[Rule], *, country: str, currency: str, income: Income, on: date
) -> Rule | None:
    """Return the rule in force: of those that have begun, the one that began last."""
    begun = [
        rule
        for rule in rules
        if (rule.country, rule.currency, rule.income) == (country, currency, income)
        and rule.from_on <= on
    ]
    return max(begun, key=lambda rule: rule.from_on, default=None)


def window_start(rule: Rule, on: date) -> date | None:
    """Return the first day of the year that a payment on `on` falls into; None when there is no window."""
    if rule.year_starts == 0:
        return None
    year = on.year if on.month >= rule.year_starts else on.year - 1
    return date(year, rule.year_starts, 1)


def work_out(
    rule: Rule | None, gross: Money, *, earlier_minor: int, withheld_minor: int, step: int = 1
) -> Withheld:
    """Return what is withheld of `gross`, in multiples of `step` minor units (100 for rupiah), half to even.

    `earlier_minor`: what was paid before in the window, before tax; `withheld_minor`: what was withheld of
    it. Nothing is ever given back here, and never more than `gross` is taken.
    """
    if rule is None or rule.ppm == 0:
        return Withheld(Money(0, gross.currency), (_step("tax_free"),))
    has_window = rule.year_starts > 0
    total = gross.minor + (earlier_minor if has_window else 0)
    before = withheld_minor if has_window else 0
    base = _base(rule, total)
    due = round_fraction(Fraction(base * rule.ppm, MILLION * step)) * step
    taken = min(max(due - before, 0), gross.minor - gross.minor % step)
    said = _step(
        _code(rule, base),
        threshold=Money(rule.threshold_minor, gross.currency),
        total=Money(total, gross.currency),
        base=Money(base, gross.currency),
        withheld_before=Money(before, gross.currency),
        percent=_percent(rule.ppm),
    )
    return Withheld(Money(taken, gross.currency), (said,))


def _base(rule: Rule, total: int) -> int:
    if total <= rule.threshold_minor:
        return 0
    return total if rule.basis == "whole" else total - rule.threshold_minor


def _code(rule: Rule, base: int) -> str:
    if base == 0:
        return "tax_below"
    return "tax_on_whole" if rule.basis == "whole" else "tax_on_excess"


def _percent(ppm: int) -> str:
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")


def _step(code: str, **params: Money | str) -> dict[str, Any]:
    return {
        "code": code,
        "params": {
            name: {"amount": str(value.decimal), "currency": value.currency}
            if isinstance(value, Money)
            else value
            for name, value in params.items()
        },
    }
