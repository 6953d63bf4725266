from __future__ import annotations

from app.engine import codes, english, payout, text
from app.engine.codes import TEXTS
from app.engine.steps import money, number, percent
from tests.engine.documents import EUR, bonus, component, component_json, per_unit, program, rate

FUEL = {
    "all": [
        {"field": "product", "op": "eq", "value": "Dual-fuel"},
        {"any": [{"field": "channel", "op": "in", "value": ["Door", "Shop"]},
                 {"not": {"field": "amount", "op": "between", "value": ["1", "9.5"]}}]},
        {"field": "attributes.contract_no", "op": "exists", "value": True},
        {"field": "customer", "op": "exists", "value": False},
    ]
}  # fmt: skip


def told(*components: dict[str, object]) -> str:
    return english.describe(text.sentences(program(*components)))


def test_a_program_reads_as_sentences() -> None:
    spif = component_json(
        per_unit("18.00", ("10", "x1.25")),
        counts=FUEL,
        period={"kind": "week"},
        release={"on": "weekday", "weekday": 5},
        clawback_days=30,
    )

    assert told(spif) == (
        "From 2026-01-01 to 2026-12-31. "
        "Counts when product is Dual-fuel and (channel is one of Door, Shop or "
        "not (amount is between 1 and 9.5)) and contract no is given and customer is not given. "
        "It counts for the person who made the sale. "
        "You get 18.00 EUR for units in week. "
        "From 10 on, what follows pays 22.50 EUR. "
        "You can use it on the next Friday. "
        "It can be taken back for 30 days when the customer cancels."
    )


def test_an_override_on_attainment_reads_as_sentences() -> None:
    team = component_json(
        rate("0.02", ("1", "0.03"), on="attainment", mode="retroactive", boundary="exclusive"),
        effective={"from": "2026-11-01"},
        credit={"to": "override", "levels": [{"level": 1}, {"level": 2, "share": "0.5"}]},
        release={"on": "period_end", "plus_days": 10},
    )

    assert told(team) == (
        "From 2026-11-01 until further notice. Everything counts. "
        "100% of the sale counts for the manager at level 1. "
        "50% of the sale counts for the manager at level 2. "
        "You get 2% of amount in month. Above 100%, everything pays 3%. "
        "You can use it 10 days after the period ends."
    )


def test_milestones_read_as_sentences() -> None:
    marks = component_json(bonus(("14", "60.00")), measure={"kind": "count"})
    money_marks = component_json(
        bonus(("5000", "60.00")), id="money", measure={"kind": "sum", "of": "amount"}
    )
    flat = component_json(per_unit("1.00"), id="flat", measure={"kind": "count"})

    said = told(marks, money_marks, flat)

    assert "At 14 in month you get 60.00 EUR once." in said
    assert "At 5,000.00 EUR in month you get 60.00 EUR once." in said
    assert "You get 1.00 EUR for count in month." in said


def test_every_sentence_carries_the_parameters_its_code_lists() -> None:
    plan = program(
        component_json(per_unit("18.00", ("10", "x1.25")), counts=FUEL, clawback_days=1),
        component_json(bonus(("1", "5.00")), id="bonus"),
    )

    for sentence in text.sentences(plan):
        assert set(sentence.params) == set(TEXTS[sentence.code].params)
        assert sentence.to_json()["component"] in {"main", "bonus"}


def test_an_explanation_reads_as_indented_lines() -> None:
    outcome = payout.payout(component(per_unit("18.00", ("10", "x1.25"))), 11, None, EUR)

    assert list(english.explain(outcome.explanation)) == [
        "Main: 11 pays 207.00 EUR",
        "  Base rate 18.00 EUR for 9: 162.00 EUR",
        "  From number 10, 22.50 EUR for 2: 45.00 EUR",
        "    18.00 EUR x 1.25 = 22.50 EUR",
    ]


def test_values_are_shown_by_their_kind() -> None:
    shown = [money("-1234.5", "EUR"), money("-0.005", "JPY"), percent("0.015"), number(12345)]

    assert [english.show(value) for value in shown] == [
        "-1,234.50 EUR",
        "-0.005 JPY",
        "1.5%",
        "12,345",
    ]


def test_the_catalogue_lists_what_translators_need() -> None:
    listed = codes.catalogue()

    assert listed["steps"]["rounding"]["params"] == ["exact", "mode"]
    assert listed["texts"]["bonus"]["english"].startswith("At {at}")
