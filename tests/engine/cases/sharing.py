"""Published cases of several people: splits, uplines, rankings, contests and surveys."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from app.engine.exact import decimal_text
from tests.engine.cases.plans import (
    AMOUNT,
    Answers,
    Found,
    case,
    fixed,
    formula,
    has,
    reports,
    rule,
    run,
    sale,
)
from tests.engine.cases.selling import share
from tests.engine.documents import Json, rate

FIRST = {"to": "override", "levels": [{"level": 1}]}
COUNT = {"kind": "count"}


def level(number: int) -> Json:
    return {"to": "override", "levels": [{"level": number}]}


def _split(given: Any, shares: dict[str, Fraction]) -> Answers:
    parts = [{"person": person, "share": decimal_text(part)} for person, part in shares.items()]
    found = run(
        rule(rate(given["rate"]), credit={"to": "split", "by": "shares"}),
        activities=[sale(given["deal"], next(iter(shares)), shares=parts)],
    )
    return {
        "commission": {person: found.paid(payee=person) for person in shares},
        "total": found.paid(),
    }


@case("split-carvd", "a split by the shares on the deal; a rate")
def split(given: Any) -> Answers:
    return _split(given, {who: Fraction(part, 100) for who, part in given["shares"].items()})


@case("split-prowi-handoff", "a split by the shares on the deal; a rate")
def handed_over(given: Any) -> Answers:
    stages = given["stages"]
    return _split(
        given, {who: Fraction(owned, stages) for who, owned in given["stages_owned"].items()}
    )


@case("split-vba-halves", "a rate; two holds of one half, until an attribute states a day")
def halves(given: Any) -> Answers:
    days = {"setup_paid_on": "2026-04-01", "first_monthly_paid_on": "2026-05-01"}
    holds = [{"share": "0.5", "until": {"attribute": name}} for name in days]
    found = run(
        rule(rate("0.1"), holds=holds),
        activities=[sale(given["commission"] * 10, attributes=days)],
        as_of="2026-12-31",
    )
    released = sorted((part.release_on, part.minor) for part in found.earnings[0].portions)
    assert [str(day) for day, _ in released] == list(days.values())
    return {"payments": [Fraction(minor, 100) for _, minor in released]}


def _binary(given: Any) -> Answers:
    """Answer a binary tree: the weaker leg pays, and what is left of the stronger is carried."""

    def leg(side: str) -> dict[str, Json]:
        carried = {"previous": {"figure": f"carry_{side}"}}
        total = {"figure": f"total_{side}"}
        return {
            f"new_{side}": AMOUNT | {"where": has("attributes.leg", side)},
            f"total_{side}": formula({"add": [{"figure": f"new_{side}"}, carried]}),
            f"carry_{side}": formula({"subtract": [total, {"figure": "base"}]}),
        }

    weaker = {"min": [{"figure": "total_left"}, {"figure": "total_right"}]}
    figures = {**leg("left"), **leg("right"), "base": formula(weaker)}
    month = {"kind": "month"}
    sides = ("left", "right")
    tree = rule(
        {"kind": "rate", "rate": share(given["percent"])},
        "binary",
        credit=FIRST,
        figures=figures,
        measure=formula({"figure": "base"}, "money"),
        period=month,
    )
    carry = rule(
        fixed("0"),
        "carry",
        credit=FIRST,
        measure=formula({"component": "binary", "figure": "carry_right"}),
        figures={"new": AMOUNT},
        period=month,
    )
    found = run(
        tree,
        carry,
        positions=[reports(side, "bea") for side in sides],
        activities=[sale(given[side], side, attributes={"leg": side}) for side in sides],
    )
    return {
        "base": found.measured("binary", "bea"),
        "commission": found.paid("binary", "bea"),
        "carry_right": found.measured("carry", "bea"),
    }


@case("binary-mylist-weak", "a rate of a formula: the weaker leg, the rest carried by `previous`")
def binary(given: Any) -> Answers:
    return _binary(given)


@case("binary-mylist-b", "a rate of a formula: the weaker leg, the rest carried by `previous`")
def binary_node(given: Any) -> Answers:
    answers = _binary(given)
    return {name: answers[name] for name in ("commission", "carry_right")}


@case("diff-banner-1", "override of level 1: a rate")
def direct_bonus(given: Any) -> Answers:
    found = run(
        rule(rate(share(given["percent"])), credit=FIRST),
        currency="PTS",
        positions=[reports(member, "A") for member in given["downline_pv"]],
        activities=[sale(volume, member) for member, volume in given["downline_pv"].items()],
    )
    return {"bonus": found.paid(payee="A")}


@case("diff-banner-3", "differential credit by a rate of each person; overrides among leaders")
def generations(given: Any) -> Answers:
    own, legs = share(given["own_percent"]), share(given["legs_percent"])
    inside = given["leader_leg_B1_inside_B"]
    rates = {"A": own, "B": own, "B1": own, "N": "0"} | dict.fromkeys(given["legs_pv"], legs)
    by_rate = {"to": "differential", "rate": {"person": "rate"}, "include_seller": True}
    leaders = has("attributes.leader", "yes")
    leader_rate = rate(share(given["leadership_percent"]))
    leader: Json = {"attributes": {"leader": "yes"}}
    found = run(
        rule(rate("1"), "direct", credit=by_rate, counts=has("attributes.leg", "own")),
        rule(rate("1"), "indirect", credit=by_rate, counts=has("attributes.leg", "other")),
        rule(leader_rate, "generation-1", credit=level(1), counts=leaders),
        rule(leader_rate, "generation-2", credit=level(2), counts=leaders),
        currency="PTS",
        people=[
            {"person": person, "attributes": {"rate": value}} for person, value in rates.items()
        ],
        positions=[
            *(reports(person, "A") for person in ("B", "N", *given["legs_pv"])),
            reports("B1", "B"),
        ],
        activities=[
            sale(given["own_pv"], "A", attributes={"leg": "own"}),
            sale(given["new_member_pv"], "N", attributes={"leg": "own"}),
            *(
                sale(volume, member, attributes={"leg": "other"})
                for member, volume in given["legs_pv"].items()
            ),
            sale(given["leader_leg_B"] - inside, "B", **leader),
            sale(inside, "B1", **leader),
        ],
    )
    parts = {
        "direct": found.paid("direct", "A"),
        "indirect": found.paid("indirect", "A"),
        "generation_1": found.paid("generation-1", "A"),
        "generation_2": found.paid("generation-2", "A"),
    }
    return parts | {"total": found.paid(payee="A")}


@case("diff-lifeleadership", "differential credit by a rate looked up by the volume of the group")
def differential(given: Any) -> Answers:
    down = given["downline_pv"]
    steps = [
        {"from": str(down), "value": share(given["downline_percent"])},
        {"from": str(given["own_total_pv"]), "value": share(given["own_percent"])},
    ]
    own = AMOUNT | {"credit": {"to": "direct"}}
    below = AMOUNT | {"credit": FIRST}
    volume = {"add": [{"figure": "own"}, {"figure": "below"}]}
    by_volume = {
        "to": "differential",
        "rate": {"lookup": {"figure": "group_volume"}, "steps": steps},
    }
    found = run(
        rule(
            rate("1"),
            credit=by_volume,
            figures={"own": own, "below": below, "group_volume": formula(volume)},
        ),
        positions=[reports("down", "up")],
        activities=[sale(given["own_total_pv"] - down, "up"), sale(down, "down")],
    )
    bonus = found.paid(payee="up")
    return {"differential_percent": bonus / down * 100, "bonus": bonus}


def _tree(person: str, width: int, depth: int) -> Iterator[tuple[str, str]]:
    """Yield everybody below `person` with who stands above them."""
    for nth in range(width if depth else 0):
        below = f"{person}.{nth}"
        yield below, person
        yield from _tree(below, width, depth - 1)


@case("unilevel-silver", "overrides of levels 1 to 5: a rate")
def unilevel(given: Any) -> Answers:
    levels = range(1, given["levels"] + 1)
    below = list(_tree("top", given["direct_recruits"], given["levels"]))
    found = run(
        *(
            rule(rate(share(given["percent_per_level"])), f"level-{each}", credit=level(each))
            for each in levels
        ),
        currency="PHP",
        positions=[reports(person, above) for person, above in below],
        activities=[sale(given["volume_each"], person) for person, _ in below],
    )
    return {
        "by_level": [found.paid(f"level-{each}", "top") for each in levels],
        "total": found.paid(payee="top"),
    }


def _lower_plan(given: Any, upline: list[str], payer: str) -> Found:
    """Evaluate a payment whose level pays by the lower plan of the payer's and the payee's."""
    low, high = given["plans"]["P1"], given["plans"]["P2"]

    def pays(plan: Json, depth: int) -> str:
        return decimal_text(Fraction(plan["fee"] * plan["levels_percent"][depth], 100))

    def component(depth: int) -> Json:
        cheap, dear = pays(low, depth), pays(high, depth)
        high_payee = {"person": "plan", "in": ["P2"]}
        value = {
            "add": [
                {"multiply": [{"figure": "low"}, cheap]},
                {
                    "multiply": [
                        {"figure": "high"},
                        {"if": high_payee, "then": dear, "else": cheap},
                    ]
                },
            ]
        }
        return rule(
            {"kind": "formula", "value": value},
            f"level-{depth + 1}",
            credit=level(depth + 1),
            measure=COUNT,
            figures={
                "low": COUNT | {"where": has("attributes.plan", "P1")},
                "high": COUNT | {"where": has("attributes.plan", "P2")},
            },
        )

    plans = given["member_plan"]
    chain = [payer, *upline]
    return run(
        component(0),
        component(1),
        people=[{"person": who, "attributes": {"plan": plan}} for who, plan in plans.items()],
        positions=[reports(who, above) for who, above in zip(chain, upline, strict=False)],
        activities=[
            sale(
                given["plans"][plans[payer]]["fee"],
                payer,
                attributes={"plan": plans[payer]},
            )
        ],
    )


@case("unilevel-wtk-bc", "overrides by level: a formula that takes the lower of two plans")
def direct_payers(given: Any) -> Answers:
    return {
        f"A_from_{payer}": _lower_plan(given, ["A"], payer).paid(payee="A")
        for payer in given["payers"]
    }


@case("unilevel-wtk-d", "overrides by level: a formula that takes the lower of two plans")
def low_payer(given: Any) -> Answers:
    found = _lower_plan(given, given["upline_of_D"], given["payer"])
    return {person: found.paid(payee=person) for person in given["upline_of_D"]}


@case("unilevel-wtk-e", "overrides by level: a formula that takes the lower of two plans")
def high_payer(given: Any) -> Answers:
    found = _lower_plan(given, given["upline_of_E"], given["payer"])
    return {person: found.paid(payee=person) for person in given["upline_of_E"]}


METHODS = {
    "standard_1224": "standard",
    "modified_1334": "modified",
    "dense_1223": "dense",
    "ordinal_1234": "ordinal",
    "fractional": "fractional",
}
SCORE = {"kind": "sum", "of": "attributes.score"}


def _ranked(scores: list[tuple[str, int]], methods: dict[str, str]) -> Answers:
    """Answer each method by the ranks from the first to the last."""
    found = run(
        *(
            rule(
                fixed("0"),
                method,
                figures={"score": SCORE},
                measure=formula({"rank": "score", "method": method}),
            )
            for method in methods.values()
        ),
        activities=[sale(person=who, attributes={"score": str(score)}) for who, score in scores],
    )
    return {
        name: sorted(found.measured(method, who) for who, _ in scores)
        for name, method in methods.items()
    }


@case("rank-rosetta", "a rank of each method; among equals the order of names")
def ranking(given: Any) -> Answers:
    return _ranked(given["scores"], METHODS)


@case("rank-sleeping-cup", "a rank")
def cup(given: Any) -> Answers:
    scores = [(f"p{nth}", score) for nth, score in enumerate(given["scores"])]
    return _ranked(scores, {"standard_1224": "standard"})


@case("prize-tie-mahjong", "a pool by rank whose places are prizes")
def tied_prizes(given: Any) -> Answers:
    places = [str(prize) for prize in given["prizes"]]
    players = [f"p{nth}" for nth in range(given["tied"])]
    found = run(
        rule({"kind": "pool", "by": "rank", "places": places}, measure=SCORE),
        activities=[sale(person=player, attributes={"score": "44"}) for player in players],
    )
    (each,) = {found.paid(payee=player) for player in players}
    return {"each": each}


PROMOTERS = {"field": "attributes.score", "op": "ge", "value": 9}
DETRACTORS = {"field": "attributes.score", "op": "le", "value": 6}


def _survey(scores: Iterator[int] | list[int], grain: str | None = None) -> Found:
    """Evaluate the net promoter score of answers from 0 to 10."""
    net = {"subtract": [{"figure": "promoters"}, {"figure": "detractors"}]}
    score: Json = {"multiply": ["100", {"divide": [net, {"figure": "participants"}]}]}
    if grain is not None:
        score = {"round": score, "to": grain, "mode": "half_up"}
    figures = {
        "promoters": COUNT | {"where": PROMOTERS},
        "detractors": COUNT | {"where": DETRACTORS},
        "participants": COUNT,
    }
    survey = {"counts": has("kind", "survey"), "period": {"kind": "quarter"}}
    return run(
        rule(fixed("0"), figures=figures, measure=formula(score), **survey),
        activities=[
            sale(person="team", kind="survey", attributes={"score": str(each)}) for each in scores
        ],
    )


def _answers(given: Any) -> list[int]:
    """Return a score for each respondent of a published group."""
    groups = {"promoters": 9, "passives": 7, "detractors": 3}
    return [score for name, score in groups.items() for _ in range(given[name])]


@case("enps-nailted-quarter", "counts and a formula, each quarter")
def pooled_survey(given: Any) -> Answers:
    found = _survey([score for month in given["months"] for score in _answers(month)])
    assert found.measured("main") == 30
    return {name: found.figure(name) for name in ("promoters", "detractors", "participants")}


@case("enps-staffsquared", "counts and a formula")
def negative_score(given: Any) -> Answers:
    return {"enps": _survey(_answers(given)).measured("main")}


@case("nps-210", "counts and a formula rounded to one decimal")
def rounded_score(given: Any) -> Answers:
    return {"nps_one_decimal": _survey(_answers(given), "0.1").measured("main")}


@case("nps-doctest-0-10", "counts and a formula")
def every_score(given: Any) -> Answers:
    return {"nps": _survey(given["scores"]).measured("main")}
