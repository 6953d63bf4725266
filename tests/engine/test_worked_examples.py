"""Published cases, expressed as plan documents: the answers come from the file, not from here."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.engine import attribution, payout
from app.kernel.money import Money, Rounding
from tests.engine.documents import Json, component, credit, per_unit, rate

pytestmark = pytest.mark.shared_data

EXAMPLES = Path(__file__).resolve().parents[3] / "shared/data/worked-examples/worked_examples.json"
MONEY = payout.Terms("USD", Rounding.HALF_EVEN)


@cache
def cases() -> dict[str, Json]:
    found: list[Json] = json.loads(EXAMPLES.read_text(encoding="utf-8"), parse_float=Decimal)[
        "cases"
    ]
    return {case["id"]: case for case in found}


def inputs(case: str) -> Any:
    return cases()[case]["inputs"]


def answer(case: str, name: str) -> Any:
    return cases()[case]["recomputed"][name]


def paid(rule: Json, total: Any, quota: Any = None) -> Decimal:
    goal = None if quota is None else Fraction(quota)
    outcome = payout.payout(component(rule), Fraction(str(total)), goal, MONEY)
    return Money(outcome.amount_minor, "USD").decimal


def bands(tiers: list[Json], **shape: str) -> Json:
    steps = [(str(tier["from"]), str(tier["rate"])) for tier in tiers if tier["from"] != 0]
    return rate(str(tiers[0]["rate"]), *steps, **shape)


@pytest.mark.parametrize(
    ("case", "name", "rule", "total"),
    [
        ("base-mathscore", "commission", lambda i: rate(i["rate"]), lambda i: i["sales"]),
        ("flat-prezi", "commission", lambda i: rate(i["rate"]), lambda i: i["sales"]),
        (
            "bonus-uslegal-over-ote",
            "bonus",
            lambda i: rate(i["rate"]),
            lambda i: i["over_target"],
        ),
        (
            "spif-bentega-revenue",
            "payout",
            lambda i: rate(i["rate"]),
            lambda i: i["campaign_revenue"],
        ),
        ("marg-mathtutor-0803", "commission", lambda i: bands(i["tiers"]), lambda i: i["sales"]),
        (
            "marg-hyperbots",
            "commission",
            lambda i: rate(i["base_rate"], (str(i["sales_up_to_quota"]), i["accelerator_rate"])),
            lambda i: i["sales_up_to_quota"] + i["sales_above_quota"],
        ),
        (
            "override-prowi-threshold",
            "first_dollar",
            lambda i: rate(i["rate"]),
            lambda i: i["team_sales"],
        ),
        (
            "override-prowi-threshold",
            "above_threshold",
            lambda i: rate("0", (str(i["threshold"]), i["rate"])),
            lambda i: i["team_sales"],
        ),
        (
            "spiff-prowi",
            "spiff",
            lambda i: per_unit(str(i["spiff_per_unit"])),
            lambda i: i["units"],
        ),
        (
            "spiff-prowi",
            "commission",
            lambda i: rate(i["commission_rate"]),
            lambda i: i["units"] * i["unit_price"],
        ),
    ],
)
def test_a_published_case_gives_its_answer(
    case: str, name: str, rule: Callable[[Any], Json], total: Callable[[Any], Any]
) -> None:
    given = inputs(case)

    assert paid(rule(given), total(given)) == Decimal(answer(case, name))


@pytest.mark.parametrize("case", ["retro-abestweb-999", "retro-abestweb-1000"])
def test_a_retroactive_increase_holds_for_everything(case: str) -> None:
    given = inputs(case)
    more = str(1 + Decimal(given["increase_of_rate"]))
    rule = rate(given["base_rate"], (str(given["threshold"]), f"x{more}"), mode="retroactive")

    assert paid(rule, given["sales"]) == Decimal(answer(case, "commission"))


def test_rounding_comes_last() -> None:
    given = inputs("retro-abestweb-1114")
    share = Decimal(given["base_rate"]) * Decimal(given["performance_incentive_on_commission"])

    assert paid(rate(given["base_rate"]), given["sales"]) == Decimal(
        answer("retro-abestweb-1114", "commission")
    )
    assert paid(rate(str(share)), given["sales"]) == Decimal(
        answer("retro-abestweb-1114", "incentive")
    )


def test_each_marginal_tier_pays_what_the_source_says() -> None:
    given = inputs("marg-excelforum-861932")

    tree = payout.payout(component(bands(given["tiers"])), given["sales"], None, MONEY).explanation

    results = [child.result.text for child in tree.children if child.result]
    assert results == answer("marg-excelforum-861932", "tier_amounts")


def test_an_accelerator_past_the_quota_pays_base_and_accelerated_part() -> None:
    given = inputs("marg-paycheckcalcs")
    rule = rate(given["base_rate"], ("1", given["accelerator_rate"]), on="attainment")

    tree = payout.payout(component(rule), given["sales"], given["quota"], MONEY).explanation

    results = [child.result.text for child in tree.children[1:] if child.result]
    assert results == [answer("marg-paycheckcalcs", name) for name in ("base", "accelerated")]


def test_a_deal_across_a_tier_is_paid_at_the_blended_rate() -> None:
    given = inputs("marg-spiff-mamount")
    rule = component(bands(given["tiers"]))

    outcome = attribution.line(rule, credit(given["deal"]), given["already_closed"], None, MONEY)

    expected = Decimal(answer("marg-spiff-mamount", "commission"))
    assert Money(outcome.amount_minor, "USD").decimal == expected


def test_tiers_for_each_transaction_alone() -> None:
    given = inputs("marg-oracle-step-individual")
    rule = bands(given["tiers"])

    found = [paid(rule, amount) for amount in given["transactions"]]

    assert found == [Decimal(each) for each in answer("marg-oracle-step-individual", "commissions")]


@pytest.mark.parametrize("nth", [0, 1, 2])
def test_an_amount_is_cut_at_the_boundaries_of_its_tiers(nth: int) -> None:
    given = inputs("step-oracle-options")
    tiers = [
        (str(tier["from"]), str(Decimal(tier["rate"]) / 100)) for tier in given["tiers_percent"][1:]
    ]
    rule = component(rate("0.01", *tiers))

    tree = payout.payout(rule, given["amounts"][nth], None, MONEY).explanation

    portions = {child.params["price"].text: child.params["part"].text for child in tree.children}
    assert portions == answer("step-oracle-options", "portions_by_rate")[nth]


def test_an_inclusive_boundary_gives_the_upper_tier_at_its_lower_bound() -> None:
    given = inputs("boundary-oracle-equal-tier")
    steps = [
        (str(tier["from"]), str(Decimal(tier["rate"]) / 100)) for tier in given["tiers_percent"][1:]
    ]
    rule = component(rate("0.01", *steps, mode="retroactive", boundary="inclusive"))

    (step,) = payout.payout(rule, given["amount"], None, MONEY).explanation.children

    assert step.params["price"].text == answer("boundary-oracle-equal-tier", "rate_percent")


def test_an_accelerator_multiplies_the_base_rate() -> None:
    given = inputs("accel-getcommish-rates")
    base = str(Decimal(given["base_rate_percent"]) / 100)
    steps = [(str(nth), f"x{times}") for nth, times in enumerate(given["multipliers"][1:], 1)]
    rule = rate(base, *steps, mode="retroactive", on="attainment")

    effective = [paid(rule, total, 100) / total * 100 for total in (99, 100, 200)]

    expected = answer("accel-getcommish-rates", "effective_rate_percent")
    assert effective == [Decimal(each) for each in expected]
