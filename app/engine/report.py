"""An evaluation as data: earnings with their reasons and their English, and totals by payee."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from app.engine import english, evaluate
from app.engine.attribution import Line
from app.engine.document import Program
from app.engine.exact import decimal_text
from app.engine.payout import Terms, terms_of
from app.engine.settlement import Earning
from app.engine.timing import Portion
from app.kernel.errors import Problem
from app.kernel.money import exponent_of


def report(
    program: Program, earnings: Sequence[Earning], notes: Iterable[Problem] = ()
) -> dict[str, Any]:
    """Return `earnings`, their totals and `notes` on the facts as JSON data.

    Money is a decimal text of major units.
    """
    terms = terms_of(program)
    return {
        "earnings": [_earning(program, each, terms) for each in earnings],
        "totals": [
            {"payee": payee, "money": money(minor, terms)}
            for payee, minor in totals(earnings).items()
        ],
        "notes": [
            {"path": each.pointer, "code": each.code, "detail": each.detail} for each in notes
        ],
    }


def totals(earnings: Sequence[Earning]) -> dict[str, int]:
    """Return the minor units of each payee, by name."""
    found = dict.fromkeys(sorted({each.payee for each in earnings}), 0)
    for each in earnings:
        found[each.payee] += each.outcome.amount_minor
    return found


def money(minor: int, terms: Terms) -> dict[str, str]:
    """Return minor units as an exact amount of major units with its currency."""
    return {"amount": major(minor, terms), "currency": terms.currency}


def major(minor: int, terms: Terms) -> str:
    """Return minor units as a decimal text with all its places, such as 12.30."""
    places = exponent_of(terms.currency)
    text = decimal_text(terms.major(minor))
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(places, '0')}" if places else whole


def _earning(program: Program, earning: Earning, terms: Terms) -> dict[str, Any]:
    explanation = earning.outcome.explanation
    return {
        "component": earning.component,
        "payee": earning.payee,
        "period": earning.period,
        "first": earning.span.first.isoformat(),
        "last": None if earning.span.last is None else earning.span.last.isoformat(),
        "measured": decimal_text(earning.total),
        "quota": None if earning.quota is None else decimal_text(earning.quota),
        "money": money(earning.outcome.amount_minor, terms),
        "portions": [_portion(each, terms) for each in earning.portions],
        "explanation": explanation.to_json(),
        "english": [line.strip() for line in english.explain(explanation)],
        "lines": [_line(each, terms) for each in evaluate.attribute(program, earning)],
    }


def _portion(portion: Portion, terms: Terms) -> dict[str, Any]:
    return {
        "money": money(portion.minor, terms),
        "state": portion.state,
        "release_on": None if portion.release_on is None else portion.release_on.isoformat(),
        "waits_for": portion.waits_for,
    }


def _line(line: Line, terms: Terms) -> dict[str, Any]:
    return {
        "activity": line.credit.activity,
        "occurred_at": line.credit.occurred_at.isoformat(),
        "level": line.credit.level,
        "share": decimal_text(Fraction(line.credit.share)),
        "counted": decimal_text(line.credit.counted),
        "money": money(line.outcome.amount_minor, terms),
        "explanation": line.outcome.explanation.to_json(),
    }
