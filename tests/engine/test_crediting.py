"""Who is credited: the seller, sharers, those above, groups; nothing of a sale is lost or made."""

from __future__ import annotations

import random
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.attribution import Credit
from app.engine.crediting import Chart, credits_of, split_exactly, upline_from
from app.engine.facts import Activity, Position
from tests.engine.documents import component_json, per_unit, program, rate

GROUPS = {"north": {"people": ["ann"]}}
UP = {"ann": ["bob", "cat", "dan"], "bob": ["cat", "dan"], "cat": ["dan"]}
CHART = Chart(upline=lambda person, _day: UP.get(person, []))
SHARES = st.lists(st.integers(1, 10**6), min_size=1, max_size=6).map(
    lambda drawn: [Fraction(each, sum(drawn)) for each in drawn]
)


def activity(**fields: Any) -> Activity:
    return Activity.model_validate(
        {"id": "A", "occurred_at": "2026-03-10T10:00:00Z", "person": "ann", "amount": "100"}
        | fields
    )


def credited(
    credit: dict[str, Any] | None = None,
    chart: Chart = CHART,
    *,
    measure: Any = None,
    **fields: Any,
) -> dict[str, Credit]:
    changes = {} if credit is None else {"credit": credit}
    measure = measure or {"kind": "sum", "of": "amount"}
    payout = rate("0.05") if measure.get("of") == "amount" else per_unit("1")
    document = program(component_json(payout, measure=measure, **changes), groups=GROUPS)
    return dict(credits_of(document, document.components[0], activity(**fields), chart))


def counted(*args: Any, **kwargs: Any) -> dict[str, Fraction]:
    return {who: each.counted for who, each in credited(*args, **kwargs).items()}


def test_a_direct_credit_goes_to_the_seller_with_all_of_it() -> None:
    assert counted() == {"ann": 100}


def test_an_override_goes_to_the_named_levels_with_their_share() -> None:
    levels = [{"level": 1, "share": "0.5"}, {"level": 3, "share": "0.25"}]

    assert counted({"to": "override", "levels": levels}) == {"bob": 50, "dan": 25}


def test_compression_skips_who_does_not_take_part_without_using_up_a_level() -> None:
    chart = Chart(upline=CHART.upline, takes_part=lambda person, _day: person != "bob")
    rule = {"to": "override", "levels": [{"level": 1}]}

    assert counted(rule | {"compression": True}, chart) == {"cat": 100}


def test_without_compression_an_inactive_level_keeps_its_place() -> None:
    chart = Chart(upline=CHART.upline, takes_part=lambda person, _day: person != "bob")

    assert counted({"to": "override", "levels": [{"level": 2}]}, chart) == {"cat": 100}


def test_an_upline_climbs_among_agents_only() -> None:
    chart = Chart(upline=CHART.upline, agents=lambda _person, _day: ["zoe"])

    assert counted({"to": "upline", "levels": [{"level": 1}]}, chart) == {"zoe": 100}


def test_the_shares_on_the_activity_go_before_the_default() -> None:
    rule = {"to": "split", "default": [{"role": "seller", "share": "1"}]}
    shares = [{"person": "ann", "share": "0.7"}, {"person": "zoe", "share": "0.3"}]

    assert counted(rule, shares=shares) == {"ann": 70, "zoe": 30}


def test_the_default_shares_by_roles_on_the_activity() -> None:
    rule = {
        "to": "split",
        "by": "roles",
        "default": [{"role": "seller", "share": "0.6"}, {"role": "partner", "share": "0.4"}],
    }

    assert counted(rule, attributes={"partner": "zoe"}) == {"ann": 60, "zoe": 40}


def test_the_part_of_a_role_that_nobody_has_stays_with_the_seller() -> None:
    rule = {
        "to": "split",
        "by": "roles",
        "default": [{"role": "seller", "share": "0.6"}, {"role": "partner", "share": "0.4"}],
    }

    assert counted(rule) == {"ann": 100}


def test_without_shares_and_default_the_seller_keeps_all() -> None:
    assert counted({"to": "split"}) == {"ann": 100}


def test_shares_that_do_not_add_up_to_one_are_refused() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        credited({"to": "split"}, shares=[{"person": "ann", "share": "0.7"}])


def test_a_split_of_nothing_keeps_its_shares() -> None:
    rule = {"to": "split", "default": [{"person": "zoe", "share": "1"}]}

    assert credited(rule, amount="0")["zoe"].share == 1


def test_an_overlay_credits_others_in_full_and_each_once() -> None:
    rule = {"to": "overlay", "people": ["eva"], "role": "expert", "share": "0.5"}

    assert counted(rule, shares=[{"person": "fay", "role": "expert"}]) == {"eva": 50, "fay": 50}
    assert counted(rule, attributes={"expert": "eva"}) == {"eva": 50}
    assert counted(rule) == {"eva": 50}
    assert counted(rule | {"role": None}) == {"eva": 50}


def test_every_member_of_a_group_is_credited_in_full() -> None:
    chart = Chart(members=lambda _group, _day: ["ann", "bob"])

    assert counted({"to": "group", "group": "north"}, chart) == {"ann": 100, "bob": 100}


