"""Parts that contradict themselves wherever they stand: steps out of order, shares that do not add up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from pydantic import BaseModel

from app.engine.conditions import (
    MAX_DEPTH,
    MAX_LEAVES,
    Condition,
    Either,
    Every,
    Leaf,
    Not,
    children_of,
    size_of,
)
from app.engine.credit_rules import (
    GroupCredit,
    OverlayCredit,
    OverrideCredit,
    SplitCredit,
    UplineCredit,
)
from app.engine.dependencies import Found
from app.engine.document import AttributeGroup
from app.engine.expressions import Interpolate, Lookup, Marginal, Rank
from app.engine.measures import GroupScope
from app.engine.payout_rules import (
    ComputedRatePayout,
    ComputedUnitPayout,
    CurvePayout,
    GroupBonusPayout,
    MandateRate,
    MatrixPayout,
    PoolPayout,
    Within,
)
from app.engine.timing_rules import Clawback
from app.kernel.errors import Problem

_CONDITIONS: Final = (Every, Either, Not, Leaf)
_NAMES_A_GROUP: Final = {
    GroupScope: "group",
    GroupCredit: "group",
    GroupBonusPayout: "group",
    Rank: "among",
    PoolPayout: "among",
}


def problems(found: Found, groups: Collection[str]) -> Iterator[Problem]:
    """Yield what is wrong with one part, whatever stands around it."""
    part, place = found.part, found.pointer
    name = _NAMES_A_GROUP.get(type(part), "")
    group = getattr(part, name) if name else None
    if group is not None and group not in groups:
        detail = f'The program has no group "{group}".'
        yield Problem(f"{place}/{name}", "unknown_group", detail)
    yield from _conditions(part, place)
    yield from _credit(part, place)
    yield from _tables(part, place)
    yield from _payout(part, place)
    if isinstance(part, Clawback):
        months = [step.within_months for step in part.schedule]
        yield from ascending(months, f"{place}/schedule", "within_months")
        for index, step in enumerate(part.schedule):
            if step.share != "monthly" and step.share > 1:
                at = f"{place}/schedule/{index}/share"
                yield Problem(at, "too_much", "More would be taken back than was earned.")


def _conditions(part: BaseModel, place: str) -> Iterator[Problem]:
    """Yield conditions that are too large, and fields that a person does not have."""
    for name in type(part).model_fields:
        condition = getattr(part, name)
        if isinstance(condition, _CONDITIONS) and not isinstance(part, _CONDITIONS):
            depth, leaves = size_of(condition)
            if depth > MAX_DEPTH or leaves > MAX_LEAVES:
                detail = f"At most {MAX_LEAVES} comparisons, nested {MAX_DEPTH} deep."
                yield Problem(f"{place}/{name}", "too_large", detail)
    if isinstance(part, AttributeGroup) and any(
        not leaf.field.startswith("attributes.") for leaf in _leaves(part.where)
    ):
        detail = "Of people only attributes are known: attributes.<name>."
        yield Problem(f"{place}/where", "unknown_field", detail)


def _leaves(condition: Condition) -> Iterator[Leaf]:
    if isinstance(condition, Leaf):
        yield condition
        return
    for each in children_of(condition):
        yield from _leaves(each)


def _credit(part: BaseModel, place: str) -> Iterator[Problem]:
    if isinstance(part, OverrideCredit | UplineCredit):
        levels = [each.level for each in part.levels]
        if len(set(levels)) < len(levels):
            yield Problem(f"{place}/levels", "duplicate", "A level is named twice.")
    if isinstance(part, OverlayCredit) and not part.people and part.role is None:
        yield Problem(place, "one_of", "Name people or a role.")
    if isinstance(part, SplitCredit):
        for index, each in enumerate(part.default):
            if (each.role is None) == (each.person is None):
                at = f"{place}/default/{index}"
                yield Problem(at, "one_of", "Name either a role or a person.")
        if part.default and sum(each.share for each in part.default) != 1:
            yield Problem(f"{place}/default", "sum", "The shares must add up to 1.")


def _tables(part: BaseModel, place: str) -> Iterator[Problem]:
    if isinstance(part, Lookup | Marginal):
        yield from ascending([step.from_ for step in part.steps], f"{place}/steps", "from")
    if isinstance(part, Interpolate | CurvePayout):
        places = [point.at for point in part.points]
        for index, (before, at_point) in enumerate(pairwise(places), start=1):
            if at_point < before:
                at = f"{place}/points/{index}/at"
                yield Problem(at, "order", "No point lies below the one before.")


def _payout(part: BaseModel, place: str) -> Iterator[Problem]:
    if isinstance(part, CurvePayout) and part.pays == "share_of_target" and part.target is None:
        yield Problem(f"{place}/target", "missing", "A share of a target needs the target.")
    if isinstance(part, MatrixPayout):
        yield from _matrix(part, place)
    if isinstance(part, PoolPayout):
        yield from _pool(part, place)
    if isinstance(part, Within) and part.max < part.min:
        yield Problem(f"{place}/max", "order", "The highest lies below the lowest.")
    if isinstance(part, ComputedRatePayout | ComputedUnitPayout) and part.within is not None:
        stated = part.rate if isinstance(part, ComputedRatePayout) else part.amount
        if not isinstance(stated, MandateRate):
            yield Problem(f"{place}/within", "mismatch", "Only what a mandate sets has limits.")


def _matrix(part: MatrixPayout, place: str) -> Iterator[Problem]:
    yield from ascending(part.rows.from_, f"{place}/rows/from", "")
    yield from ascending(part.columns.from_, f"{place}/columns/from", "")
    if part.pays == "multiplier" and part.target is None:
        yield Problem(f"{place}/target", "missing", "A multiplier needs what it multiplies.")
    if len(part.cells) != len(part.rows.from_):
        yield Problem(f"{place}/cells", "mismatch", "Give one line of cells for each row.")
    for index, row in enumerate(part.cells):
        if len(row) != len(part.columns.from_):
            at = f"{place}/cells/{index}"
            yield Problem(at, "mismatch", "Give one cell for each column.")


def _pool(part: PoolPayout, place: str) -> Iterator[Problem]:
    if part.by == "rank" and not part.places:
        yield Problem(f"{place}/places", "missing", "Say what each place gets.")
    if part.by != "rank" and part.amount is None:
        yield Problem(f"{place}/amount", "missing", "Say what there is to share.")
    if part.by == "rank" and part.amount is not None and sum(part.places) > 1:
        yield Problem(f"{place}/places", "too_much", "The shares of the places exceed the whole.")


def ascending(marks: Sequence[Any], place: str, key: str) -> Iterator[Problem]:
    """Yield each of `marks` that does not lie above the one before."""
    for index in range(1, len(marks)):
        if marks[index] <= marks[index - 1]:
            at = f"{place}/{index}/{key}".rstrip("/")
            yield Problem(at, "order", "Each step lies above the one before.")
