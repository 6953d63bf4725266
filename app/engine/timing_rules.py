"""When pay can be used and for how long it can be taken back, as a document states it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from app.engine.exact import Positive
from app.engine.expressions import Test
from app.engine.parts import MAX_STEPS, AttributeName, Day, Days, Months, Part, by, by_field


class ImmediateRelease(Part):
    """What is earned can be used at once."""

    on: Literal["immediately"]


class WeekdayRelease(Part):
    """What is earned can be used on the next such weekday (1: Monday), never the same day."""

    on: Literal["weekday"]
    weekday: Annotated[int, Field(ge=1, le=7, strict=True)]


class PeriodEndRelease(Part):
    """What is earned can be used so many days after the last day of the period."""

    on: Literal["period_end"]
    plus_days: Annotated[int, Field(ge=0, le=400, strict=True)] = 0


Release = Annotated[
    Annotated[ImmediateRelease, Tag("<immediately>")]
    | Annotated[WeekdayRelease, Tag("<weekday>")]
    | Annotated[PeriodEndRelease, Tag("<period_end>")],
    by("on"),
]


class UntilDaysAfterPeriod(Part):
    """So many days after the last day of the period."""

    days_after_period: Days


class UntilDaysAfter(Part):
    """So many days after the activity; after the last day of the period where it has no lines."""

    days_after: Days


class UntilDay(Part):
    """A day."""

    on_day: Day


class UntilAttribute(Part):
    """The day that an attribute of the activity states, such as when its invoice was paid."""

    attribute: AttributeName


class UntilClawbackEnd(Part):
    """The last day of the activity's clawback window."""

    clawback_end: Literal[True]


class UntilTest(Part):
    """As soon as a test of the payee's figures holds."""

    test: Test


Until = Annotated[
    Annotated[UntilDaysAfterPeriod, Tag("<days_after_period>")]
    | Annotated[UntilDaysAfter, Tag("<days_after>")]
    | Annotated[UntilDay, Tag("<on_day>")]
    | Annotated[UntilAttribute, Tag("<attribute>")]
    | Annotated[UntilClawbackEnd, Tag("<clawback_end>")]
    | Annotated[UntilTest, Tag("<test>")],
    by_field("days_after_period", "days_after", "on_day", "attribute", "clawback_end", "test"),
]


class Hold(Part):
    """A share of what is earned waits until something happens."""

    share: Positive = Decimal(1)
    until: Until


def _share_tag(value: Any) -> str:
    return "<monthly>" if value == "monthly" else "<share>"


MonthlyOrShare = Annotated[
    Annotated[Literal["monthly"], Tag("<monthly>")] | Annotated[Positive, Tag("<share>")],
    Discriminator(_share_tag),
]


class ClawbackStep(Part):
    """When it happens within so many months, this share is taken back.

    "monthly": one part for each month of the window that was not yet begun.
    """

    within_months: Months
    share: MonthlyOrShare


class Clawback(Part):
    """What was earned for an activity is taken back when an attribute says a day within the window."""

    days: Days | None = None
    months: Months | None = None
    when: UntilAttribute
    schedule: Annotated[tuple[ClawbackStep, ...], Field(max_length=MAX_STEPS)] = ()
