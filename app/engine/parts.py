"""What every part of a program document is made of: the base shape, names, days and tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
)

from app.kernel.currencies import is_currency

MAX_STEPS: Final = 50
MAX_LEVELS: Final = 10


def _known_currency(code: str) -> str:
    if not is_currency(code):
        raise ValueError("There is no such currency; write one such as EUR.")
    return code


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_known_currency)]
FigureName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
AttributeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_ -]{0,62}$")]
PersonName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
MeasureField = Annotated[
    str, StringConstraints(pattern=r"^(amount|units|attributes\.[A-Za-z0-9_][A-Za-z0-9_ -]{0,62})$")
]
Days = Annotated[int, Field(ge=0, le=3650, strict=True)]
Months = Annotated[int, Field(ge=1, le=120, strict=True)]

On = Literal["measure", "attainment"]
Mode = Literal["marginal", "retroactive"]
Boundary = Literal["inclusive", "exclusive"]

_DAY: Final = r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}"
"""Years far off would run out of the calendar when a day is added."""


def _day(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(_DAY, value) is None:
        raise ValueError('Write the day as year-month-day from 1900 to 2199, such as "2026-11-30".')
    if not isinstance(value, str | date):
        raise ValueError('Write the day as text, such as "2026-11-30".')  # noqa: TRY004 - pydantic's protocol
    return value


Day = Annotated[date, BeforeValidator(_day)]


class Part(BaseModel):
    """A piece of a document: it never changes and knows no other fields than its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def by(key: str) -> Discriminator:
    """Choose a shape by the text under `key`; brackets keep tags apart from places."""

    def tag(value: Any) -> str:
        return (
            f"<{value.get(key)}>" if isinstance(value, Mapping) else f"<{getattr(value, key, '')}>"
        )

    return Discriminator(tag)


def by_field(*keys: str) -> Discriminator:
    """Choose a shape by the first of `keys` that is there; anything else is a plain value."""

    def tag(value: Any) -> str:
        if isinstance(value, Mapping):
            found = next((key for key in keys if key in value), "unknown")
            return f"<{found}>"
        if isinstance(value, BaseModel):
            named = {info.alias or name for name, info in type(value).model_fields.items()}
            return f"<{next(key for key in keys if key in named)}>"
        return "<plain>"

    return Discriminator(tag)