def test_a_differential_pays_each_level_what_its_rate_tops_those_below() -> None:
    rates = {"ann": "0.05", "bob": "0.08", "cat": "0.08", "dan": "0.1"}
    chart = Chart(upline=CHART.upline, top_rate=lambda person, _day: Fraction(rates[person]))
    rule = {"to": "differential", "rate": {"person": "rate"}}

    assert counted(rule, chart) == {"bob": 3, "dan": 2}
    assert counted(rule | {"include_seller": True}, chart) == {"ann": 5, "bob": 3, "dan": 2}
    assert sum(counted(rule | {"include_seller": True}, chart).values()) == 10


def test_a_chart_that_knows_nothing_credits_nobody_above() -> None:
    bare = Chart()

    assert counted({"to": "override", "levels": [{"level": 1}], "compression": True}, bare) == {}
    assert counted({"to": "group", "group": "north"}, bare) == {}
    assert counted({"to": "differential", "rate": "0.1", "include_seller": True}, bare) == {}
    assert bare.takes_part("ann", date(2026, 3, 10))


def test_an_amount_in_another_currency_counts_only_when_it_is_converted() -> None:
    chart = Chart(exchange=lambda currency, _day: Fraction("0.9") if currency == "USD" else None)
    converted = {"kind": "sum", "of": "amount", "convert": True}

    assert counted(None, chart, currency="USD") == {}
    assert counted(None, chart, measure=converted, currency="USD") == {"ann": 90}
    assert counted(None, chart, measure=converted, currency="CHF") == {}
    assert counted(None, Chart(), measure=converted, currency="USD") == {}


def test_the_first_weight_that_fits_holds() -> None:
    weights = [
        {"when": {"field": "product", "op": "eq", "value": "Gas"}, "times": "2"},
        {"when": {"field": "amount", "op": "gt", "value": 50}, "times": "3"},
    ]
    measure = {"kind": "sum", "of": "amount", "weights": weights}

    assert counted(measure=measure, product="Gas") == {"ann": 200}
    assert counted(measure=measure) == {"ann": 300}
    assert counted(measure=measure, amount="50") == {"ann": 50}


def test_points_are_those_of_the_first_row_times_a_number() -> None:
    row = {"when": {"field": "product", "op": "eq", "value": "Gas"}, "points": "3"}

    assert counted(measure={"kind": "points", "table": [row]}, product="Gas") == {"ann": 3}
    assert counted(measure={"kind": "points", "table": [row]}, product="Oil") == {}
    timed = {"kind": "points", "table": [row], "times": "attributes.hours"}
    assert counted(measure=timed, product="Gas", attributes={"hours": "1.5"}) == {
        "ann": Fraction("4.5")
    }
    assert counted(measure=timed, product="Gas") == {}


def test_what_has_no_text_is_not_among_the_distinct() -> None:
    measure = {"kind": "distinct", "of": "customer"}

    assert counted(measure=measure, customer="C-1") == {"ann": 1}
    assert counted(measure=measure) == {}


def test_what_is_computed_from_figures_credits_nobody() -> None:
    measure = {"kind": "formula", "value": "1", "unit": "number"}

    assert counted(measure=measure) == {}


@given(amount=st.decimals("-1000000", "1000000", places=6), shares=SHARES)
def test_a_split_is_conserved_to_the_millionth(amount: Any, shares: list[Fraction]) -> None:
    read = Fraction(amount)

    parts = split_exactly(read, shares)

    assert sum(parts) == read
    assert all((part * 10**6).denominator == 1 for part in parts)
    assert all(
        abs(part - read * share) < Fraction(1, 10**6)
        for part, share in zip(parts, shares, strict=True)
    )


@given(amount=st.decimals("0", "1000", places=6), shares=SHARES)
def test_a_return_takes_back_exactly_what_each_sharer_got(
    amount: Any, shares: list[Fraction]
) -> None:
    forth, back = split_exactly(Fraction(amount), shares), split_exactly(-Fraction(amount), shares)

    assert [-each for each in back] == forth


@given(
    amount=st.decimals("0.000001", "1000", places=6),
    drawn=st.lists(st.integers(1, 999_999), min_size=2, max_size=5, unique=True),
    seed=st.integers(0, 10**6),
)
def test_the_order_in_which_sharers_are_named_does_not_matter_but_for_ties(
    amount: Any, drawn: list[int], seed: int
) -> None:
    shares = {nth: Fraction(each, sum(drawn)) for nth, each in enumerate(drawn)}
    remainders = [Fraction(amount) * 10**6 * share % 1 for share in shares.values()]
    order = list(shares)
    random.Random(seed).shuffle(order)

    straight = dict(
        zip(shares, split_exactly(Fraction(amount), list(shares.values())), strict=True)
    )
    shuffled = dict(
        zip(order, split_exactly(Fraction(amount), [shares[nth] for nth in order]), strict=True)
    )

    assert straight == shuffled or len(set(remainders)) < len(remainders)


def test_the_upline_is_that_of_the_day_and_of_the_kind() -> None:
    positions = [
        Position.model_validate(each)
        for each in (
            {"person": "ann", "manager": "bob", "from": "2026-01-01", "to": "2026-03-14"},
            {"person": "ann", "manager": "cat", "from": "2026-03-15"},
            {"person": "cat", "manager": "ann", "from": "2026-03-15"},
            {"person": "ann", "manager": "zoe", "from": "2026-01-01", "kind": "sub_agent"},
        )
    ]

    assert upline_from(positions)("ann", date(2026, 3, 14)) == ["bob"]
    assert upline_from(positions)("ann", date(2026, 3, 15)) == ["cat"]
    assert upline_from(positions, kind="sub_agent")("ann", date(2026, 3, 15)) == ["zoe"]
