"""Who gets credit for an activity, and for how much of it.

A credit is a number read from the activity (always whole millionths), times a factor of the figure
(weight, points, rate of exchange), times the payee's share of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from app.engine.attribution import Credit
from app.engine.conditions import as_number, as_text, holds
from app.engine.credit_rules import Credit as CreditRule
from app.engine.credit_rules import (
    DefaultShare,
    DifferentialCredit,
    DirectCredit,
    GroupCredit,
    OverlayCredit,
    OverrideCredit,
    SplitCredit,
    UplineCredit,
)
from app.engine.document import Component, Measure, Program
from app.engine.facts import Activity, Position
from app.engine.measures import (
    AverageMeasure,
    DistinctMeasure,
    HighestMeasure,
    LowestMeasure,
    PointsMeasure,
    SumMeasure,
    Tallied,
)
from app.kernel.clock import day_in_zone
from app.kernel.money import MICROS

SELLER: Final = "seller"
"""The role, in a split, of the person who made the sale."""

Upline = Callable[[str, date], Sequence[str]]
"""The people above someone on a day, the direct manager first."""

TopRate = Callable[[str, date], Fraction]
"""The rate that a differential pays somebody for a sale of a day."""


def nobody_above(_person: str, _day: date) -> Sequence[str]:
    """Return the upline where nobody reports to anybody."""
    return ()


def takes_part_always(_person: str, _day: date) -> bool:
    """Return whether somebody takes part where everybody does."""
    return True


def no_members(_group: str, _day: date) -> Sequence[str]:
    """Return the members where there are no groups."""
    return ()


def no_exchange(_currency: str, _day: date) -> Fraction | None:
    """Return the rate of exchange where none is known."""
    return None


def known_always(_person: str) -> bool:
    """Return whether somebody exists where nobody said who does."""
    return True


def no_rate(_person: str, _day: date) -> Fraction:
    """Return the differential rate where nobody has one."""
    return Fraction(0)


@dataclass(frozen=True, slots=True)
class Chart:
    """What crediting asks about people on a day: who stands above whom, who takes part, who belongs."""

    upline: Upline = nobody_above
    agents: Upline = nobody_above
    """As `upline`, among agents only."""
    takes_part: Callable[[str, date], bool] = takes_part_always
    members: Callable[[str, date], Sequence[str]] = no_members
    exchange: Callable[[str, date], Fraction | None] = no_exchange
    """What one unit of a currency is in the program's on a day."""
    is_known: Callable[[str], bool] = known_always
    """Whether a name that stands on an activity is somebody's."""
    top_rate: TopRate = no_rate


Claim = tuple[str, int, Fraction]
"""A payee, the level above the seller (0: beside or the seller) and the share of the activity."""


def credits_of(
    program: Program,
    component: Component,
    activity: Activity,
    chart: Chart,
    *,
    figure: str = "measure",
) -> Iterator[tuple[str, Credit]]:
    """Yield each payee of `activity` under a figure of `component` with the credit, once each."""
    if not all(holds(counts, activity.read) for counts in component.counts_of(figure)):
        return
    day = day_in_zone(activity.occurred_at, program.zone)
    measured = measured_of(program, component.figure(figure), activity, chart, day)
    if measured is None:
        return
    read, factor = measured
    for payee, level, share in claims(component, activity, read, day, chart, figure=figure):
        yield payee, Credit(activity.id, activity.occurred_at, read * factor, level, share)


def measured_of(
    program: Program, figure: Measure, activity: Activity, chart: Chart, day: date
) -> tuple[Fraction, Fraction] | None:
    """Return the number that `figure` reads from `activity`, and its factor; None without one.

    An amount in another currency than the program's counts only when the figure converts it and a
    rate of the day is known.
    """
    if isinstance(figure, PointsMeasure):
        return _points(figure, activity)
    if isinstance(figure, DistinctMeasure):
        return None if as_text(activity.read(figure.of)) is None else (Fraction(1), Fraction(1))
    if not isinstance(figure, SumMeasure | AverageMeasure | HighestMeasure | LowestMeasure):
        return (Fraction(1), Fraction(1)) if isinstance(figure, Tallied) else None
    read = _number(activity, figure.of)
    factor = _weight(figure, activity) if isinstance(figure, SumMeasure) else Fraction(1)
    if figure.of == "amount" and activity.currency not in (None, program.currency):
        rate = chart.exchange(activity.currency or "", day) if figure.convert else None
        factor = factor * rate if rate is not None else Fraction(0)
        read = read if rate is not None else None
    return None if read is None else (read, factor)


