"""Who is credited for what, defined once over relations: `engine.crediting` as a query.

The same definition runs live in PostgreSQL for a few activities, rebuilds there, and is compiled to text
that DuckDB and Spark both run (`dialect`). It only uses what all three know. Numbers are whole millionths
(`value_micros`); a credit counts value x factor x share, both in millionths too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import reduce
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Label,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
    values,
)

from app.activities.filters import condition_sql, number_sql, text_sql
from app.engine.credit_rules import (
    DifferentialCredit,
    DirectCredit,
    GroupCredit,
    OverlayCredit,
    OverrideCredit,
    SplitCredit,
    UplineCredit,
)
from app.engine.crediting import SELLER
from app.engine.document import Component, Program
from app.engine.measures import (
    AverageMeasure,
    DistinctMeasure,
    HighestMeasure,
    LowestMeasure,
    PointsMeasure,
    SumMeasure,
    TalliedMeasure,
)
from app.kernel.money import MICROS

Column = ColumnElement[Any]
ONE: Final = MICROS
"""A share or a factor of one, in millionths."""


class NotCompiled(Exception):
    """A rule that only Python applies: what it credits depends on what is settled."""


@dataclass(frozen=True)
class Relations:
    """The relations that crediting reads.

    `positions`: person_id, manager_id, kind, from_on, to_on (the first day after, or null); a new alias at
    each call. `members`: group_name, person_id, from_on, to_on. `rates`: currency, rate_micros, from_on,
    to_on, never two at once. `shares`: activity_id, place, person_id, share_micros.
    """

    activities: FromClause
    source: FromClause
    day: Column
    positions: Callable[[], FromClause]
    takes_part: Callable[[Column, Column], ColumnElement[bool]] | None = None
    """None where everybody always does."""
    holder: Callable[[str], Column] | None = None
    """Who has a role on the activity."""
    person: Callable[[str], Column] = field(default=lambda name: literal(name, Text))
    """Whom the document means by a name."""
    members: FromClause | None = None
    rates: FromClause | None = None
    shares: FromClause | None = None
    carried: tuple[str, ...] = ()
    """Columns of the activity that each credit has as well."""
    reads: bool = False
    """Whether each credit says what was read of the activity, before it was shared."""
    is_few: bool = False
    """Whether a handful of activities is credited: each level is then looked up on its own."""
    conditions: Sequence[ColumnElement[bool]] = ()


@dataclass(frozen=True)
class Claim:
    """A part of a credit query: where it selects from, who is credited, and for how much."""

    source: FromClause
    payee: Column
    value: Column
    share: Column | None = None
    """In millionths; None where it is all of it."""
    level: Column = field(default_factory=lambda: literal_column("0"))
    where: tuple[ColumnElement[bool], ...] = ()


def credited(
    program: Program, component: Component, figure: str, relations: Relations
) -> list[Select[Any]]:
    """Return the queries whose rows together are the credits of a figure.

    Columns: activity_id, payee_id, day, level, value_micros; share_micros, factor_micros and
    rate_micros where they can be other than one, text for a distinct count, read_micros (not
    shared) for an average or an extreme.
    """
    credit = component.credit_of(figure)
    queries = [
        _query(program, component, figure, relations, claim)
        for claim in _claims(component, figure, relations)
    ]
    if isinstance(credit, SplitCredit) and credit.default:
        queries.append(_shared_by_default(program, component, figure, relations))
    return queries


def has_shares(component: Component, figure: str) -> bool:
    """Tell whether credits of a figure carry a share other than one."""
    credit = component.credit_of(figure)
    if isinstance(credit, OverrideCredit | UplineCredit):
        levels = [each.level for each in credit.levels]
        return len(levels) != len(set(levels)) or any(each.share != 1 for each in credit.levels)
    return isinstance(credit, OverlayCredit | GroupCredit) and credit.share != 1


def _converts(measure: Any) -> bool:
    return bool(getattr(measure, "convert", None)) and measure.of == "amount"


def _query(
    program: Program, component: Component, figure: str, relations: Relations, claim: Claim
) -> Select[Any]:
    columns: list[Column] = [
        claim.payee.label("payee_id"),
        claim.level.label("level"),
        claim.value.label("value_micros"),
    ]
    if has_shares(component, figure):
        share = literal(ONE, BigInteger) if claim.share is None else claim.share
        columns.append(share.label("share_micros"))
    query = _of_activities(
        program, component, figure, relations, source=claim.source, columns=columns
    )
    query = query.where(*claim.where, claim.payee.is_not(None))
    if relations.takes_part is not None:
        query = query.where(relations.takes_part(claim.payee, relations.day))
    return query


def _of_activities(
    program: Program,
    component: Component,
    figure: str,
    relations: Relations,
    *,
    source: FromClause,
    columns: Sequence[Column],
) -> Select[Any]:
    """Return the activities that count in a figure, with `columns` and what every credit says of them."""
    activities = relations.activities
    measure: Any = component.figure(figure)
    factors, source = _factors(program, measure, relations, source)
    described: list[Column] = [
        activities.c.id.label("activity_id"),
        relations.day.label("day"),
        *(activities.c[name] for name in relations.carried),
        *columns,
        *factors,
    ]
    if isinstance(measure, DistinctMeasure):
        described.append(text_sql(measure.of, activities).label("text"))
    if relations.reads or isinstance(measure, AverageMeasure | HighestMeasure | LowestMeasure):
        described.append(value_sql(measure, activities).label("read_micros"))
    return (
        select(*described)
        .select_from(source)
        .where(
            *relations.conditions,
            *_measured(program, measure, relations, factors),
            *(condition_sql(each, activities) for each in component.counts_of(figure)),
        )
    )


def value_sql(measure: TalliedMeasure, activities: FromClause) -> Column:
    """Return the number that a figure reads from an activity, in millionths."""
    if isinstance(measure, SumMeasure | AverageMeasure | HighestMeasure | LowestMeasure):
        return number_sql(measure.of, activities)
    if isinstance(measure, PointsMeasure) and measure.times is not None:
        return number_sql(measure.times, activities)
    return literal(MICROS, BigInteger)


def _measured(
    program: Program, measure: Any, relations: Relations, factors: Sequence[Column]
) -> Iterator[ColumnElement[bool]]:
    """Yield what must be there for the figure to read anything."""
    activities = relations.activities
    if isinstance(measure, DistinctMeasure):
        yield text_sql(measure.of, activities).is_not(None)
        return
    of = getattr(measure, "of", None) or getattr(measure, "times", None)
    if of is not None and of != "units":
        yield number_sql(of, activities).is_not(None)
    yield from (factor.element.is_not(None) for factor in factors if isinstance(factor, Label))
    is_converted = any(factor.key == "rate_micros" for factor in factors)
    if of == "amount" and not isinstance(measure, PointsMeasure) and not is_converted:
        yield _is_home(program, activities)


def _factors(
    program: Program, measure: Any, relations: Relations, source: FromClause
) -> tuple[list[Column], FromClause]:
    """Return the factors of a figure in millionths, null where it has none, and the source joined for them."""
    activities, found = relations.activities, list[Column]()
    if isinstance(measure, PointsMeasure):
        rows = [(condition_sql(row.when, activities), _micros(row.points)) for row in measure.table]
        return [case(*rows).label("factor_micros")], source
    one = literal(ONE, BigInteger)
    if isinstance(measure, SumMeasure) and measure.weights:
        weights = [
            (condition_sql(each.when, activities), _micros(each.times)) for each in measure.weights
        ]
        found.append(case(*weights, else_=one).label("factor_micros"))
    if not _converts(measure) or relations.rates is None:
        return found, source
    rates = relations.rates.alias("rates_of_day")
    held = and_(rates.c.currency == activities.c.currency, holds_on(rates, relations.day))
    rate = case((_is_home(program, activities), one), else_=rates.c.rate_micros)
    return [*found, rate.label("rate_micros")], source.outerjoin(rates, held)


def _is_home(program: Program, activities: FromClause) -> ColumnElement[bool]:
    return func.coalesce(activities.c.currency, program.currency) == program.currency


def _micros(number: Decimal) -> Column:
    return literal(int(number * MICROS), BigInteger)


def holds_on(dated: FromClause, day: Column) -> ColumnElement[bool]:
    """Tell whether `day` lies between from_on and to_on, the first day after."""
    return and_(dated.c.from_on <= day, or_(dated.c.to_on.is_(None), dated.c.to_on > day))


def effective_sql(program: Program, component: Component, activities: FromClause) -> list[Any]:
    """Return the bounds of the component's days: of the day, or as instants of the program's zone."""
    days, found = component.effective, []
    after = None if days.to is None else days.to + timedelta(days=1)
    if "occurred_at" not in activities.c:
        found.append(activities.c.occurred_on >= days.from_)
        return [*found, *(() if after is None else (activities.c.occurred_on < after,))]
    zone = ZoneInfo(program.zone)
    found.append(activities.c.occurred_at >= datetime.combine(days.from_, time(), zone))
    if after is not None:
        found.append(activities.c.occurred_at < datetime.combine(after, time(), zone))
    return found


def _claims(component: Component, figure: str, relations: Relations) -> Iterator[Claim]:
    """Yield who is credited, as the credit rule of the figure says."""
    credit, activities = component.credit_of(figure), relations.activities
    measure: Any = component.figure(figure)
    value = value_sql(measure, activities)
    if isinstance(credit, DirectCredit):
        yield Claim(relations.source, activities.c.person_id, value)
    elif isinstance(credit, OverrideCredit | UplineCredit):
        yield from _levels(credit, relations, value)
    elif isinstance(credit, SplitCredit):
        yield from _split(credit, relations, value)
    elif isinstance(credit, OverlayCredit):
        yield from _overlay(credit, relations, value)
    elif isinstance(credit, GroupCredit):
        yield _group(credit, relations, value)
    else:
        assert isinstance(credit, DifferentialCredit)
        raise NotCompiled("A differential depends on what is settled.")


def _levels(
    credit: OverrideCredit | UplineCredit, relations: Relations, value: Column
) -> Iterator[Claim]:
    """Yield those above the seller: level by level for a few activities, in one join for all."""
    shares: dict[int, Decimal] = {}
    for each in credit.levels:
        shares[each.level] = shares.get(each.level, Decimal(0)) + each.share
    kind = "sub_agent" if isinstance(credit, UplineCredit) else None
    if credit.compression and relations.takes_part is not None:
        raise NotCompiled("Who is skipped on the way up is found in Python.")
    chains = [
        above(relations.positions, level, kind).add_columns(
            literal(level, BigInteger).label("level"), _micros(share).label("share_micros")
        )
        for level, share in sorted(shares.items())
    ]
    tables = [chain.subquery() for chain in chains]
    if not relations.is_few and len(chains) > 1:
        tables = [union_all(*chains).subquery()]
    for table in tables:
        seller = relations.activities.c.person_id
        here = and_(table.c.person_id == seller, holds_on(table, relations.day))
        yield Claim(
            relations.source.join(table, here),
            table.c.manager_id,
            value,
            table.c.share_micros,
            table.c.level,
        )


def above(positions: Callable[[], FromClause], level: int, kind: str | None) -> Select[Any]:
    """Return who stood so many levels above whom, from which day to which.

    Columns: person_id, manager_id, from_on, to_on. A circle ends where it would begin again.
    """
    first = positions()
    source: FromClause = first
    path: list[Column] = [first.c.person_id, first.c.manager_id]
    places = [first]
    for _ in range(1, level):
        place = positions()
        met = and_(
            place.c.person_id == path[-1],
            *(_overlap(place, earlier) for earlier in places),
        )
        source = source.join(place, met)
        places.append(place)
        path.append(place.c.manager_id)
    distinct = [path[nth] != path[earlier] for nth in range(1, len(path)) for earlier in range(nth)]
    of_kind = [place.c.kind == kind for place in places] if kind else []
    return (
        select(
            path[0].label("person_id"),
            path[-1].label("manager_id"),
            _latest([place.c.from_on for place in places]).label("from_on"),
            _earliest([place.c.to_on for place in places]).label("to_on"),
        )
        .select_from(source)
        .where(path[-1].is_not(None), *distinct, *of_kind)
    )


def _overlap(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(
        or_(other.c.to_on.is_(None), one.c.from_on < other.c.to_on),
        or_(one.c.to_on.is_(None), other.c.from_on < one.c.to_on),
    )


def _latest(days: Sequence[Column]) -> Column:
    return days[0] if len(days) == 1 else func.greatest(*days)


_FAR: Final = date(9999, 12, 31)


def _earliest(days: Sequence[Column]) -> Column:
    """Return the earliest of days where null means never; the engines differ in what null is to least()."""
    if len(days) == 1:
        return days[0]
    return func.nullif(func.least(*(func.coalesce(day, _FAR) for day in days)), _FAR)


def _split(credit: SplitCredit, relations: Relations, value: Column) -> Iterator[Claim]:
    """Yield what activities state themselves, and the seller where nothing else is said."""
    if credit.by == "shares" and relations.shares is not None:
        yield _stated(relations, relations.shares, value)
    if not credit.default:
        seller = relations.activities.c.person_id
        yield Claim(relations.source, seller, value, where=_unstated(credit, relations))


def _unstated(credit: SplitCredit, relations: Relations) -> tuple[ColumnElement[bool], ...]:
    """Yield the condition that the activity states no shares, where it could."""
    if credit.by != "shares" or relations.shares is None:
        return ()
    shares = relations.shares.alias("stated")
    stated = select(literal(1)).where(shares.c.activity_id == relations.activities.c.id)
    return (~exists(stated),)


def _shared_by_default(
    program: Program, component: Component, figure: str, relations: Relations
) -> Select[Any]:
    """Return the parts of the default shares: each activity is read once and then taken apart."""
    credit = component.credit_of(figure)
    assert isinstance(credit, SplitCredit)
    measure: Any = component.figure(figure)
    places = range(len(credit.default))
    payees = [_sharer(relations, each.role, each.person) for each in credit.default]
    named = [
        *(payee.label(f"payee_{nth}") for nth, payee in enumerate(payees)),
        value_sql(measure, relations.activities).label("value_micros"),
    ]
    read = (
        _of_activities(
            program, component, figure, relations, source=relations.source, columns=named
        )
        .where(*_unstated(credit, relations))
        .subquery("shared")
    )
    kept = [each for each in read.c if not each.name.startswith("payee_")]
    payees = [read.c[f"payee_{nth}"] for nth in places]
    shares = [_joined(nth, payees, [_micros(e.share) for e in credit.default]) for nth in places]
    parts = divide(
        select(*kept, *payees, *(share.label(f"share_{nth}") for nth, share in enumerate(shares))),
        len(credit.default),
    )
    place = values(column("place", Integer), name="places").data([(nth,) for nth in places])
    payee = case(*((place.c.place == nth, parts.c[f"payee_{nth}"]) for nth in places))
    share = case(*((place.c.place == nth, parts.c[f"share_{nth}"]) for nth in places))
    described = {"factor_micros", "rate_micros", "text", "read_micros"}
    query = (
        select(
            parts.c.activity_id,
            parts.c.day,
            *(parts.c[name] for name in relations.carried),
            payee.label("payee_id"),
            literal_column("0").label("level"),
            case(*((place.c.place == nth, _signed(parts, nth)) for nth in places)).label(
                "value_micros"
            ),
            *(parts.c[each.name] for each in kept if each.name in described),
        )
        .select_from(parts.join(place, true()))
        .where(share > 0, payee.is_not(None))
    )
    if relations.takes_part is not None:
        query = query.where(relations.takes_part(payee, parts.c.day))
    return query


def _signed(parts: FromClause, nth: int) -> Column:
    return case((parts.c.value_micros < 0, -parts.c[f"part_{nth}"]), else_=parts.c[f"part_{nth}"])


def divide(shared: Select[Any], count: int) -> FromClause:
    """Add part_n to rows of value_micros and share_n (of a million): whole parts that sum to the value's size.

    Largest remainder: what the whole parts leave goes to the largest remainders, the first among equals.
    """
    table = shared.subquery("of_shares")
    size = func.abs(table.c.value_micros)
    sized = select(table, size.label("size"), divided(size).label("millions")).subquery("sized")
    below = sized.c.size - sized.c.millions * MICROS
    exact = [below * sized.c[f"share_{nth}"] for nth in range(count)]
    wholes = [
        (sized.c.millions * sized.c[f"share_{nth}"] + divided(exact[nth])).label(f"whole_{nth}")
        for nth in range(count)
    ]
    rests = [func.mod(each, MICROS).label(f"rest_{nth}") for nth, each in enumerate(exact)]
    divided_ = select(sized, *wholes, *rests).subquery("divided")
    whole = [divided_.c[f"whole_{nth}"] for nth in range(count)]
    left = divided_.c.size - sum_of(whole)
    parts = [
        (whole[nth] + case((_rank(divided_, nth, count) < left, 1), else_=0)).label(f"part_{nth}")
        for nth in range(count)
    ]
    return select(divided_, *parts).subquery("parts")


def _rank(table: FromClause, nth: int, count: int) -> Column:
    """Return how many remainders go before the one at place `nth`."""
    own = table.c[f"rest_{nth}"]
    before = [
        case((rest >= own if other < nth else rest > own, 1), else_=0)
        for other in range(count)
        if other != nth
        for rest in (table.c[f"rest_{other}"],)
    ]
    return sum_of(before)


def sum_of(numbers: Sequence[Column]) -> Column:
    """Return the sum of columns; 0 of none."""
    return reduce(lambda one, other: one + other, numbers) if numbers else literal_column("0")


def _sharer(relations: Relations, role: str | None, person: str | None) -> Column:
    seller: Column = relations.activities.c.person_id
    if person is not None:
        return relations.person(person)
    if role in (None, SELLER) or relations.holder is None:
        return seller
    return func.coalesce(relations.holder(role or ""), seller)


def _joined(nth: int, payees: Sequence[Column], shares: Sequence[Column]) -> Column:
    """Return the share of a payee with those under whose later names it is the same person; 0 when named before."""
    zero = literal(0, BigInteger)
    later = [
        case((payees[other] == payees[nth], shares[other]), else_=zero)
        for other in range(nth + 1, len(payees))
    ]
    share = sum_of([shares[nth], *later])
    named = [payees[nth] == payees[other] for other in range(nth)]
    return case((or_(*named), zero), else_=share) if named else share


def divided(number: Column) -> Column:
    """Return how many whole millions are in `number`, not negative.

    Some engines divide integers into a float; of a multiple, rounded, that is exact to 10^21.
    """
    multiple = (number - func.mod(number, MICROS)).self_group()
    return cast(func.round(multiple.op("/")(literal_column(str(MICROS)))), BigInteger)


def _rest(number: Column) -> Column:
    return func.mod(number, MICROS)


def _stated(relations: Relations, shares: FromClause, value: Column) -> Claim:
    """Return the parts of activities that state their shares."""
    activities = relations.activities
    person = (
        select(
            shares.c.activity_id,
            shares.c.person_id,
            func.min(shares.c.place).label("place"),
            func.sum(shares.c.share_micros).label("share_micros"),
        )
        .group_by(shares.c.activity_id, shares.c.person_id)
        .subquery("sharers")
    )
    size = func.abs(value)
    below = _rest(size)
    share = cast(person.c.share_micros, BigInteger)
    whole = divided(size) * share + divided(below * share)
    of = [activities.c.id]
    left = size - func.sum(whole).over(partition_by=of)
    rank = func.row_number().over(
        partition_by=of, order_by=[_rest(below * share).desc(), person.c.place]
    )
    part = whole + case((rank <= left, 1), else_=0)
    parts = (
        select(
            activities.c.id.label("activity_id"),
            person.c.person_id,
            case((value < 0, -part), else_=part).label("part_micros"),
        )
        .select_from(relations.source.join(person, person.c.activity_id == activities.c.id))
        .where(value.is_not(None))
        .subquery("stated_parts")
    )
    source = relations.source.join(parts, parts.c.activity_id == activities.c.id)
    return Claim(source, parts.c.person_id, parts.c.part_micros)


def _overlay(credit: OverlayCredit, relations: Relations, value: Column) -> Iterator[Claim]:
    share = _micros(credit.share)
    people = [relations.person(name) for name in dict.fromkeys(credit.people)]
    holder = None
    if credit.role is not None and relations.holder is not None:
        is_seller = credit.role == SELLER
        holder = relations.activities.c.person_id if is_seller else relations.holder(credit.role)
    for person in people:
        yield Claim(relations.source, person, value, share)
    if holder is not None:
        others = tuple(holder != person for person in people)
        yield Claim(relations.source, holder, value, share, where=others)


def _group(credit: GroupCredit, relations: Relations, value: Column) -> Claim:
    if relations.members is None:
        raise NotCompiled("Nobody said who belongs to which group.")
    members = relations.members.alias("members_of_day")
    belongs = and_(members.c.group_name == credit.group, holds_on(members, relations.day))
    source = relations.source.join(members, belongs)
    return Claim(source, members.c.person_id, value, _micros(credit.share))
