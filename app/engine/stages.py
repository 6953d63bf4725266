"""The steps from a measure to an amount for all payees of one period, in their fixed order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Final

from app.engine import attribution, limits, payouts, reckoning, running, timing
from app.engine.attribution import Credit, Line
from app.engine.document import Component
from app.engine.drafts import Brought, Carried, Draft, Settled
from app.engine.draws import Draw
from app.engine.limit_rules import Cap, Limits, Threshold
from app.engine.limits import Claim, Gate, Limited
from app.engine.measuring import measure_steps
from app.engine.payout import Outcome, rounding_steps
from app.engine.payout import measured as in_measure
from app.engine.payout_rules import GroupBonusPayout, PoolPayout
from app.engine.periods import calendar_span, to_date_span
from app.engine.standing import Book, Standing
from app.engine.steps import Rule, Step, text
from app.engine.timing import Portion, TimedLine
from app.kernel.clock import day_in_zone
from app.kernel.money import round_fraction

ZERO: Final = Fraction(0)
_NO_LIMITS: Final = Limits()


def settle(standings: Mapping[str, Standing], carried: Carried, book: Book) -> dict[str, Settled]:
    """Return what every payee of one period of one component gets."""
    shared = _shared(standings)
    drafts = {
        payee: _earned(standing, shared.get(payee), carried, running.credits_of(standing, book))
        for payee, standing in standings.items()
    }
    _cap_together(drafts, carried, book)
    found = {}
    for payee, draft in drafts.items():
        outcome = _finished(draft, carried)
        lines = _lines(draft, outcome.amount_minor, carried, book)
        _carry(draft, carried)
        timed = is_timed(draft.standing.component)
        found[payee] = Settled(
            outcome,
            lines,
            portions(draft.standing, outcome.amount_minor, lines, book) if timed else (),
        )
    return found


def _shared(standings: Mapping[str, Standing]) -> Mapping[str, Limited]:
    """Return what a pool or a group bonus gives those who pass the gates."""
    passing = {payee: _above(one) for payee, one in standings.items() if _passes(one)}
    component = next(iter(standings.values())).component
    if isinstance(component.payout, PoolPayout | GroupBonusPayout):
        return {**dict.fromkeys(standings, Limited(ZERO)), **payouts.pay_all(passing)}
    return {}


def _above(standing: Standing) -> Standing:
    """Return the standing as a pool sees it: with what lies above a threshold that says so."""
    rule = (standing.component.limits or _NO_LIMITS).threshold
    at = None if rule is None or rule.cliff else _threshold(standing, rule)
    return standing if at is None else standing.with_measure(standing.figure("measure") - at)


def _passes(standing: Standing) -> bool:
    rules = standing.component.limits or _NO_LIMITS
    return all(reckoning.holds(gate, standing) for gate in rules.gates)


def _earned(
    standing: Standing, shared: Limited | None, carried: Carried, credited: Sequence[Credit]
) -> Draft:
    """Return the draft up to the caps that concern one payee alone."""
    rules = standing.component.limits or _NO_LIMITS
    draft = Draft(standing, rules)
    draft.steps.extend((*standing.quota_steps(), *measure_steps(standing)))
    is_open = _pay(draft, shared)
    if rules.proration is not None and rules.proration.of != "quota":
        days = standing.counted_days()
        draft.take(limits.prorated_pay(draft.amount, days, rules.proration.days, standing.here))
        draft.share = days.share
    if rules.floor is not None and is_open:
        least = reckoning.value(rules.floor, standing)
        draft.take(limits.floored(draft.amount, least, standing.here))
    for index, cap in enumerate(rules.caps):
        if is_open or cap.per != "activity":
            _cap(draft, index, cap, carried, credited)
    return draft


def _pay(draft: Draft, shared: Limited | None) -> bool:
    """Pay the measure unless a gate or the threshold stands before it; tell whether none does."""
    standing, rules = draft.standing, draft.rules
    counted = _past_threshold(draft, shared)
    if counted is not None:
        _pay_out(draft, shared, counted)
    gates = [Gate(reckoning.says(gate), reckoning.holds(gate, standing)) for gate in rules.gates]
    draft.take(limits.gated(draft.amount, gates, standing.here))
    return counted is not None and all(gate.met for gate in gates)


def _pay_out(draft: Draft, shared: Limited | None, measured: Fraction) -> None:
    """Take what the payout gives for `measured`, the only measure that it sees, and its factors."""
    standing = draft.standing
    seen = standing if measured == standing.figure("measure") else standing.with_measure(measured)
    draft.take(shared or payouts.pay(seen, measured))
    draft.take(payouts.times(standing, draft.amount))


def _threshold(standing: Standing, rule: Threshold) -> Fraction | None:
    """Return the measure from which something is paid, None where that is a share of no quota."""
    stated = reckoning.value(rule.at, standing)
    if rule.on == "measure":
        return stated
    quota = standing.quota()
    return stated * quota if quota else None


def _past_threshold(draft: Draft, shared: Limited | None) -> Fraction | None:
    """Return the measure that pays, None when it does not reach the threshold.

    What is owed for a total below zero is then taken all the same.
    """
    standing, rule = draft.standing, draft.rules.threshold
    total = standing.figure("measure")
    if rule is None:
        return total
    at = _threshold(standing, rule)
    if at is None:
        draft.steps.append(standing.here.step("no_quota", None))
        return None
    counted = limits.past_threshold(total, at, cliff=rule.cliff)
    params = {
        "measured": in_measure(standing.component, total, standing.terms),
        "at": in_measure(standing.component, at, standing.terms),
    }
    if counted is None:
        if total < 0 and shared is None:
            _pay_out(draft, None, total)
        draft.take(limits.below_threshold(draft.amount, standing.here, **params))
    elif rule.cliff:
        draft.steps.append(standing.here.step("threshold_met", None, **params))
    else:
        above = in_measure(standing.component, counted, standing.terms)
        draft.steps.append(standing.here.step("threshold_above", above, **params))
    return counted


def _cap(draft: Draft, index: int, cap: Cap, carried: Carried, credited: Sequence[Credit]) -> None:
    """Apply a cap that concerns one payee alone; that of the program waits for all of them."""
    standing = draft.standing
    if cap.per == "program":
        return
    most = reckoning.value(cap.amount, standing)
    if cap.per == "activity" and standing.component.period.kind != "activity":
        draft.take(_capped_each(draft, most, carried, credited))
        return
    if cap.per in {"activity", "period"}:
        draft.take(limits.capped(draft.amount, most, standing.here, per=cap.per))
        return
    before = carried.claimed.get((standing.component.id, standing.payee, index), [])
    if cap.per == "year":
        year = calendar_span("year", standing.last)
        before = [(span, claim) for span, claim in before if (span.last or span.first) in year]
    earlier = sum((claim for _, claim in before), ZERO)
    draft.claims[index] = standing.terms.major(standing.terms.minor(draft.amount))
    draft.take(limits.capped(draft.amount, most, standing.here, per=cap.per, before=earlier))


def _capped_each(
    draft: Draft, most: Fraction, carried: Carried, credited: Sequence[Credit]
) -> Limited:
    """Return the amount with what each activity brings above `most` taken off."""
    here, top = draft.standing.here, draft.standing.here.coins(most)
    place = (draft.standing.component.id, draft.standing.payee, draft.standing.key)
    brought = carried.brought.get(place)
    if brought is None:
        brought = Brought(running.payouts_after(draft.standing, credited))
        carried.brought[place] = brought
    over = brought.over(top, len(credited), draft.share)
    money = here.terms.money(most)
    return here.changed("cap_activity", draft.amount, draft.amount - over, most=money)


def _cap_together(drafts: Mapping[str, Draft], carried: Carried, book: Book) -> None:
    """Apply the caps on what all payees get together: who came first has it."""
    some = next(iter(drafts.values()))
    for index, cap in enumerate(some.rules.caps):
        if cap.per == "program":
            most = some.standing.terms.minor(
                some.standing.here.coins(reckoning.value(cap.amount, some.standing))
            )
            asked = carried.asked.get((some.standing.component.id, index), 0)
            claims = [Claim(None, datetime.min.replace(tzinfo=UTC), "", asked)]
            for draft in drafts.values():
                claims += _claims(draft, carried, book)
            for draft in drafts.values():
                draft.granted = Counter()
            for claim, part in limits.first_come(claims, most):
                if isinstance(claim.owner, str):
                    drafts[claim.owner].granted[claim.activity] += part
            for draft in drafts.values():
                _grant(draft, draft.granted.total(), most)
            total = sum(claim.minor for claim in claims)
            carried.asked[some.standing.component.id, index] = total


def _claims(draft: Draft, carried: Carried, book: Book) -> Iterator[Claim]:
    """Yield what each activity claims of a draft, and at the end of the period what none brought."""
    standing = draft.standing
    minor, payee = standing.terms.minor, standing.payee
    credited = running.credits_of(standing, book)
    end = datetime.combine(standing.last, datetime.max.time(), UTC)
    if not running.has_lines(standing, credited):
        yield Claim(payee, end, "", minor(draft.amount))
        return
    amounts = [
        minor(_earned(each, None, carried, credited[:upto]).amount)
        for upto, each in enumerate(running.standings(standing, credited))
    ]
    amounts[-1] = minor(draft.amount)
    yield Claim(payee, end, "", amounts[0])
    for credit, (before, after) in zip(credited, pairwise(amounts), strict=True):
        yield Claim(payee, credit.occurred_at, credit.activity, after - before)


def _grant(draft: Draft, granted: int, most: int) -> None:
    terms = draft.standing.terms
    if granted != terms.minor(draft.amount):
        money = terms.money(terms.major(most))
        after = terms.major(granted)
        draft.take(draft.standing.here.changed("cap_program", draft.amount, after, most=money))


def _finished(draft: Draft, carried: Carried) -> Outcome:
    """Return the outcome of a draft: less what was paid to date, guaranteed, drawn and rounded."""
    standing, rules = draft.standing, draft.rules
    component, terms = standing.component, standing.terms
    if component.period.to_date is not None:
        _to_date(draft, carried)
    if rules.guarantee is not None and limits.within_months(
        _joined(standing), rules.guarantee.months, standing.span
    ):
        least = reckoning.value(rules.guarantee.amount, standing)
        draft.take(limits.with_guarantee(draft.amount, least, standing.here))
    if rules.draw is not None:
        _draw(draft, carried)
    if rules.round_to is not None:
        unit = Fraction(rules.round_to)
        _rounded(draft, round_fraction(draft.amount / unit, terms.rounding) * unit)
    minor = terms.minor(draft.amount)
    _rounded(draft, terms.major(minor))
    root = Step(
        code="payout",
        params={
            "component": text(component.name),
            "measured": reckoning.shown(standing, "measure", standing.figure("measure")),
        },
        result=terms.money(terms.major(minor)),
        rule=Rule(component.id),
        children=tuple(draft.steps),
    )
    return Outcome(minor, root)


def _rounded(draft: Draft, after: Fraction) -> None:
    standing = draft.standing
    steps = rounding_steps(standing.component, draft.amount, after, standing.terms)
    draft.take(Limited(after, tuple(steps)))


def _to_date(draft: Draft, carried: Carried) -> None:
    """Take off what earlier periods of the same year (or quarter, or component) came to."""
    standing = draft.standing
    _rounded(draft, standing.terms.major(standing.terms.minor(draft.amount)))
    since = to_date_span(standing.component, standing.span)
    held = carried.paid.get((standing.component.id, standing.payee), [])
    before = sum((paid for span, paid in held if span.last is None or span.last in since), ZERO)
    after = draft.amount - before
    params = {"before": standing.terms.money(before)}
    draft.take(standing.here.changed("to_date_paid", draft.amount, after, **params))
    draft.paid = after


def _joined(standing: Standing) -> date:
    return standing.member.joined_on or standing.component.effective.from_


def _draw(draft: Draft, carried: Carried) -> None:
    standing, rule = draft.standing, draft.rules.draw
    assert rule is not None
    amount = reckoning.value(rule.amount, standing)
    if not limits.within_months(_joined(standing), rule.months, standing.span):
        amount = ZERO
    limit = None if rule.limit is None else reckoning.value(rule.limit, standing)
    owed = carried.owed.get((standing.component.id, standing.payee), ZERO)
    draw = Draw(amount, rule.recoverable, limit)
    drawn, limited = limits.under_draw(draft.amount, draw, owed, standing.here)
    draft.take(limited)
    draft.owed = drawn.owed


def _carry(draft: Draft, carried: Carried) -> None:
    """Leave to later periods what this one owes and claims."""
    standing = draft.standing
    place = (standing.component.id, standing.payee)
    if draft.owed is not None:
        carried.owed[place] = draft.owed
    for index, claim in draft.claims.items():
        carried.claimed.setdefault((*place, index), []).append((standing.span, claim))
    carried.paid.setdefault(place, []).append((standing.span, draft.paid))


def is_timed(component: Component) -> bool:
    """Whether some of the pay waits or can be taken back by a schedule."""
    return bool(component.holdback or component.holds or component.clawback)


def has_draw(component: Component) -> bool:
    """Whether a period without anything may still carry a balance."""
    return component.limits is not None and component.limits.draw is not None


def simple_lines(standing: Standing, book: Book) -> tuple[Line, ...]:
    """Return what each activity brought where the amount follows from one total."""
    credited = running.credits_of(standing, book)
    return tuple(attribution.lines(standing.component, credited, standing.quota(), standing.terms))


def _lines(
    draft: Draft, amount_minor: int, carried: Carried, book: Book
) -> tuple[Line, ...] | None:
    """Return what each activity of the period brought: the amount after it less that before it."""
    standing = draft.standing
    credited = running.credits_of(standing, book)
    if not running.has_lines(standing, credited):
        return None
    first = sum(_day(standing, each) < standing.span.first for each in credited)
    after = running.standings(standing, credited)
    minors = [
        _minor_as_of(draft, after[upto], credited[:upto], carried)
        for upto in range(first, len(credited))
    ]
    counted = sum((each.counted for each in credited[:first]), ZERO)
    found = []
    for credit, (before, now) in zip(
        credited[first:], pairwise([*minors, amount_minor]), strict=True
    ):
        found.append(_line(standing, credit, counted, now - before))
        counted += credit.counted
    return tuple(found)


def _minor_as_of(
    draft: Draft, standing: Standing, credited: Sequence[Credit], carried: Carried
) -> int:
    """Return what `draft` would have come to with these activities alone, under what all may get."""
    other = _earned(standing, None, carried, credited)
    if draft.granted:
        granted = draft.granted[""] + sum(draft.granted[each.activity] for each in credited)
        other.amount = standing.terms.major(granted)
    return _finished(other, carried).amount_minor


def _line(standing: Standing, credit: Credit, before: Fraction, minor: int) -> Line:
    component, terms = standing.component, standing.terms
    after = before + credit.counted
    step = Step(
        code="line",
        params={
            "component": text(component.name),
            "counted": in_measure(component, credit.counted, terms),
            "before": in_measure(component, before, terms),
            "after": in_measure(component, after, terms),
        },
        result=terms.money(terms.major(minor)),
        rule=Rule(component.id),
        children=tuple(attribution.crediting_steps(component, credit, terms)),
    )
    return Line(credit, before, Outcome(minor, step))


def portions(
    standing: Standing, amount_minor: int, lines: Iterable[Line] | None, book: Book
) -> tuple[Portion, ...]:
    """Return when the parts of an amount can be used."""
    timed = [
        TimedLine(
            line.credit.activity,
            _day(standing, line.credit),
            line.outcome.amount_minor,
            book.attributes(line.credit.activity),
        )
        for line in lines or ()
    ]
    return timing.portions(standing, amount_minor, timed, as_of=book.as_of)


def _day(standing: Standing, credit: Credit) -> date:
    return day_in_zone(credit.occurred_at, standing.zone)
