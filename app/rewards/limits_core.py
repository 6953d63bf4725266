"""How much may be ordered: in one order, and in a period that starts anew. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal
from uuid import UUID

from app.rewards.audience_core import Audience

Period = Literal["month", "quarter", "year"]
Obstacle = Literal["too_little", "too_much", "used_up"]

EVERYTHING: Final = "everything"

_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Product:
    """What of a reward limits can be about."""

    kind: str
    country: str
    currency: str
    brand: str
    categories: Collection[str] = ()

    def is_about(self, about: str, value: str) -> bool:
        """Whether this is one of those that a rule names."""
        if about == EVERYTHING:
            return True
        if about == "category":
            return value in self.categories
        of: dict[str, str] = {
            "kind": self.kind,
            "country": self.country,
            "currency": self.currency,
            "brand": self.brand,
        }
        return of[about] == value


@dataclass(frozen=True, slots=True)
class Limit:
    """How much an audience may order of what is named, in minor units of one currency; None sets no bound."""

    audience: Audience
    about: str
    value: str
    currency: str
    least: int | None = None
    most: int | None = None
    period: Period | None = None
    in_period: int | None = None
    id: UUID | None = None

    def holds_for(self, product: Product) -> bool:
        """Whether it bounds orders of this product."""
        return self.currency == product.currency and product.is_about(self.about, self.value)


@dataclass(frozen=True, slots=True)
class Spent:
    """An order that was not given back: what it was of, how much, on which day."""

    product: Product
    minor: int
    on: date


@dataclass(frozen=True, slots=True)
class Left:
    """What a limit leaves of its period, which starts anew on a day."""

    minor: int
    of: int
    period: Period
    anew_on: date


@dataclass(frozen=True, slots=True)
class Room:
    """Between what an order must lie, every limit that holds together; `left`: the period that leaves least."""

    least: int | None = None
    most: int | None = None
    left: Left | None = None

    def obstacle(self, minor: int) -> Obstacle | None:
        """Return why so much cannot be ordered; None when it can."""
        if self.least is not None and minor < self.least:
            return "too_little"
        if self.most is not None and minor > self.most:
            return "too_much"
        if self.left is not None and minor > self.left.minor:
            return "used_up"
        return None


@dataclass(frozen=True, slots=True)
class Book:
    """The limits of one person for one product, and what they ordered since the first of their periods began."""

    limits: Sequence[Limit] = ()
    spent: Sequence[Spent] = field(default=())

    def room(self, today: date) -> Room:
        """Return what is left for one more order today."""
        lefts = [self._left(one, today) for one in self.limits if one.period is not None]
        return Room(
            least=max((one.least for one in self.limits if one.least is not None), default=None),
            most=min((one.most for one in self.limits if one.most is not None), default=None),
            left=min(lefts, key=lambda left: left.minor, default=None),
        )

    def _left(self, limit: Limit, today: date) -> Left:
        assert limit.period is not None
        assert limit.in_period is not None
        since = first_day(limit.period, today)
        ordered = sum(
            one.minor for one in self.spent if one.on >= since and limit.holds_for(one.product)
        )
        return Left(
            minor=max(0, limit.in_period - ordered),
            of=limit.in_period,
            period=limit.period,
            anew_on=first_day_after(limit.period, today),
        )


def first_day(period: Period, today: date) -> date:
    """Return the first day of the calendar period in which `today` lies."""
    months = _MONTHS[period]
    return date(today.year, (today.month - 1) // months * months + 1, 1)


def first_day_after(period: Period, today: date) -> date:
    """Return the first day of the next one."""
    start = first_day(period, today)
    month = start.month + _MONTHS[period]
    return date(start.year + (month > 12), (month - 1) % 12 + 1, 1)


def earliest(limits: Iterable[Limit], today: date) -> date | None:
    """Return since when orders count for any of these limits; None when none has a period."""
    return min(
        (first_day(one.period, today) for one in limits if one.period is not None), default=None
    )
