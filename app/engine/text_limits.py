"""What limits pay and when it can be used, as people of a program read it."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine import formulas
from app.engine.document import Component, Program
from app.engine.limit_rules import Draw, Guarantee, Limits, Proration, Threshold
from app.engine.payout import Terms
from app.engine.steps import Value, day, number, percent, text
from app.engine.text_payouts import Said, stated
from app.engine.timing_rules import (
    Clawback,
    Hold,
    Until,
    UntilAttribute,
    UntilClawbackEnd,
    UntilDay,
    UntilDaysAfter,
    UntilDaysAfterPeriod,
)


def limit_sentences(component: Component, terms: Terms) -> Iterator[Said]:
    """Yield what the limits of `component` say, in the order in which they are applied."""
    limits = component.limits
    if limits is None:
        return
    for step in limits.ramp:
        yield "ramp", {"months": number(step.months), "share": percent(step.quota)}
    yield from _proration(limits.proration)
    for gate in limits.gates:
        yield "gate", {"condition": text(formulas.condition(gate))}
    if limits.threshold is not None:
        yield _threshold(component, limits.threshold, terms)
    yield from _amounts(limits, terms)


def _amounts(limits: Limits, terms: Terms) -> Iterator[Said]:
    if limits.floor is not None:
        yield "floor", {"least": stated(limits.floor, terms.money)}
    for cap in limits.caps:
        yield f"cap_{cap.per}", {"most": stated(cap.amount, terms.money)}
    if limits.draw is not None:
        yield _draw(limits.draw, terms)
    if limits.guarantee is not None:
        yield _guarantee(limits.guarantee, terms)
    if limits.round_to is not None:
        yield "round_to", {"unit": terms.money(limits.round_to)}


def _proration(rule: Proration | None) -> Iterator[Said]:
    if rule is None:
        return
    count = {"count": text(rule.days)}
    if rule.of != "pay":
        yield "prorated_quota", count
    if rule.of != "quota":
        yield "prorated_pay", count


def _threshold(component: Component, rule: Threshold, terms: Terms) -> Said:
    plain = terms.money if component.measures_money else number
    at = stated(rule.at, percent if rule.on == "attainment" else plain)
    return "threshold_cliff" if rule.cliff else "threshold_above", {"at": at}


def _draw(rule: Draw, terms: Terms) -> Said:
    code = "draw_recoverable" if rule.recoverable else "draw_kept"
    return code, {"amount": stated(rule.amount, terms.money)}


def _guarantee(rule: Guarantee, terms: Terms) -> Said:
    least = {"least": stated(rule.amount, terms.money)}
    if rule.months is None:
        return "guarantee", least
    return "guarantee_months", least | {"months": number(rule.months)}


def timing_sentences(component: Component) -> Iterator[Said]:
    """Yield for what the pay of `component` waits, and how it can be taken back."""
    for hold in (*(component.holds or ()), component.holdback):
        if hold is not None:
            yield _hold(hold)
    if component.clawback is not None:
        yield from _clawback(component.clawback)


def _hold(hold: Hold) -> Said:
    code, params = _until(hold.until)
    return f"held_{code}", {"share": percent(hold.share)} | params


def _until(until: Until) -> Said:
    if isinstance(until, UntilDaysAfterPeriod):
        return "days_after_period", {"days": number(until.days_after_period)}
    if isinstance(until, UntilDaysAfter):
        return "days_after", {"days": number(until.days_after)}
    if isinstance(until, UntilDay):
        return "on_day", {"day": day(until.on_day)}
    if isinstance(until, UntilAttribute):
        return "attribute", {"attribute": text(until.attribute)}
    if isinstance(until, UntilClawbackEnd):
        return "clawback_end", {}
    return "test", {"condition": text(formulas.condition(until.test))}


def _clawback(rule: Clawback) -> Iterator[Said]:
    attribute: dict[str, Value] = {"attribute": text(rule.when.attribute)}
    if rule.days is not None:
        yield "taken_back_days", attribute | {"days": number(rule.days)}
    if rule.months is not None:
        yield "taken_back_months", attribute | {"months": number(rule.months)}
    for step in rule.schedule:
        months = {"months": number(step.within_months)}
        if step.share == "monthly":
            yield "taken_back_monthly", months
        else:
            yield "taken_back_share", months | {"share": percent(step.share)}


def program_sentences(program: Program, terms: Terms) -> Iterator[Said]:
    """Yield what the whole program says: its budget and its caps."""
    if program.budget is not None:
        budget = program.budget
        params = {"most": terms.money(budget.amount), "per": text(budget.per)}
        yield f"budget_{budget.policy}", params
    for cap in program.caps or ():
        period = text("" if cap.period is None else cap.period)
        yield f"most_{cap.per}", {"most": terms.money(cap.amount), "period": period}
