"""How a file of one source is read: its shape, its formats, its columns, its cleaning rules.

This is MAP.json and what is kept for a source; docs/import.md explains every part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from app.activities.errors import MappingRefused
from app.activities.formats import DATE_FORMATS, NUMBER_FORMATS
from app.http.misfits import problems_of
from app.kernel.errors import Problem

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
ValueMap = Annotated[
    dict[Annotated[str, StringConstraints(max_length=500)], Text], Field(max_length=5_000)
]
FIELDS: Final = (
    "external_id", "person", "occurred_at", "amount", "currency", "units", "kind", "product", "product_group",
    "customer_reference", "status", "channel", "country",
)  # fmt: skip
_FIELD: Final = rf"^({'|'.join(FIELDS)}|attributes\.[A-Za-z0-9_][A-Za-z0-9_ -]{{0,62}})$"


def _known_field(name: str) -> str:
    if re.fullmatch(_FIELD, name) is None:
        raise PydanticCustomError(
            "unknown_field",
            "There is no field {name}. Choose one of {fields}, or attributes. and a name of your own, such as"
            " attributes.region: at most 63 letters, digits, blanks, _ and -, the first no blank and no -.",
            {"name": name[:60], "fields": ", ".join(FIELDS)},
        )
    return name


FieldName = Annotated[
    str, AfterValidator(_known_field), WithJsonSchema({"type": "string", "pattern": _FIELD})
]
TextField = Literal[
    "kind", "product", "product_group", "customer_reference", "status", "channel", "country",
    "currency", "person",
]  # fmt: skip
SetAside = Literal["quarantine", "refuse"]


def _known_zone(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError(f"{zone} is not a time zone.")
    return zone


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileShape(_Part):
    """How the bytes become rows; what is left out is detected."""

    encoding: Literal["utf-8", "utf-16-le", "utf-16-be", "cp1252", "cp437"] | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=5)] | None = None
    row_end: Annotated[str, StringConstraints(max_length=5)] | None = None
    """A mark before each line break, such as `&|`; "" for none."""
    header: bool | None = None
    columns: Annotated[tuple[Text, ...], Field(max_length=500)] = ()
    sheet: Text | None = None


class Formats(_Part):
    """How numbers and days are written, and where the clock of the file stands."""

    number: Literal[NUMBER_FORMATS] | None = None  # type: ignore[valid-type]  # built from the table of formats
    """None: found from the values, and asked for when they allow two readings."""
    date: Literal[DATE_FORMATS] | None = None  # type: ignore[valid-type]  # built from the table of formats
    zone: Annotated[str, AfterValidator(_known_zone)] | None = None
    """None: the zone of the tenant."""


class FieldSource(_Part):
    """Where one field comes from: a column, several, the product of two, or one value for all."""

    column: Text | None = None
    columns: Annotated[tuple[Text, ...], Field(max_length=5)] = ()
    product_of: tuple[Text, Text] | None = None
    value: Text | None = None
    by: Literal["employee_number", "email", "name"] | None = None
    """For the person: what the column holds."""
    values: ValueMap = Field(default_factory=dict)
    """Spellings to replace; a replaced one makes the row fixed."""
    repeats: Literal["quarantine", "refuse", "count", "revise"] | None = None
    """For the external id: what a second row with the same key is. `count` gives each a number."""

    @model_validator(mode="after")
    def _has_one_origin(self) -> FieldSource:
        given = [self.column, self.columns or None, self.product_of, self.value]
        if sum(origin is not None for origin in given) != 1:
            raise ValueError("Give one of column, columns, product_of and value.")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The columns it reads."""
        return self.columns or self.product_of or ((self.column,) if self.column else ())


class MapValues(_Part):
    """Replace known misspellings."""

    rule: Literal["map_values"]
    field: TextField
    values: ValueMap


class Trim(_Part):
    """Join blanks inside a text; blanks around it never matter."""

    rule: Literal["trim"]
    field: TextField


class Required(_Part):
    """The field must have a value."""

    rule: Literal["required"]
    field: FieldName
    otherwise: SetAside = "quarantine"


class Range(_Part):
    """The number must lie between `min` and `max`, both included."""

    rule: Literal["range"]
    field: Literal["amount", "units"]
    min: Decimal | None = None
    max: Decimal | None = None
    otherwise: SetAside = "quarantine"

    @model_validator(mode="after")
    def _lets_something_in(self) -> Range:
        if self.min is None and self.max is None:
            raise ValueError("Give min, max or both.")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("No number lies between min and max: min is the larger one.")
        return self