def _points(figure: PointsMeasure, activity: Activity) -> tuple[Fraction, Fraction] | None:
    row = next((row for row in figure.table if holds(row.when, activity.read)), None)
    read = Fraction(1) if figure.times is None else _number(activity, figure.times)
    return None if row is None or read is None else (read, Fraction(row.points))


def _weight(figure: SumMeasure, activity: Activity) -> Fraction:
    fitting = (each for each in figure.weights or () if holds(each.when, activity.read))
    weight = next(fitting, None)
    return Fraction(1) if weight is None else Fraction(weight.times)


def _number(activity: Activity, field: str) -> Fraction | None:
    number = as_number(activity.read(field))
    return None if number is None else Fraction(number)


def claims(
    component: Component,
    activity: Activity,
    read: Fraction,
    day: date,
    chart: Chart,
    *,
    figure: str = "measure",
) -> list[Claim]:
    """Return who is credited for `activity`, each person once, seller first, then by level."""
    credit = component.credit_of(figure)
    if isinstance(credit, DirectCredit):
        return [(activity.person, 0, Fraction(1))]
    if isinstance(credit, OverrideCredit | UplineCredit):
        return _levels(credit, activity.person, day, chart)
    if isinstance(credit, SplitCredit):
        return _split(credit, activity, read, chart)
    if isinstance(credit, OverlayCredit):
        return [(payee, 0, Fraction(credit.share)) for payee in _extra(credit, activity, chart)]
    if isinstance(credit, GroupCredit):
        members = chart.members(credit.group, day)
        return [(payee, 0, Fraction(credit.share)) for payee in members]
    return _differential(credit, activity.person, day, chart)


def _levels(
    credit: OverrideCredit | UplineCredit, person: str, day: date, chart: Chart
) -> list[Claim]:
    climb = chart.agents if isinstance(credit, UplineCredit) else chart.upline
    above = climb(person, day)
    if credit.compression:
        above = [each for each in above if chart.takes_part(each, day)]
    shares: dict[int, Fraction] = {}
    for each in credit.levels:
        shares[each.level] = shares.get(each.level, Fraction(0)) + Fraction(each.share)
    return [
        (payee, level, shares[level])
        for level, payee in enumerate(above, start=1)
        if level in shares
    ]


def _extra(credit: OverlayCredit, activity: Activity, chart: Chart) -> Iterable[str]:
    """Return who is credited beside the seller, each once."""
    holder = None if credit.role is None else holder_of(activity, credit.role, chart.is_known)
    return dict.fromkeys([*credit.people, *([] if holder is None else [holder])])


def _differential(credit: DifferentialCredit, person: str, day: date, chart: Chart) -> list[Claim]:
    """Pay each level what its rate has beyond the highest rate below it; who has no more gets nothing."""
    found: list[Claim] = []
    reached = Fraction(0) if credit.include_seller else chart.top_rate(person, day)
    climbing = [person, *chart.upline(person, day)[: credit.levels]]
    for level, payee in enumerate(climbing):
        if level == 0 and not credit.include_seller:
            continue
        rate = chart.top_rate(payee, day)
        if rate > reached:
            found.append((payee, level, rate - reached))
            reached = rate
    return found


def _split(credit: SplitCredit, activity: Activity, read: Fraction, chart: Chart) -> list[Claim]:
    shared = _together((payee, 0, share) for payee, share in shares_of(credit, activity, chart))
    parts = split_exactly(read, [share for _, _, share in shared])
    return [
        (payee, level, part / read if read else share)
        for (payee, level, share), part in zip(shared, parts, strict=True)
    ]


