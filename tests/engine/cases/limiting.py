"""Published cases of limits and time: curves, draws, clawbacks, part periods, on-target plans."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.engine.cases.plans import Answers, case, fixed, formula, quota, rule, run, sale
from tests.engine.documents import Json, rate

MONTHS = [f"2026-{month:02}-15" for month in range(1, 13)]
MONTHLY = {"period": {"kind": "month"}}
SHARE_OF_YEAR = {"divide": [{"days": "worked"}, {"days": "period"}]}


def enrolled(since: str, until: str | None = None) -> Json:
    days = {"person": "ann", "from": since} | ({} if until is None else {"to": until})
    return {"enrolments": [days], "people": [{"person": "ann"}], "as_of": "2026-12-31"}


@case("curve-bonuspaycalc-b", "two payout curves with a cap")
def capped_curve(given: Any) -> Answers:
    target, times = given["target_bonus"], given["accelerator_above_100"]
    most = target * given["cap_percent"] // 100 - target
    curve = {"kind": "curve", "pays": "share_of_target", "target": str(target)}
    whole = [{"at": "0", "pays": "0"}, {"at": "1", "pays": "1"}]
    beyond = [{"at": "1", "pays": "0"}, {"at": "2", "pays": str(times)}]
    found = run(
        rule(curve | {"points": whole}, "bonus"),
        rule(
            curve | {"points": beyond, "beyond": "extend"},
            "extra",
            limits={"caps": [{"amount": str(most)}]},
        ),
        currency="GBP",
        quotas=[quota(100)],
        activities=[sale(given["attainment_percent"])],
    )
    return {"extra": found.paid("extra"), "payout": found.paid()}


@case("curve-techtarget-interpolate", "a payout curve between two points, rounded to 0.1")
def interpolated(given: Any) -> Answers:
    points = [
        {"at": given["goal"], "pays": str(given["goal_payout_percent"])},
        {"at": given["max_at"], "pays": str(given["max_payout_percent"])},
    ]
    found = run(
        rule(
            {"kind": "curve", "on": "measure", "points": points},
            measure={"kind": "sum", "of": "attributes.ratio"},
            limits={"round_to": "0.1"},
        ),
        activities=[sale(attributes={"ratio": given["actual"]})],
    )
    return {"payout_percent_claimed": found.paid()}


def _drawn(earned: list[int], draw: str, **rules: Any) -> Any:
    """Evaluate a rate of one under a recoverable draw, month by month."""
    return run(
        rule(
            rate("1"),
            limits={"draw": {"amount": draw, "recoverable": True} | rules},
            **MONTHLY,
        ),
        activities=[sale(amount, on=day) for amount, day in zip(earned, MONTHS, strict=False)],
    )


@case("draw-oracle-siebel", "a recoverable draw, each month")
def draw(given: Any) -> Answers:
    found = _drawn(given["gross_earnings"], str(given["draw"]))
    return {
        "net_earnings": found.each(),
        "draw_balance": found.results(["draw_balance", "draw_excess"]),
    }


@case("advance-aag", "a recoverable draw of the first month alone")
def advance(given: Any) -> Answers:
    earned = [0] + [given["earned_per_payment"]] * given["payments"]
    found = _drawn(earned, str(given["advance"]), months=1)
    assert found.each() == [given["advance"], *[0] * given["payments"]]
    return {"advance_balance": [-balance for balance in found.results("draw_balance")[1:]]}


@case("draw-visdum-paid", "a fixed draw; a formula that pays what the commission is above it")
def draw_taken_out(given: Any) -> Answers:
    above = {"max": ["0", {"subtract": [{"measure": True}, {"component": "draw"}]}]}
    found = run(
        rule(fixed(str(given["draw"])), "draw", **MONTHLY),
        rule({"kind": "formula", "value": above}, "month-end", **MONTHLY),
        activities=[sale(given["commission"])],
    )
    return {"paid_at_month_end": found.paid("month-end")}


def _taken_back(earned: int, cancelled_on: str, *schedule: Json) -> Fraction:
    """Return what is taken back of what was earned on 2026-03-10."""
    within = max(step["within_months"] for step in schedule)
    back = {
        "months": within,
        "when": {"attribute": "cancelled_on"},
        "schedule": list(schedule),
    }
    found = run(
        rule(rate("0.1"), clawback=back),
        activities=[sale(earned * 10, attributes={"cancelled_on": cancelled_on})],
        as_of="2027-12-31",
    )
    return sum(found.portions("clawed_back"), Fraction(0))


@case("claw-core8-half", "a rate with a clawback of one half")
def half_back(given: Any) -> Answers:
    part = str(Decimal(given["clawback_percent"]) / 100)
    step = {"within_months": 12, "share": part}
    return {"adjustment": _taken_back(given["earned"], "2026-06-10", step)}


@case("claw-earnbase", "a rate with a clawback of all within a window")
def all_back(given: Any) -> Answers:
    step = {"within_months": given["window_months"], "share": "1"}
    return {"adjustment": _taken_back(given["commission"], "2026-06-09", step)}


@case("claw-insureleads", "a rate with a clawback by months that were not begun")
def unearned_back(given: Any) -> Answers:
    step = {"within_months": given["advance_months"], "share": "monthly"}
    lapse = f"2026-{2 + given['lapse_in_month']:02}-20"
    return {
        "monthly": -_taken_back(given["advance"], "2026-10-20", step),
        "charged_back": -_taken_back(given["advance"], lapse, step),
    }


@case("prorate-days-costcalc", "a fixed amount, prorated by days of the year")
def part_of_a_year(given: Any) -> Answers:
    found = run(
        rule(
            fixed(str(given["target_bonus"])),
            limits={"proration": {"of": "pay", "days": "actual/365"}},
        ),
        **enrolled("2026-09-01"),
    )
    return {"payout": found.paid()}


@case("prorate-goal-masters-21", "a formula of days, rounded down")
def part_of_a_goal(given: Any) -> Answers:
    goal = {"multiply": [str(given["monthly_goal"]), SHARE_OF_YEAR]}
    whole = {"round": goal, "to": "1", "mode": "down"}
    found = run(
        rule(fixed("1"), measure=formula(whole), **MONTHLY),
        **enrolled(f"2026-06-{given['start_day']}", "2026-06-30"),
    )
    return {"goal": found.measured("main")}


@case("prorate-quota-masters", "a prorated quota in a formula, rounded to ten thousand")
def part_of_a_quota(given: Any) -> Answers:
    nearest = {"round": {"quota": True}, "to": "10000"}
    factor = {"round": SHARE_OF_YEAR, "to": "0.0001"}
    found = run(
        rule(
            fixed("1"),
            "quota",
            measure=formula(nearest),
            limits={"proration": {"of": "quota", "days": "actual/365"}},
        ),
        rule(fixed("1"), "factor", measure=formula(factor, "percent")),
        quotas=[quota(given["annual_quota"])],
        **enrolled("2026-06-01"),
    )
    return {
        "factor_percent": found.measured("factor") * 100,
        "quota_rounded": found.measured("quota"),
    }


@case("prorate-variable-masters", "a formula with a rounded factor, rounded to a thousand")
def part_of_the_variable(given: Any) -> Answers:
    factor = {"round": SHARE_OF_YEAR, "to": "0.0001"}
    value = {"multiply": [str(given["annual_variable"]), factor]}
    found = run(
        rule({"kind": "formula", "value": value}, limits={"round_to": "1000"}),
        **enrolled("2026-06-01"),
    )
    return {"variable_rounded": found.paid()}


@case("plan-quotapath-capped", "a fixed amount and a capped rate, each quarter")
def on_target(given: Any) -> Answers:
    goal, quarters = given["quarterly_quota"], given["quarters"]
    quarterly = {"period": {"kind": "quarter"}}
    most = Fraction(given["rate"]) * goal
    found = run(
        rule(fixed(str(given["base"] // quarters)), "base", **quarterly),
        rule(
            rate(given["rate"]),
            "variable",
            limits={"caps": [{"amount": str(most)}]},
            **quarterly,
        ),
        activities=[sale(goal, on=MONTHS[3 * quarter]) for quarter in range(quarters)],
    )
    return {
        "annual_variable_at_quota": found.paid("variable"),
        "ote": found.paid(),
        "quota_to_ote": goal * quarters / found.paid(),
    }
