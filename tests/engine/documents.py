"""Documents and facts for the tests of the engine, as small as they can be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from app.engine import reading
from app.engine.attribution import Credit
from app.engine.document import Component, Program
from app.engine.payout import Terms
from app.kernel.money import Rounding

EUR = Terms("EUR", Rounding.HALF_EVEN)
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)

Json = dict[str, Any]


def component_json(payout: Json, **changes: Any) -> Json:
    measure: Json = {"kind": "sum", "of": "amount" if payout["kind"] == "rate" else "units"}
    return {
        "id": "main",
        "name": "Main",
        "effective": {"from": "2026-01-01", "to": "2026-12-31"},
        "measure": measure,
        "period": {"kind": "month"},
        "payout": payout,
    } | changes


def program_json(*components: Json, **changes: Any) -> Json:
    return {
        "schema": "laurel.program/1",
        "name": "Autumn",
        "currency": "EUR",
        "zone": "Europe/Rome",
        "components": list(components),
    } | changes


def program(*components: Json, **changes: Any) -> Program:
    return reading.read(program_json(*components, **changes))


def component(payout: Json, **changes: Any) -> Component:
    return program(component_json(payout, **changes)).components[0]


def rate(base: str, *steps: tuple[str, str], **tiers: str) -> Json:
    return _priced("rate", "rate", base, steps, tiers)


def per_unit(base: str, *steps: tuple[str, str], **tiers: str) -> Json:
    return _priced("per_unit", "amount", base, steps, tiers)


def _priced(
    kind: str, price: str, base: str, steps: tuple[tuple[str, str], ...], tiers: dict[str, str]
) -> Json:
    """Build a payout; a step's price written "x1.25" is a multiplier."""
    stated = [
        {"from": at, "multiplier": value[1:]}
        if value.startswith("x")
        else {"from": at, price: value}
        for at, value in steps
    ]
    shape = {"mode": "marginal", "boundary": "inclusive"} | tiers | {"steps": stated}
    return {"kind": kind, price: base} | ({"tiers": shape} if steps else {})


def bonus(*milestones: tuple[str, str], **changes: str) -> Json:
    marks = [{"at": at, "amount": amount} for at, amount in milestones]
    return {"kind": "bonus", "milestones": marks} | changes


def credit(value: str | int, nth: int = 0, **changes: Any) -> Credit:
    when = MONDAY + timedelta(minutes=nth)
    return Credit(activity=f"a{nth:04}", occurred_at=when, value=Fraction(value), **changes)


def sale(nth: int, **changes: Any) -> Json:
    when = (MONDAY + timedelta(minutes=nth)).isoformat()
    return {"id": f"a{nth:04}", "occurred_at": when, "person": "ann", "amount": "100.00"} | changes
