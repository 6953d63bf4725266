"""Shapes shared by many rooms: money outside is a decimal string with its currency."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.kernel.currencies import is_currency
from app.kernel.money import Money, parse_money

T = TypeVar("T")


_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def _no_control(text: str) -> str:
    if _CONTROL.search(text):
        raise PydanticCustomError("control_character", "Control characters are not allowed.")
    return text


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_no_control)
]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_no_control),
]
Key = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_no_control)]


def _known(code: str) -> str:
    if not is_currency(code):
        raise PydanticCustomError(
            "unknown_currency", "There is no such currency; write one such as EUR."
        )
    return code


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_known)]
DecimalText = Annotated[str, StringConstraints(pattern=r"^-?\d{1,12}(\.\d{1,6})?$")]
"""What comes in; its millionths fit 64 bits."""
_SumText = Annotated[str, StringConstraints(pattern=r"^-?\d{1,19}(\.\d{1,6})?$")]
"""What goes out: minor units of 64 bits, which may be the sum of many."""


class Shape(BaseModel):
    """The base of everything that comes in: unknown names are refused, nothing is guessed."""

    model_config = ConfigDict(extra="forbid", strict=False, from_attributes=True)


class View(BaseModel):
    """The base of everything that goes out."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)


class MoneyShape(Shape):
    """An amount of money: {"amount": "12.34", "currency": "EUR"}."""

    amount: _SumText
    currency: Currency

    @model_validator(mode="before")
    @classmethod
    def _from_money(cls, value: Any) -> Any:
        if isinstance(value, Money):
            return {"amount": str(value.decimal), "currency": value.currency}
        return value

    @model_validator(mode="after")
    def _fits_the_currency(self) -> MoneyShape:
        try:
            parse_money(self.amount, self.currency)
        except ValueError as error:
            raise PydanticCustomError("not_an_amount", "{reason}", {"reason": str(error)}) from None
        return self

    @property
    def money(self) -> Money:
        """The same as integers."""
        return parse_money(self.amount, self.currency)


class MoneyIn(MoneyShape):
    """An amount of money that somebody gives."""

    amount: DecimalText


class PageView(View, Generic[T]):
    """Some rows, and the cursor of the next page (null at the end)."""

    items: list[T]
    next_cursor: str | None = None


class PageQuery(Shape):
    """The page that is asked for."""

    cursor: Annotated[str | None, StringConstraints(max_length=500)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class Nothing(View):
    """An answer without content."""