class DateWindow(_Part):
    """The day must lie between `from` and `to`, both included."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    rule: Literal["date_window"]
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    otherwise: SetAside = "quarantine"

    @model_validator(mode="after")
    def _lets_something_in(self) -> DateWindow:
        if self.from_ is None and self.to is None:
            raise ValueError("Give from, to or both.")
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError("No day lies between from and to: from is the later one.")
        return self


class KnownPerson(_Part):
    """What becomes of a row whose person is not known. Without this rule it is set aside too."""

    rule: Literal["known_person"]
    otherwise: Literal["quarantine", "refuse", "nobody"] = "quarantine"


class KnownProduct(_Part):
    """The product must be in the list of products, by name or number; it gets their spelling."""

    rule: Literal["known_product"]
    otherwise: SetAside = "quarantine"


class When(_Part):
    """A row whose column says so is set aside or refused, under a code of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    rule: Literal["when"]
    column: Text
    in_: tuple[str, ...] | None = Field(default=None, alias="in")
    not_in: tuple[str, ...] | None = None
    empty: bool | None = None
    outcome: SetAside
    code: Code

    @model_validator(mode="after")
    def _has_one_test(self) -> When:
        if sum(test is not None for test in (self.in_, self.not_in, self.empty)) != 1:
            raise ValueError("Give one of in, not_in and empty.")
        return self


Rule = Annotated[
    MapValues | Trim | Required | Range | DateWindow | KnownPerson | KnownProduct | When,
    Field(discriminator="rule"),
]


_OPTIONS: Final = (
    ("product_of", ("amount", "units"), "{} is no number: product_of is for amount and units."),
    ("columns", ("external_id",), "{} reads one column: columns is for external_id."),
    ("by", ("person",), "{} is no person: by is for person."),
    ("repeats", ("external_id",), "{} names no row: repeats is for external_id."),
)
"""What only some fields may state, and what is said at others."""


class Mapping(_Part):
    """Everything a file of one source needs to become activities."""

    file: FileShape = FileShape()
    formats: Formats = Formats()
    fields: dict[FieldName, FieldSource] = Field(default_factory=dict)
    rules: Annotated[tuple[Rule, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _can_be_read(self) -> Mapping:
        found = [
            InitErrorDetails(
                type="value_error",
                loc=("fields", name, option),
                input=None,
                ctx={"error": ValueError(sentence.format(name))},
            )
            for name, field in self.fields.items()
            for option, fields, sentence in _OPTIONS
            if getattr(field, option) and name not in fields
        ]
        if found:
            raise ValidationError.from_exception_data("Mapping", found)
        return self

    def stored(self) -> dict[str, Any]:
        """Return the JSON form, for the table of sources."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def read_mapping(raw: Any) -> Mapping:
    """Return the mapping that the JSON value `raw` states; raise MappingRefused with every problem."""
    try:
        return Mapping.model_validate(raw)
    except ValidationError as error:
        problems = problems_of(error, raw, "/mapping")
        raise MappingRefused(
            "The mapping cannot be used.", problems=problems, count=len(problems)
        ) from None


def check_complete(mapping: Mapping, columns: tuple[str, ...]) -> None:
    """Raise MappingRefused unless every column it names is there and the needed fields are mapped."""
    absent = [(pointer, name) for pointer, name in _columns_of(mapping) if name not in columns]
    unmapped = [name for name in ("external_id", "occurred_at") if name not in mapping.fields]
    parts = []
    if absent:
        missing = sorted({name for _, name in absent})
        parts.append(
            MappingRefused(
                f"The file has no column {', '.join(missing)}.",
                problems=[
                    Problem(pointer, "unknown", f"The file has no column {name}.")
                    for pointer, name in absent
                ],
                missing=missing,
                columns=list(columns),
            )
        )
    if unmapped:
        parts.append(
            MappingRefused(
                f"Say where {' and '.join(unmapped)} come from.",
                problems=[
                    Problem(f"/mapping/fields/{name}", "missing", f"Say where {name} comes from.")
                    for name in unmapped
                ],
                unmapped=unmapped,
            )
        )
    if parts:
        raise MappingRefused.together(parts)


def _columns_of(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Yield every column that is named, after the pointer to where it is."""
    for field, source in mapping.fields.items():
        at = f"/mapping/fields/{field}"
        if source.column:
            yield f"{at}/column", source.column
        for option, names in (("columns", source.columns), ("product_of", source.product_of)):
            for place, name in enumerate(names or ()):
                yield f"{at}/{option}/{place}", name
    for place, rule in enumerate(mapping.rules):
        if isinstance(rule, When):
            yield f"/mapping/rules/{place}/column", rule.column
