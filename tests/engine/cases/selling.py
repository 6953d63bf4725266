"""Published cases of commission: flat, in tiers, accelerated, on margin, for units and hours."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.engine.cases.plans import (
    AMOUNT,
    MEASURE,
    UNITS,
    Answers,
    case,
    fixed,
    formula,
    has,
    quota,
    reports,
    rule,
    run,
    sale,
)
from tests.engine.documents import Json, per_unit, rate


def share(percent: Any) -> str:
    return str(Decimal(str(percent)) / 100)


def bands(tiers: list[Json], key: str = "rate", **shape: str) -> Json:
    """Return a rate in the bands that a source lists, in shares."""
    steps = [(str(tier["from"]), str(tier[key])) for tier in tiers[1:]]
    return rate(str(tiers[0][key]), *steps, **shape)


def in_shares(tiers: list[Json]) -> list[Json]:
    return [tier | {"rate": share(tier["rate"])} for tier in tiers]


@case("flat-prezi", "a rate")
def flat(given: Any) -> Answers:
    found = run(rule(rate(given["rate"])), activities=[sale(given["sales"])])
    return {"commission": found.paid()}


@case("flat-prezi-base", "a fixed amount; a rate")
def flat_and_base(given: Any) -> Answers:
    parts = rule(fixed(str(given["base"])), "base"), rule(rate(given["rate"]))
    return {"gross": run(*parts, activities=[sale(given["sales"])]).paid()}


@case("base-mathscore", "a fixed amount; a rate")
def base(given: Any) -> Answers:
    parts = rule(fixed(str(given["base"])), "base"), rule(rate(given["rate"]))
    found = run(*parts, activities=[sale(given["sales"])])
    return {"commission": found.paid("main"), "pay": found.paid()}


@case("fee-mueve-fixed", "a formula that looks the fee up in a table, each transaction alone")
def fee(given: Any) -> Answers:
    steps = [{"from": str(band["from"]), "value": band["fee"]} for band in given["bands"]]
    price = {"lookup": MEASURE, "boundary": "inclusive", "steps": steps}
    alone = {"kind": "activity"}
    found = run(
        rule({"kind": "formula", "value": price}, "fee", period=alone),
        rule({"kind": "formula", "value": MEASURE}, "amount", period=alone),
        activities=[sale(given["amount"])],
    )
    return {"fee": found.paid("fee"), "total": found.paid()}


@case("spif-bentega-revenue", "a rate")
def spif(given: Any) -> Answers:
    found = run(rule(rate(given["rate"])), activities=[sale(given["campaign_revenue"])])
    return {"payout": found.paid()}


@case("bonus-uslegal-over-ote", "a rate above a threshold")
def over_target(given: Any) -> Answers:
    above = {"threshold": {"at": "500000", "cliff": False}}
    found = run(
        rule(rate(given["rate"]), limits=above),
        activities=[sale(500_000 + given["over_target"])],
    )
    return {"bonus": found.paid()}


@case("spiff-prowi", "a rate; an amount for each unit")
def spiff(given: Any) -> Answers:
    sold = sale(given["units"] * given["unit_price"], units=str(given["units"]))
    found = run(
        rule(rate(given["commission_rate"]), "commission"),
        rule(per_unit(str(given["spiff_per_unit"])), "spiff", measure=UNITS),
        activities=[sold],
    )
    return {
        "commission": found.paid("commission"),
        "spiff": found.paid("spiff"),
        "total": found.paid(),
    }


@case("override-prowi-threshold", "override of level 1: a rate; a rate above a threshold")
def override(given: Any) -> Answers:
    above = {"threshold": {"at": str(given["threshold"]), "cliff": False}}
    manager = {"to": "override", "levels": [{"level": 1}]}
    found = run(
        rule(rate(given["rate"]), "first-dollar", credit=manager),
        rule(rate(given["rate"]), "above", credit=manager, limits=above),
        positions=[reports("ann", "bob")],
        activities=[sale(given["team_sales"])],
    )
    return {
        "first_dollar": found.paid("first-dollar", "bob"),
        "above_threshold": found.paid("above", "bob"),
    }


@case("margin-ehow", "a rate looked up by margin over cost, of the margin")
def margin(given: Any) -> Answers:
    mark_up = {"divide": [MEASURE, {"figure": "cost"}]}
    steps = [
        {"from": share(tier.get("from", 0)), "value": tier["rate"]}
        for tier in given["tiers_percent_of_cost"]
    ]
    figures = {
        "price": AMOUNT,
        "cost": {"kind": "sum", "of": "attributes.cost", "unit": "money"},
        "mark_up": formula(mark_up, "percent"),
    }
    difference = {"subtract": [{"figure": "price"}, {"figure": "cost"}]}
    found = run(
        rule(
            {"kind": "rate", "rate": {"lookup": {"figure": "mark_up"}, "steps": steps}},
            figures=figures,
            measure=formula(difference, "money"),
        ),
        activities=[sale(given["price"], attributes={"cost": str(given["cost"])})],
    )
    return {
        "margin": found.measured("main"),
        "margin_percent": found.figure("mark_up"),
        "commission": found.paid(),
    }


@case("accel-getcommish-rates", "a rate with a retroactive multiplier on attainment")
def accelerator(given: Any) -> Answers:
    steps = [(str(nth), f"x{times}") for nth, times in enumerate(given["multipliers"][1:], 1)]
    base_rate = share(given["base_rate_percent"])
    people = {"ann": 99, "bob": 100, "cy": 200}
    found = run(
        rule(rate(base_rate, *steps, mode="retroactive", on="attainment")),
        quotas=[quota(100, person) for person in people],
        activities=[sale(total, person) for person, total in people.items()],
    )
    paid = [found.paid(payee=person) / total * 100 for person, total in people.items()]
    return {"effective_rate_percent": paid}


@case("over-mrexcel-857705-b", "payout curves on the year to date, less what was paid")
def over_achievement(given: Any) -> Answers:
    target, times = str(given["annual_opportunity"]), str(given["over_multiplier"])
    to_date = {"period": {"kind": "month", "to_date": "year"}}
    curve = {"kind": "curve", "on": "measure", "pays": "share_of_target", "target": target}
    whole = [{"at": "0", "pays": "0"}, {"at": "100", "pays": "1"}]
    beyond = [{"at": "100", "pays": "0"}, {"at": "200", "pays": times}]
    found = run(
        rule(curve | {"points": whole}, "target", **to_date),
        rule(curve | {"points": beyond, "beyond": "extend"}, "over", **to_date),
        activities=[
            sale(105, on="2026-01-20"),
            sale(given["attainment_percent"] - 105, on="2026-02-20"),
        ],
    )
    first = found.paid(period="2026-01")
    assert first == given["paid_ytd"]
    return {"over_achievement": found.paid("over"), "payout": found.paid(period="2026-02")}


@case("marg-mathtutor-0803", "a rate with marginal steps, each week")
def graduated(given: Any) -> Answers:
    found = run(
        rule(bands(given["tiers"]), period={"kind": "week"}), activities=[sale(given["sales"])]
    )
    amounts = found.results("rate_base") + found.results("rate_band")
    return {"tier_amounts": amounts, "commission": found.paid()}


@case("marg-excelforum-861932", "a rate with marginal steps, each quarter")
def over_quota(given: Any) -> Answers:
    found = run(
        rule(bands(given["tiers"]), period={"kind": "quarter"}), activities=[sale(given["sales"])]
    )
    return {"tier_amounts": found.results("rate_base") + found.results("rate_band")}


@case("marg-hyperbots", "a rate with a marginal step")
def base_and_accelerated(given: Any) -> Answers:
    step = (str(given["sales_up_to_quota"]), given["accelerator_rate"])
    total = given["sales_up_to_quota"] + given["sales_above_quota"]
    found = run(rule(rate(given["base_rate"], step)), activities=[sale(total)])
    return {
        "base": found.results("rate_base")[0],
        "accelerated": found.results("rate_band")[0],
        "commission": found.paid(),
    }


@case("marg-paycheckcalcs", "a rate with a marginal step at 100 % of quota")
def at_quota(given: Any) -> Answers:
    found = run(
        rule(rate(given["base_rate"], ("1", given["accelerator_rate"]), on="attainment")),
        quotas=[quota(given["quota"])],
        activities=[sale(given["sales"])],
    )
    return {
        "base": found.results("rate_base")[0],
        "accelerated": found.results("rate_band")[0],
    }


@case("marg-spiff-mamount", "a rate with marginal steps; the line of the deal that crosses one")
def crossing_deal(given: Any) -> Answers:
    found = run(
        rule(bands(given["tiers"])),
        activities=[
            sale(given["already_closed"], on="2026-01-10"),
            sale(given["deal"], on="2026-02-10"),
        ],
    )
    deal = found.lines()[-1]
    beyond = [step for step in deal.outcome.explanation.children if step.code == "rate_more"]
    above = Fraction(beyond[0].params["part"].text)
    brought = Fraction(deal.outcome.amount_minor, 100)
    return {
        "in_tier_1": given["deal"] - above,
        "in_tier_2": above,
        "blended_rate_percent": brought / given["deal"] * 100,
        "commission": brought,
    }


@case("marg-oracle-step-individual", "a rate with marginal steps, each transaction alone")
def each_alone(given: Any) -> Answers:
    sold = [
        sale(amount, on=f"2026-01-{day:02}") for day, amount in enumerate(given["transactions"], 1)
    ]
    found = run(rule(bands(given["tiers"]), period={"kind": "activity"}), activities=sold)
    return {"commissions": found.each(), "quarter_total": found.paid()}


@case("step-oracle-options", "a rate with marginal steps")
def portions(given: Any) -> Answers:
    tiers = in_shares(given["tiers_percent"])
    sold = [sale(amount, f"rep-{nth}") for nth, amount in enumerate(given["amounts"])]
    found = run(rule(bands(tiers)), activities=sold)
    split = []
    for nth in range(len(sold)):
        steps = [
            step
            for code in ("rate_base", "rate_band")
            for step in found.steps(code, payee=f"rep-{nth}")
        ]
        split.append({step.params["price"].text: step.params["part"].text for step in steps})
    return {"portions_by_rate": split}


@case("boundary-oracle-equal-tier", "a rate with retroactive steps, boundary inclusive")
def on_the_boundary(given: Any) -> Answers:
    tiers = in_shares(given["tiers_percent"])
    found = run(
        rule(bands(tiers, mode="retroactive", boundary="inclusive")),
        activities=[sale(given["amount"])],
    )
    return {"rate_percent": found.paid() / given["amount"] * 100}


@case("interp-oracle-24b-proportional", "a rate with marginal steps")
def blended(given: Any) -> Answers:
    found = run(rule(bands(given["tiers"])), activities=[sale(given["input"])])
    return {"blended_rate_percent": found.paid() / given["input"] * 100}


@case("level-fliphtml5-1", "a rate looked up by the volume of the group, of the own volume")
def group_level(given: Any) -> Answers:
    steps = [{"from": str(each["min_gv"]), "value": each["rate"]} for each in given["levels"]]
    figures = {"group_volume": AMOUNT | {"whose": {"group": "group"}}}
    own, group = given["personal_volume"], given["group_volume"]
    found = run(
        rule(
            {"kind": "rate", "rate": {"lookup": {"figure": "group_volume"}, "steps": steps}},
            figures=figures,
        ),
        program={"groups": {"group": {"team_of": "ann"}}},
        positions=[reports("bob", "ann")],
        activities=[sale(own), sale(group - own, "bob")],
    )
    (level,) = found.results("table", payee="ann")
    return {"level_rate": level, "bonus": found.paid(payee="ann")}


@case("retro-abestweb-999", "a rate with a retroactive multiplier")
def below_the_leap(given: Any) -> Answers:
    return {"commission": _leap(given)}


@case("retro-abestweb-1000", "a rate with a retroactive multiplier")
def at_the_leap(given: Any) -> Answers:
    return {"rate": _leap(given) / given["sales"], "commission": _leap(given)}


def _leap(given: Any) -> Fraction:
    step = (str(given["threshold"]), f"x{1 + Decimal(given['increase_of_rate'])}")
    plan = rule(rate(given["base_rate"], step, mode="retroactive"))
    return run(plan, activities=[sale(given["sales"])]).paid()


@case("retro-abestweb-1114", "a rate; the same rate times a factor, rounded last")
def incentive(given: Any) -> Answers:
    half = [given["performance_incentive_on_commission"]]
    found = run(
        rule(rate(given["base_rate"]), "commission"),
        rule(rate(given["base_rate"]) | {"times": half}, "incentive"),
        activities=[sale(given["sales"])],
    )
    return {"commission": found.paid("commission"), "incentive": found.paid("incentive")}


@case("payroll-29cfr778-110a-1981", "an amount for each hour with a marginal multiplier, each week")
def overtime(given: Any) -> Answers:
    after = (str(given["overtime_after"]), "x1.5")
    found = run(
        rule(
            per_unit(str(given["hourly"]), after, boundary="exclusive"),
            measure=UNITS,
            period={"kind": "week"},
        ),
        activities=[sale(units=str(given["hours"]), kind="hours")],
    )
    return {"weekly_wage": found.paid()}


def _regular_rate(given: Any, *, rounded: bool = False) -> Answers:
    """Answer a week of 29 CFR 778.110: one and a half times the regular rate for overtime."""
    after, hours = str(given["overtime_after"]), {"figure": "hours"}
    pay = {"add": [{"multiply": [hours, str(given["hourly"])]}, {"figure": "bonus"}]}
    hourly: Json = {"divide": [{"figure": "straight_time"}, hours]}
    if rounded:
        hourly = {"round": hourly, "to": "0.01", "mode": "half_up"}
    overtime_hours = {"max": ["0", {"subtract": [hours, after]}]}
    counted = {"add": [{"min": [hours, after]}, {"multiply": ["1.5", overtime_hours]}]}
    figures = {
        "hours": UNITS | {"where": has("kind", "hours")},
        "bonus": AMOUNT | {"where": has("kind", "bonus")},
        "straight_time": formula(pay, "money"),
    }
    found = run(
        rule(
            {"kind": "formula", "value": {"multiply": [MEASURE, counted]}},
            figures=figures,
            measure=formula(hourly, "money"),
            period={"kind": "week"},
        ),
        activities=[
            sale(units=str(given["hours"]), kind="hours"),
            sale(given["bonus"], kind="bonus"),
        ],
    )
    return {
        "straight_time_total": found.figure("straight_time"),
        "regular_rate": found.measured("main"),
        "weekly_wage": found.paid(),
    }


@case("payroll-29cfr778-110b", "figures and a formula, each week")
def regular_rate(given: Any) -> Answers:
    return _regular_rate(given)


@case("payroll-29cfr778-110b-1981", "figures and a formula, each week")
def older_regular_rate(given: Any) -> Answers:
    return _regular_rate(given)


@case("payroll-mtas-700", "figures and a formula with a rounded rate, each week")
def rounded_regular_rate(given: Any) -> Answers:
    return _regular_rate(given, rounded=True)
