"""What counts: a first-order condition on one activity, evaluated here, compiled to SQL elsewhere.

A field that is absent (or an empty text) equals nothing: every comparison with it is false, except
`ne` and `not_in`, which are true, and `exists`, which tells. There is no third truth value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)

from app.engine.exact import read_number

MAX_DEPTH: Final = 6
MAX_LEAVES: Final = 100
MAX_CHOICES: Final = 500
MAX_TEXT: Final = 200

NUMBER_FIELDS: Final = frozenset({"amount", "units"})
TEXT_FIELDS: Final = frozenset(
    {"kind", "product", "product_group", "status", "channel", "customer", "country", "source"}
)
ATTRIBUTE_PREFIX: Final = "attributes."

_NUMBER_OPS: Final = frozenset(
    {"eq", "ne", "in", "not_in", "lt", "le", "gt", "ge", "between", "exists"}
)
_TEXT_OPS: Final = frozenset({"eq", "ne", "in", "not_in", "contains", "starts_with", "exists"})
ORDER_OPS: Final = frozenset({"lt", "le", "gt", "ge", "between"})

Op = Literal[
    "eq",
    "ne",
    "in",
    "not_in",
    "lt",
    "le",
    "gt",
    "ge",
    "between",
    "contains",
    "starts_with",
    "exists",
]
FieldName = Annotated[
    str,
    StringConstraints(
        pattern=r"^(kind|product|product_group|amount|units|status|channel|customer|country|source"
        r"|attributes\.[A-Za-z0-9_][A-Za-z0-9_ -]{0,62})$"
    ),
]


def _operand(value: Any) -> Any:
    """Accept a text, a whole number, true or false, or a list; raise ValueError otherwise."""
    if type(value) in (bool, int):
        return value
    if isinstance(value, list) and all(type(item) in (int, str) for item in value):
        texts = value
    elif isinstance(value, str):
        texts = [value]
    else:
        raise ValueError(
            'Give a text, a whole number, true or false, or a list. Decimals are text: "1.5".'
        )
    if any(isinstance(text, str) and not 1 <= len(text) <= MAX_TEXT for text in texts):
        raise ValueError(f"A text has 1 to {MAX_TEXT} characters.")
    return value


_ATOM_SCHEMA: Final = [{"type": "string", "minLength": 1, "maxLength": 200}, {"type": "integer"}]
Operand = Annotated[
    bool | int | str | list[Any],
    PlainValidator(_operand),
    WithJsonSchema(
        {
            "anyOf": [
                *_ATOM_SCHEMA,
                {"type": "boolean"},
                {"type": "array", "items": {"anyOf": _ATOM_SCHEMA}},
            ]
        }
    ),
]


class _Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Leaf(_Node):
    """One comparison of one field. Numbers are whole numbers or decimal strings."""

    field: FieldName
    op: Op
    value: Operand

    @model_validator(mode="after")
    def _makes_sense(self) -> Leaf:
        _check_operand(self)
        return self

    @property
    def is_numeric(self) -> bool:
        """Whether numbers are compared; an attribute takes the kind of what it is compared with."""
        if self.op == "exists" or self.field in TEXT_FIELDS:
            return False
        if self.field in NUMBER_FIELDS or self.op in ORDER_OPS:
            return True
        first = self.value[0] if isinstance(self.value, list) else self.value
        return isinstance(first, int)

    @property
    def numbers(self) -> tuple[Decimal, ...]:
        """The operand as exact numbers, for a numeric comparison."""
        return tuple(read_number(item) for item in _as_list(self.value))

    @property
    def texts(self) -> tuple[str, ...]:
        """The operand as texts, for a comparison of texts."""
        return tuple(str(item) for item in _as_list(self.value))


class Every(_Node):
    """True when every part is true; an empty list is always true."""

    all: list[Condition]


class Either(_Node):
    """True when at least one part is true."""

    any: list[Condition] = Field(min_length=1)


class Not(_Node):
    """True when the part is false."""

    not_: Condition = Field(alias="not")


def _tag(value: Any) -> str:
    names = value if isinstance(value, Mapping) else {}
    for name, shape in (("all", Every), ("any", Either), ("not", Not)):
        if name in names or isinstance(value, shape):
            return f"<{name}>"
    return "<leaf>"


Condition = Annotated[
    Annotated[Every, Tag("<all>")]
    | Annotated[Either, Tag("<any>")]
    | Annotated[Not, Tag("<not>")]
    | Annotated[Leaf, Tag("<leaf>")],
    Discriminator(_tag),
]
Every.model_rebuild()
Either.model_rebuild()
Not.model_rebuild()

EVERYTHING: Final = Every(all=[])


def _as_list(value: Operand) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _check_operand(leaf: Leaf) -> None:
    """Raise ValueError when the operator and its operand do not fit the field."""
    if leaf.op == "exists":
        if not isinstance(leaf.value, bool):
            raise ValueError('"exists" is compared with true or false.')
        return
    if leaf.field in NUMBER_FIELDS and leaf.op not in _NUMBER_OPS:
        raise ValueError(f'"{leaf.op}" does not apply to the number {leaf.field}.')
    if leaf.field in TEXT_FIELDS and leaf.op not in _TEXT_OPS:
        raise ValueError(f'"{leaf.op}" does not apply to the text {leaf.field}.')
    _check_shape(leaf)
    if leaf.is_numeric:
        leaf.numbers  # noqa: B018 - reading them refuses what is no number
    elif any(not isinstance(item, str) for item in _as_list(leaf.value)):
        raise ValueError("This field is compared with text.")


def _check_shape(leaf: Leaf) -> None:
    takes_many = leaf.op in {"in", "not_in", "between"}
    if isinstance(leaf.value, bool) or takes_many != isinstance(leaf.value, list):
        raise ValueError(f'"{leaf.op}" takes {"a list of values" if takes_many else "one value"}.')
    count = len(_as_list(leaf.value))
    if leaf.op == "between" and count != 2:
        raise ValueError('"between" takes the lowest and the highest value.')
    if not 1 <= count <= MAX_CHOICES:
        raise ValueError(f"Give between 1 and {MAX_CHOICES} values.")
    if len({type(item) for item in _as_list(leaf.value)}) > 1:
        raise ValueError("Give values of one kind.")


Reader = Callable[[str], str | Decimal | None]
"""Reads one field of an activity: text, number, or None when it is absent."""


def holds(condition: Condition, read: Reader) -> bool:
    """Tell whether `condition` is true of the activity that `read` reads."""
    if isinstance(condition, Every):
        return all(holds(part, read) for part in condition.all)
    if isinstance(condition, Either):
        return any(holds(part, read) for part in condition.any)
    if isinstance(condition, Not):
        return not holds(condition.not_, read)
    return _leaf_holds(condition, read(condition.field))


def _leaf_holds(leaf: Leaf, value: str | Decimal | None) -> bool:
    if leaf.op == "exists":
        return (value not in (None, "")) is leaf.value
    negative = leaf.op in {"ne", "not_in"}
    if leaf.is_numeric:
        number = as_number(value)
        return negative if number is None else _NUMERIC[leaf.op](number, leaf.numbers)
    text = as_text(value)
    return negative if text is None else _TEXTUAL[leaf.op](text, leaf.texts)


def as_number(value: str | Decimal | None) -> Decimal | None:
    """Read `value` as a number when it is one written plainly, else None."""
    try:
        return None if value is None else read_number(value)
    except ValueError:
        return None


def as_text(value: str | Decimal | None) -> str | None:
    """Read `value` as text; an empty text is absent."""
    return None if value is None or value == "" else str(value)


_NUMERIC: Final[dict[str, Callable[[Decimal, tuple[Decimal, ...]], bool]]] = {
    "eq": lambda number, given: number == given[0],
    "ne": lambda number, given: number != given[0],
    "in": lambda number, given: number in given,
    "not_in": lambda number, given: number not in given,
    "lt": lambda number, given: number < given[0],
    "le": lambda number, given: number <= given[0],
    "gt": lambda number, given: number > given[0],
    "ge": lambda number, given: number >= given[0],
    "between": lambda number, given: given[0] <= number <= given[1],
}
_TEXTUAL: Final[dict[str, Callable[[str, tuple[str, ...]], bool]]] = {
    "eq": lambda text, given: text == given[0],
    "ne": lambda text, given: text != given[0],
    "in": lambda text, given: text in given,
    "not_in": lambda text, given: text not in given,
    "contains": lambda text, given: given[0] in text,
    "starts_with": lambda text, given: text.startswith(given[0]),
}


def size_of(condition: Condition) -> tuple[int, int]:
    """Return the depth and the number of comparisons of `condition`."""
    if isinstance(condition, Leaf):
        return 1, 1
    parts = children_of(condition)
    sizes = [size_of(part) for part in parts]
    return 1 + max((depth for depth, _ in sizes), default=0), sum(count for _, count in sizes)


def children_of(condition: Every | Either | Not) -> list[Condition]:
    """Return the parts that `condition` joins."""
    if isinstance(condition, Every):
        return condition.all
    return condition.any if isinstance(condition, Either) else [condition.not_]
