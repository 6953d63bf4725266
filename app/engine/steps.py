"""Explanations as data: named steps with inputs, results and the rule they follow.

The words live elsewhere (`codes.py` lists every code with its parameters, `english.py` is one
rendering); a step only states what was done with which numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Literal

from app.engine.exact import Exactly, decimal_text, ratio_text

Kind = Literal["money", "number", "percent", "text", "day"]


@dataclass(frozen=True, slots=True)
class Value:
    """One number, text or day of an explanation. Numbers are exact decimals written as text."""

    kind: Kind
    text: str
    currency: str | None = None

    def to_json(self) -> dict[str, str]:
        """Return the value as JSON data."""
        plain = {"kind": self.kind, "value": self.text}
        return plain if self.currency is None else {**plain, "currency": self.currency}


def money(amount: Exactly, currency: str) -> Value:
    """Return `amount` in major units, unrounded."""
    return Value("money", decimal_text(amount), currency)


def number(value: Exactly) -> Value:
    """Return a count, a number of units or a multiplier."""
    return Value("number", decimal_text(value))


def percent(share: Exactly) -> Value:
    """Return `share` (0.05) as the percentage it is (5)."""
    fraction = share if type(share) is Fraction else Fraction(share)
    return Value("percent", ratio_text(fraction.numerator * 100, fraction.denominator))


def text(value: str) -> Value:
    """Return a name or a code."""
    return Value("text", value)


def day(value: date) -> Value:
    """Return a calendar day."""
    return Value("day", value.isoformat())


@dataclass(frozen=True, slots=True)
class Rule:
    """Which rule a step follows: a component and, where there are tiers, which (0: base)."""

    component: str
    tier: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the reference as JSON data."""
        return {"component": self.component} | ({} if self.tier is None else {"tier": self.tier})


@dataclass(frozen=True, slots=True)
class Step:
    """One named step: what went in, what came out, which rule, and the steps it is made of."""

    code: str
    params: Mapping[str, Value]
    result: Value | None
    rule: Rule
    children: tuple[Step, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the tree as JSON data."""
        return {
            "code": self.code,
            "params": {name: value.to_json() for name, value in self.params.items()},
            "result": None if self.result is None else self.result.to_json(),
            "rule": self.rule.to_json(),
            "children": [child.to_json() for child in self.children],
        }


def step_from_json(raw: Mapping[str, Any]) -> Step:
    """Return the tree that `to_json` wrote."""
    return Step(
        code=raw["code"],
        params={name: _value_from_json(value) for name, value in raw["params"].items()},
        result=None if raw["result"] is None else _value_from_json(raw["result"]),
        rule=Rule(raw["rule"]["component"], raw["rule"].get("tier")),
        children=tuple(step_from_json(child) for child in raw["children"]),
    )


def _value_from_json(raw: Mapping[str, Any]) -> Value:
    return Value(raw["kind"], raw["value"], raw.get("currency"))
