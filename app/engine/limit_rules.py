"""Limits and conditions on what a component pays, as a document states them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.engine.exact import NotNegative, Positive
from app.engine.expressions import Expr, Test
from app.engine.parts import MAX_STEPS, Months, On, Part
from app.kernel.money import Rounding

DayCount = Literal["actual/actual", "actual/365", "actual/360", "30/360", "30E/360", "working_days"]


class Threshold(Part):
    """Nothing is paid below `at`. With `cliff` everything is paid from there, else what lies above."""

    at: Expr
    on: On = "measure"
    cliff: bool = True


class Cap(Part):
    """The most that is paid for an activity, in a period, a calendar year, to a person or by all."""

    amount: Expr
    per: Literal["activity", "period", "year", "person", "program"] = "period"


class RampStep(Part):
    """The share of the quota that holds for so many months, after those of the steps before."""

    months: Months
    quota: NotNegative


class Proration(Part):
    """Quota or pay in proportion to the days of the period on which the payee takes part.

    The prorated quota is taken to a multiple of `round_to` by `mode`.
    """

    of: Literal["quota", "pay", "both"]
    days: DayCount = "actual/actual"
    round_to: Positive | None = None
    mode: Rounding = Rounding.HALF_EVEN


class Draw(Part):
    """An amount paid in each period at least; a recoverable one is paid back from later earnings.

    Nothing is advanced once `months` since joining are over; what is owed is still recovered.
    """

    amount: Expr
    recoverable: bool
    limit: Expr | None = None
    months: Months | None = None


class Guarantee(Part):
    """The least that is paid in a period, for so many months after joining or always."""

    amount: Expr
    months: Months | None = None


class Limits(Part):
    """What may stop, raise, lower or spread what a component pays."""

    gates: Annotated[tuple[Test, ...], Field(max_length=MAX_STEPS)] = ()
    threshold: Threshold | None = None
    floor: Expr | None = None
    caps: Annotated[tuple[Cap, ...], Field(max_length=10)] = ()
    ramp: Annotated[tuple[RampStep, ...], Field(max_length=MAX_STEPS)] = ()
    proration: Proration | None = None
    draw: Draw | None = None
    guarantee: Guarantee | None = None
    round_to: Positive | None = None