def shares_of(credit: SplitCredit, activity: Activity, chart: Chart) -> list[tuple[str, Fraction]]:
    """Return whose part of `activity` is how large; 1 in all, or ValueError.

    What the activity states goes before the default; the part of a role that nobody has on the
    activity stays with the seller.
    """
    if credit.by == "shares" and (stated := stated_shares(activity, chart.is_known)):
        if sum(share for _, share in stated) != 1:
            raise ValueError(f"The shares of activity {activity.id} do not add up to 1.")
        return stated
    if not credit.default:
        return [(activity.person, Fraction(1))]
    return [(_of_default(each, activity, chart), Fraction(each.share)) for each in credit.default]


def stated_shares(
    activity: Activity, is_known: Callable[[str], bool] = known_always
) -> list[tuple[str, Fraction]]:
    """Return the shares that an activity states; none where one of them is nobody's."""
    found = [
        (each.person, Fraction(each.share)) for each in activity.shares if each.share is not None
    ]
    return found if all(is_known(person) for person, _ in found) else []


def _of_default(each: DefaultShare, activity: Activity, chart: Chart) -> str:
    if each.person is not None:
        return each.person
    return (each.role and holder_of(activity, each.role, chart.is_known)) or activity.person


def holder_of(
    activity: Activity, role: str, is_known: Callable[[str], bool] = known_always
) -> str | None:
    """Return who has `role` on the activity: stated there, or an attribute of that name.

    A name that is nobody's is held by nobody.
    """
    if role == SELLER:
        return activity.person
    stated = next((each.person for each in activity.shares if each.role == role), None)
    named = stated or as_text(activity.attributes.get(role))
    return named if named and is_known(named) else None


def roles_of(credit: CreditRule) -> list[str]:
    """Return the roles that a rule looks for on activities, but that of the seller."""
    named = [credit, *credit.default] if isinstance(credit, SplitCredit) else [credit]
    roles = dict.fromkeys(getattr(each, "role", None) for each in named)
    return [role for role in roles if role not in {None, SELLER}]


def split_exactly(read: Fraction, shares: Sequence[Fraction]) -> list[Fraction]:
    """Divide `read`, whole millionths, into parts of whole millionths that sum to it.

    Largest remainder (Hamilton): everybody gets the whole millionths of the exact part, what is left
    goes to the largest remainders, the first named among equals. A negative is the mirror image.
    """
    micros = abs(read) * MICROS
    exact = [micros * share for share in shares]
    whole = [each.numerator // each.denominator for each in exact]
    order = sorted(range(len(shares)), key=lambda nth: (whole[nth] - exact[nth], nth))
    for nth in order[: int(micros) - sum(whole)]:
        whole[nth] += 1
    sign = 1 if read >= 0 else -1
    return [Fraction(sign * each, MICROS) for each in whole]


def _together(found: Iterable[Claim]) -> list[Claim]:
    """Join the claims of a person who is named more than once, in the order of the first."""
    joined: dict[str, Claim] = {}
    for payee, level, share in found:
        before = joined.get(payee)
        joined[payee] = (payee, level, share if before is None else before[2] + share)
    return list(joined.values())


def upline_from(positions: Sequence[Position], *, kind: str | None = None) -> Upline:
    """Return the upline that `positions` state; a circle ends where it would begin again.

    With a `kind`, only positions of that kind lead upwards.
    """
    by_person: dict[str, list[Position]] = {}
    for position in positions:
        if kind is None or position.kind == kind:
            by_person.setdefault(position.person, []).append(position)
    return _climber(by_person)


def _climber(by_person: Mapping[str, Sequence[Position]]) -> Upline:
    def manager_of(person: str, day: date) -> str | None:
        held = by_person.get(person, ())
        return next((each.manager for each in held if day in each.span), None)

    def upline(person: str, day: date) -> Sequence[str]:
        above: list[str] = []
        manager = manager_of(person, day)
        while manager is not None and manager != person and manager not in above:
            above.append(manager)
            manager = manager_of(manager, day)
        return above

    return upline
